import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// Runs that lie on `1.7 + 400 N^-0.34 + 1500 D^-0.37`, with a ripple of 0.1 % for noise.
private struct MadeUpLoss {
    var sizes = [3e7, 1e8, 3e8, 1e9, 3e9]
    var budgets = [1e9, 4e9, 1.6e10, 6.4e10]

    func loss(_ size: Double, _ tokens: Double) -> Double {
        1.7 + 400 * pow(size, -0.34) + 1500 * pow(tokens, -0.37)
    }

    /// Columns `N,D,C,steps,batch,lr,sweep,split,loss`.
    var text: String {
        var lines = ["N,D,C,steps,batch,lr,sweep,split,loss"]
        for (i, size) in sizes.enumerated() {
            for (j, tokens) in budgets.enumerated() {
                let ripple = 1 + 1e-3 * sin(7.0 * Double(i) + 3 * Double(j))
                let split = i == 4 && j == 3 ? "test" : "train"
                lines.append(
                    "\(size),\(tokens),\(6 * size * tokens),\(tokens / 1e6),1e6,0.001,s\(i),\(split),"
                        + "\(loss(size, tokens) * ripple)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

@Suite("Loss laws of tables")
struct LossLawTableTests {
    private func fit(
        _ columns: [String] = ["model_size=N", "token_budget=D", "loss=loss"],
        text: String = MadeUpLoss().text,
        where filter: [String] = ["split=train"],
        change: (inout LossLawTableFit.Options) -> Void = { _ in }
    ) throws -> LossLawTableFit {
        var options = LossLawTableFit.Options(
            mapping: try ColumnMapping(columns), filter: filter.isEmpty ? nil : try RowFilter(filter))
        options.replicates = 100
        change(&options)
        return try LossLawTableFit(RunTable(text: text, file: "runs.csv"), options)
    }

    @Test("the law behind the runs is found, with intervals")
    func findsTheLaw() throws {
        let law = try fit().fit
        #expect(law.form == .modelSizeAndTokens)
        #expect(law.rowsUsed == 19)
        #expect(abs(try #require(law.value("alpha")) - 0.34) < 0.02)
        #expect(abs(try #require(law.value("beta")) - 0.37) < 0.02)
        #expect(abs(try #require(law.value("E")) - 1.7) < 0.05)
        for parameter in law.parameters { #expect(parameter.estimate.interval95?.count == 2) }
    }

    @Test("any two sizes, and steps with batch size, give the same law")
    func sizesImplyEachOther() throws {
        let law = try fit().fit
        for columns in [
            ["model_size=N", "compute=C"], ["compute=C", "token_budget=D"],
            ["model_size=N", "steps=steps", "batch_size_tokens=batch"],
        ] {
            let other = try fit(columns + ["loss=loss"]).fit
            for name in ["E", "alpha", "beta"] {
                let (a, b) = (try #require(law.value(name)), try #require(other.value(name)))
                #expect(abs(a - b) < 1e-6 * abs(a), "\(columns) \(name)")
            }
        }
    }

    @Test("questions get losses, or the best split of a compute, which lies where equal compute costs least")
    func answers() throws {
        let fit = try fit()
        guard case .loss(let run) = try fit.answer(LossLawQuestion("model_size=10B,token_budget=1e12")) else {
            Issue.record("no loss")
            return
        }
        #expect(abs(run.loss.value - MadeUpLoss().loss(1e10, 1e12)) < 0.02)
        #expect(run.extrapolationFactor > 50)
        #expect(run.warnings.contains { $0.code == .wideExtrapolation })
        guard case .split(let split) = try fit.answer(LossLawQuestion("compute=1e21")) else {
            Issue.record("no split")
            return
        }
        #expect(abs(6 * split.modelSize.value * split.tokens.value / 1e21 - 1) < 1e-9)
        let best = split.prediction.loss.value
        for factor in [0.7, 1.4] {
            let size = split.modelSize.value * factor
            #expect(try #require(fit.fit.loss(modelSize: size, tokens: 1e21 / (6 * size))) > best)
        }
    }

    @Test("rows a filter keeps are predicted beside what they measured, fitted or not")
    func cells() throws {
        let predictions = try fit().predictions(RowFilter(["split=test"], option: "--predict-cells"))
        #expect(predictions.count == 1)
        #expect(predictions[0].line == 21)
        let score = try #require(PredictionScore(predictions))
        #expect(score.runs == 1)
        #expect(score.meanRelativeError < 0.01)
        #expect(score.within95 == 1)
        #expect(PredictionScore([]) == nil)
    }

    @Test("rows of a cluster are resampled together, so that few clusters are told of")
    func clusters() throws {
        #expect(try !fit().warnings.contains { $0.code == "few-clusters" })
        #expect(try fit { $0.cluster = "sweep" }.warnings.contains { $0.code == "few-clusters" })
    }

    @Test("hyperparameter columns are named and not read, whatever is in them")
    func ignoredColumns() throws {
        let columns = ["model_size=N", "token_budget=D", "loss=loss"]
        let text = MadeUpLoss().text.replacing(",0.001,", with: ",,")
        let fit = try fit(columns + ["learning_rate=lr"], text: text)
        let ignored = fit.warnings.filter { $0.code == "ignored-column" }
        #expect(ignored.count == 1)
        #expect(ignored[0].text.hasPrefix("learning_rate is no part"))
        // Where the batch size gives the tokens it is read.
        let steps = try self.fit(["model_size=N", "steps=steps", "batch_size_tokens=batch", "loss=loss"])
        #expect(!steps.warnings.contains { $0.code == "ignored-column" })
    }

    @Test("a form and a floor are held as asked")
    func formAndFloor() throws {
        #expect(try fit { $0.form = .compute }.fit.form == .compute)
        #expect(try fit { $0.form = .tokens }.fit.parameters.map(\.name) == ["E", "B", "beta"])
        #expect(try fit { $0.hasFloor = false }.fit.value("E") == 0)
        let none = try fit { $0.replicates = 0 }.fit
        #expect(none.parameters.allSatisfy { $0.estimate.interval80 == nil })
    }

    @Test("rows without a loss are dropped and counted")
    func dropped() throws {
        let law = try fit(text: MadeUpLoss().text + "1e8,1e9,6e17,1e3,1e6,0.001,s9,train,nan\n").fit
        #expect(law.rowsUsed == 19)
        #expect(law.rowsDropped == 1)
    }

    private func error(
        _ columns: [String] = ["model_size=N", "token_budget=D", "loss=loss"],
        text: String = MadeUpLoss().text,
        where filter: [String] = [], change: (inout LossLawTableFit.Options) -> Void = { _ in }
    ) throws -> TunerError {
        try #require(
            #expect(throws: TunerError.self) {
                _ = try fit(columns, text: text, where: filter, change: change)
            })
    }

    @Test(
        "columns that do not suffice are told of with what to add",
        arguments: [
            (["model_size=N"], LossLawForm?.none, "given for validation_loss"),
            (["loss=loss", "learning_rate=lr"], nil, "given for model_size, token_budget or compute"),
            (["loss=loss", "model_size=N"], .modelSizeAndTokens, "given for model_size and token_budget"),
            (["loss=loss", "model_size=N"], .tokens, "given for token_budget"),
            (["loss=loss", "token_budget=D"], .modelSize, "given for model_size"),
            (["loss=loss", "token_budget=D"], .compute, "given for compute"),
        ])
    func missingColumns(_ columns: [String], _ form: LossLawForm?, _ message: String) throws {
        let error = try error(columns) { $0.form = form }
        #expect(error.code == .usage)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.help?.contains("--column") == true)
    }

    @Test("fields that cannot be used are told of with their line")
    func wrongFields() throws {
        let text = MadeUpLoss().text
        let lines = text.split(separator: "\n")
        let row = String(lines[4])
        let fields = row.split(separator: ",")
        func replaced(_ index: Int, _ value: String) -> String {
            var changed = fields
            changed[index] = Substring(value)
            return text.replacing(row, with: changed.joined(separator: ","))
        }
        for (index, value, code) in [
            (8, "-1", "loss-not-positive"), (8, "0", "loss-not-positive"), (8, "much", "invalid-number"),
            (0, "", "missing-value"), (0, "1e40", "out-of-range"), (1, "-3", "out-of-range"),
        ] {
            let error = try error(text: replaced(index, value))
            #expect(error.code == .invalidTable, "\(value)")
            #expect(error.diagnostics.map(\.line) == [5], "\(value)")
            #expect(error.diagnostics.map(\.code) == [code], "\(value)")
        }
    }

    @Test("too few rows, and rows of one size, are not enough data")
    func notEnough() throws {
        let few = MadeUpLoss().text.split(separator: "\n").prefix(3).joined(separator: "\n")
        #expect(try error(text: few).code == .notEnoughData)
        let same = "N,D,loss\n" + String(repeating: "1e8,1e9,3\n", count: 12)
        #expect(try error(text: same).code == .notEnoughData)
        #expect(try error(where: ["split=none"]).code == .notEnoughData)
    }

    @Test(
        "questions that cannot be understood",
        arguments: [
            ("model_size=1e9", "cannot be asked"), ("token_budget=1e9", "cannot be asked"),
            ("model_size=1e9,lr=1", "unknown quantity 'lr'"), ("learning_rate=1", "unknown quantity"),
            ("model_size=0", "cannot be '0'"), ("compute", "not QUANTITY=VALUE"),
            ("compute=1e20,compute=1e21", "twice"),
        ])
    func wrongQuestions(_ text: String, _ message: String) throws {
        let fit = try fit { $0.replicates = 0 }
        let error = try #require(
            #expect(throws: TunerError.self) { _ = try fit.answer(LossLawQuestion(text)) })
        #expect(error.code == .usage)
        #expect(error.message.contains(message), "\(error)")
    }
}

@Suite("Critical batch sizes of tables")
struct CriticalBatchTableTests {
    /// `steps = 3000 (1 + Bc/B)`, `Bc = 2000 (N/1e8)^0.6`.
    private static let text: String = {
        var lines = ["N,D,B,steps,loss"]
        for size in [1e8, 2e8, 4e8, 8e8] {
            let critical = 2000 * pow(size / 1e8, 0.6)
            for batch in [256.0, 1024, 4096, 16384] {
                lines.append("\(size),\(20 * size),\(batch),\(3000 * (1 + critical / batch)),3")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    private func fit(
        _ columns: [String] = ["model_size=N", "batch_size_tokens=B", "steps=steps"], text: String = text,
        hasPrior: Bool = false
    ) throws -> CriticalBatchTableFit {
        var options = CriticalBatchTableFit.Options(mapping: try ColumnMapping(columns))
        if !hasPrior { options.prior = nil }
        options.replicates = 100
        return try CriticalBatchTableFit(RunTable(text: text, file: "runs.csv"), options)
    }

    @Test("critical batch sizes and their growth are found, and carried to another size")
    func findsTheLaw() throws {
        let fit = try fit()
        #expect(fit.scale == .modelSize)
        #expect(abs(fit.fit.exponent.value - 0.6) < 1e-6)
        #expect(abs(fit.fit.scales[0].law.criticalBatch - 2000) < 1)
        let answer = try fit.answer("model_size=1.6e9")
        #expect(abs(answer.criticalBatch.value / (2000 * pow(16, 0.6)) - 1) < 1e-6)
        #expect(abs(answer.extrapolationFactor - 2) < 1e-12)
    }

    @Test("the prior pulls the exponent, and tokens are the scale where no model size is given")
    func priorAndScale() throws {
        #expect(try fit(hasPrior: true).fit.exponent.value < 0.6 + 1e-9)
        let tokens = try fit(["token_budget=D", "batch_size_tokens=B", "steps=steps"])
        #expect(tokens.scale == .tokenBudget)
        #expect(abs(tokens.fit.exponent.value - 0.6) < 1e-6)
        #expect(throws: TunerError.self) { try tokens.answer("model_size=1e9") }
    }

    @Test("runs that did not reach the target are left out and counted, whatever their loss column says")
    func unreached() throws {
        let fit = try fit(text: Self.text + "1e8,2e9,64,,\n")
        #expect(fit.fit.rowsDropped == 1)
        #expect(fit.warnings.contains { $0.code == "rows-dropped" })
    }

    @Test("columns and rows that do not suffice are told of")
    func errors() throws {
        func code(_ columns: [String], _ text: String = Self.text) throws -> (ErrorCode, String) {
            let error = try #require(#expect(throws: TunerError.self) { try fit(columns, text: text) })
            return (error.code, error.message)
        }
        let noSteps = try code(["model_size=N", "batch_size_tokens=B"])
        #expect(noSteps.0 == .usage && noSteps.1.contains("given for steps"))
        #expect(try code(["model_size=N", "steps=steps"]).1.contains("given for batch_size_tokens"))
        #expect(try code(["batch_size_tokens=B", "steps=steps"]).1.contains("model_size or token_budget"))
        let few = Self.text.split(separator: "\n").prefix(3).joined(separator: "\n")
        #expect(try code(["model_size=N", "batch_size_tokens=B", "steps=steps"], few).0 == .notEnoughData)
        let negative = Self.text.replacing(",1024.0,", with: ",-1,")
        #expect(
            try code(["model_size=N", "batch_size_tokens=B", "steps=steps"], negative).0 == .invalidTable)
    }
}
