import Foundation
import ScalingLaws
import Testing

@testable import Tuner

@Suite("Fits of tables")
struct TableFitTests {
    private func fit(
        _ text: String, without left: Set<String> = [], group: String? = "cell", where filter: [String] = [],
        regime: [LawAxis] = []
    ) throws -> TableFit {
        try TableFit(
            RunTable(text: text, file: "runs.csv"),
            TableFit.Options(
                mapping: madeUpMapping(without: left), group: group,
                filter: filter.isEmpty ? nil : RowFilter(filter), regime: regime))
    }

    private func value(_ prediction: TablePrediction, _ axis: LawAxis) throws -> Double {
        try #require(prediction.recommendation.hyperparameters[axis.rawValue]?.value.number)
    }

    private func isClose(_ value: Double, _ truth: Double, octaves: Double) -> Bool {
        abs(log2(value / truth)) < octaves
    }

    // MARK: Which columns there are

    @Test(
        "model size and batch size given: both optima are found four times ahead, with intervals and the factor"
    )
    func fullTable() throws {
        let law = MadeUpLaw()
        let fit = try fit(law.text)
        let answer = try #require(try fit.predict(TableQuestion("model_size=400M,token_budget=16e9")).first)
        let batch = try value(answer, .batchSize)
        #expect(isClose(batch, law.bestBatch(1.6e10), octaves: 0.4), "\(batch)")
        #expect(isClose(try value(answer, .learningRate), law.bestRate(4e8, 1.6e10, batch), octaves: 0.4))
        #expect(abs(answer.recommendation.extrapolationFactor - 4) < 1e-9)
        #expect(answer.recommendation.steps == Int((1.6e10 / batch).rounded(.up)))
        let rate = try #require(answer.recommendation.hyperparameters["learning_rate"])
        let narrow = try #require(rate.interval), wide = try #require(rate.interval95)
        #expect(wide[0] <= narrow[0] && narrow[0] < narrow[1] && narrow[1] <= wide[1])
        let loss = try #require(answer.recommendation.predicted["validation_loss"])
        #expect(abs(loss.value / law.floor(4e8, 1.6e10) - 1) < 0.03, "\(loss)")
        #expect(fit.cells.count == 7)
        #expect(fit.cells.reduce(0) { $0 + $1.diverged } > 0, "runs without a loss count as diverged")
    }

    @Test("without a group the cells are those of equal size and budget, and the law is the same")
    func withoutGroup() throws {
        let law = MadeUpLaw()
        #expect(try fit(law.text, group: nil).laws[0].law == fit(law.text).laws[0].law)
    }

    @Test("no model size: the law depends on tokens alone, and is not asked for a size")
    func withoutModelSize() throws {
        var law = MadeUpLaw()
        law.cells = [(1e8, 1e9), (1e8, 2e9), (1e8, 4e9), (1e8, 8e9)]
        let fit = try fit(law.text, without: ["model_size"])
        let answer = try #require(try fit.predict(TableQuestion("token_budget=16e9")).first)
        #expect(isClose(try value(answer, .batchSize), law.bestBatch(1.6e10), octaves: 0.4))
        let sized = try #require(try fit.predict(TableQuestion("token_budget=16e9,model_size=1e9")).first)
        #expect(
            sized.recommendation.warnings.contains { $0.text.contains("does not depend on the model size") })
    }

    @Test("no batch size: the learning rate alone is recommended, and steps are unknown")
    func withoutBatchSize() throws {
        var law = MadeUpLaw()
        law.batches = { [law] in [law.bestBatch($0)] }
        let fit = try fit(law.text, without: ["batch_size_tokens"])
        #expect(fit.laws[0].searched == [.learningRate])
        let answer = try #require(try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9")).first)
        #expect(answer.recommendation.hyperparameters.keys.sorted() == ["learning_rate"])
        #expect(answer.recommendation.steps == nil)
        // Along the path of the cells the exponent in tokens is -0.35 + 0.5 * 0.5.
        #expect(
            isClose(
                try value(answer, .learningRate), law.bestRate(4e8, 1.6e10, law.bestBatch(1.6e10)),
                octaves: 0.7))
    }

    @Test(
        "one batch size in each cell is a condition: it is held, by the table's own relation where none is asked"
    )
    func oneBatchSizePerCell() throws {
        var law = MadeUpLaw()
        law.batches = { [65536 * pow($0 / 1e9, 0.4)] }
        let fit = try fit(law.text)
        #expect(fit.laws[0].searched == [.learningRate])
        #expect(fit.laws[0].held.map(\.axis) == [.batchSize])
        #expect(abs((fit.laws[0].held.first?.slope ?? 0) - 0.4) < 1e-6)
        #expect(fit.warnings.contains { $0.code == "held-condition" })
        let answer = try #require(try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9")).first)
        let batch = try #require(answer.recommendation.hyperparameters["batch_size_tokens"])
        #expect(batch.source == .fixed)
        #expect(batch.interval == nil)
        #expect(batch.value == .integer(Int((65536 * pow(16, 0.4)).rounded())))
        let held = try #require(
            try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9,batch_size_tokens=1Mi")).first)
        #expect(held.recommendation.hyperparameters["batch_size_tokens"]?.value == .integer(1_048_576))
        #expect(
            try value(held, .learningRate) > value(answer, .learningRate),
            "a larger batch bears a larger rate")
    }

    @Test("one batch size throughout is held there, without a warning")
    func oneBatchSize() throws {
        var law = MadeUpLaw()
        law.batches = { _ in [131_072] }
        let fit = try fit(law.text)
        #expect(!fit.warnings.contains { $0.code == "held-condition" })
        let answer = try #require(try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9")).first)
        #expect(answer.recommendation.hyperparameters["batch_size_tokens"]?.value == .integer(131_072))
    }

    @Test("a momentum that varies in every cell is an axis, and the answer lies in 0..<1")
    func momentum() throws {
        var lines = [MadeUpLaw.header + ",beta"]
        for line in MadeUpLaw().lines {
            for beta in [0.9, 0.95, 0.98] {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                guard let loss = Double(fields[5]), fields[4] == "131072.0" else { continue }
                let w = log((1 - beta) / 0.05)
                let front = fields.dropLast().joined(separator: ",")
                lines.append("\(front),\(loss * exp(w * w / 60)),\(beta)")
            }
        }
        let mapping = try ColumnMapping([
            "model_size=N", "token_budget=D", "learning_rate=lr", "momentum=beta", "loss=loss",
        ])
        let fit = try TableFit(
            RunTable(text: lines.joined(separator: "\n"), file: "runs.csv"),
            TableFit.Options(mapping: mapping, group: "cell"))
        #expect(fit.laws[0].searched == [.learningRate, .momentum])
        let answer = try #require(try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9")).first)
        let momentum = try value(answer, .momentum)
        #expect((0.85..<0.99).contains(momentum), "\(momentum)")
    }

    @Test("each optimizer has a law of its own; one without enough runs is named and the others stand")
    func optimizers() throws {
        var slow = MadeUpLaw()
        slow.scale = 0.1
        slow.rates = slow.rates.map { $0 / 8 }
        let lines =
            ["opt," + MadeUpLaw.header] + MadeUpLaw().lines.map { "adamw," + $0 }
            + slow.lines.map { "lion," + $0 }
            + ["rare,x,1e8,1e9,0.004,131072,3.1"]
        let mapping = try ColumnMapping([
            "optimizer=opt", "model_size=N", "token_budget=D", "learning_rate=lr",
            "batch_size_tokens=batch_tokens", "loss=loss",
        ])
        let fit = try TableFit(
            RunTable(text: lines.joined(separator: "\n"), file: "runs.csv"),
            TableFit.Options(mapping: mapping, group: "cell"))
        #expect(fit.laws.map(\.optimizer) == ["adamw", "lion"])
        #expect(fit.warnings.contains { $0.code == "no-law" && $0.optimizer == "rare" })
        #expect(!fit.warnings.contains { $0.code == "same-cell" }, "cells of two optimizers are two cells")
        let both = try fit.predict(TableQuestion("model_size=4e8,token_budget=16e9,batch_size_tokens=524288"))
        #expect(both.map(\.optimizer) == ["adamw", "lion"])
        let ratio = try value(both[0], .learningRate) / value(both[1], .learningRate)
        #expect(isClose(ratio, 10, octaves: 0.5), "\(ratio)")
        let one = try fit.predict(TableQuestion("optimizer=lion,model_size=4e8,token_budget=16e9"))
        #expect(one.map(\.optimizer) == ["lion"])
        var stranger = try TableQuestion("optimizer=sgd,model_size=4e8,token_budget=16e9")
        stranger.measured = fit.cells[0].runs
        #expect(try fit.predict(stranger).isEmpty)
        #expect(fit.unanswered([stranger]).map(\.optimizer) == ["sgd"])
        #expect(throws: TunerError.self) {
            try fit.predict(TableQuestion("optimizer=lyon,model_size=4e8,token_budget=16e9"))
        }
    }

    @Test("tokens come from compute or from steps where they are not given")
    func derivedTokens() throws {
        let law = MadeUpLaw()
        let rows = law.lines.map { line -> String in
            let f = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let (n, d, b) = (Double(f[1]) ?? 0, Double(f[2]) ?? 0, Double(f[4]) ?? 1)
            return [f[0], f[1], "\(6 * n * d)", "\(d / b)", f[3], f[4], f[5]].joined(separator: ",")
        }
        let text = (["cell,N,flop,steps,lr,batch_tokens,loss"] + rows).joined(separator: "\n")
        func budgets(_ columns: [String]) throws -> [Double] {
            let mapping = try ColumnMapping(
                columns + ["model_size=N", "learning_rate=lr", "batch_size_tokens=batch_tokens", "loss=loss"])
            let table = try RunTable(text: text, file: "runs.csv")
            return try TableFit(table, .init(mapping: mapping, group: "cell")).cells.map(\.tokenBudget)
        }
        for columns in [["compute=flop"], ["steps=steps"]] {
            for (found, cell) in zip(try budgets(columns), law.cells) {
                #expect(abs(found / cell.tokenBudget - 1) < 1e-9, "\(columns)")
            }
        }
    }

    @Test("without any mapping columns are found by the names of the quantities, empty ones left out")
    func columnsByName() throws {
        let names = "cell,model_size,token_budget,learning_rate,batch_size_tokens,validation_loss,momentum"
        let text = ([names] + MadeUpLaw().lines.map { $0 + "," }).joined(separator: "\n")
        let fit = try TableFit(
            RunTable(text: text, file: "runs.csv"), TableFit.Options(mapping: ColumnMapping([])))
        #expect(fit.laws[0].searched == [.learningRate, .batchSize])
        #expect(fit.laws[0].held == [])
    }

    // MARK: Cells

    @Test(
        "budgets of a group that differ by rounding are one budget; a group of several is split with a warning"
    )
    func groups() throws {
        func cells(_ budgets: [Double]) -> (cells: [TableCell], warnings: [TableWarning]) {
            TableCell.cells(
                of: budgets.enumerated().map { index, budget in
                    TableRun(
                        row: index, line: index + 2, group: "a", optimizer: nil, modelSize: 1e8,
                        tokenBudget: budget, values: [.learningRate: 0.1], loss: 1)
                })
        }
        let rounded = cells([1e9, 1.01e9, 0.99e9])
        #expect(rounded.cells.map(\.tokenBudget) == [1e9])
        #expect(rounded.warnings == [])
        let mixed = cells([1e9, 2e9, 1e9])
        #expect(mixed.cells.map(\.runs.count) == [2, 1])
        #expect(mixed.warnings.map(\.code) == ["mixed-group"])
    }

    @Test("runs that only an unread column tells apart are told of, with the column")
    func mixedSettings() throws {
        let rows = MadeUpLaw().lines.flatMap { line -> [String] in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard let loss = Double(fields[5]) else { return [line + ",0"] }
            return [line + ",0", fields.dropLast().joined(separator: ",") + ",\(loss * 1.05),1"]
        }
        let text = ([MadeUpLaw.header + ",decay"] + rows).joined(separator: "\n")
        let warning = try #require(try fit(text).warnings.first { $0.code == "mixed-settings" })
        #expect(warning.text.contains("'decay'"))
        #expect(try !fit(text, where: ["decay=0"]).warnings.contains { $0.code == "mixed-settings" })
    }

    @Test("one cell: the prior gives the exponents, and a warning says so")
    func oneCell() throws {
        let fit = try fit(MadeUpLaw().text, where: ["cell=100M-2B"])
        #expect(fit.warnings.contains { $0.code == "few-budgets" })
        #expect(fit.warnings.contains { $0.code == "prior-decides" })
    }

    @Test("optima on the edge of what was tried: a warning says which")
    func optimaOnEdge() throws {
        var law = MadeUpLaw()
        law.rates = [0.0001, 0.0002, 0.0005]
        let warning = try #require(try fit(law.text).warnings.first { $0.code == "optimum-on-edge" })
        #expect(warning.text.contains("learning_rate"))
        #expect(warning.text.contains("highest"))
    }

    @Test("predicting for cells takes rows the fit did not see, and tells what the answers cost there")
    func predictCells() throws {
        var law = MadeUpLaw()
        law.cells += [(4e8, 8e9), (2e8, 8e9)]
        let fit = try fit(law.text, where: ["D!=8e9"])
        let questions = try TableQuestion.cells(RowFilter(["D=8e9"], option: "--predict-cells"), of: fit)
        #expect(questions.map(\.cell) == ["400M-8B", "200M-8B"])
        for question in questions {
            let answer = try #require(try fit.predict(question).first)
            let cost = try #require(answer.measured)
            #expect(cost.regret >= 0 && cost.regret < 0.01, "\(cost)")
            #expect(answer.recommendation.hyperparameters["batch_size_tokens"]?.source == .fit)
        }
    }
}
