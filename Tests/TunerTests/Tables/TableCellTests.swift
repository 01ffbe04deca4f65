import Foundation
import ScalingLaws
import Testing

@testable import Tuner

@Suite("Cells are what the group says")
struct TableCellTests {
    private func fit(_ lines: [String], where filter: [String] = []) throws -> TableFit {
        try TableFit(
            RunTable(text: ([MadeUpLaw.header] + lines).joined(separator: "\n"), file: "runs.csv"),
            TableFit.Options(
                mapping: madeUpMapping(), group: "cell", filter: filter.isEmpty ? nil : RowFilter(filter)))
    }

    /// Every cell twice: once as it is, once as another setting of the same size and budget with a loss 8 % higher.
    private var twice: [String] {
        MadeUpLaw().lines
            + MadeUpLaw().lines.map { line in
                let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                let loss = Double(fields[5]).map { "\(1.08 * $0)" } ?? ""
                return (["sparse-\(fields[0])"] + fields[1...4] + [loss]).joined(separator: ",")
            }
    }

    @Test("two groups of one size and budget keep their own irreducible losses and share the law")
    func sameSizeAndBudget() throws {
        let fit = try fit(twice)
        #expect(fit.cells.count == 14)
        #expect(!fit.warnings.contains { ["same-cell", "poor-fit"].contains($0.code) }, "\(fit.warnings)")
        let law = fit.laws[0].law
        #expect(law.cells.count == 14)
        #expect(Set(law.cells.compactMap(\.name)).count == 14)
        let one = try #require(law.cells.first { $0.name == "100M-2B" })
        let other = try #require(law.cells.first { $0.name == "sparse-100M-2B" })
        #expect(abs(other.fittedLoss / one.fittedLoss - 1.08) < 0.01, "\(one) \(other)")
        let question = try TableQuestion("model_size=400M,token_budget=16e9,batch_size_tokens=524288")
        let answer = try #require(try fit.predict(question).first)
        let rate = try #require(answer.recommendation.hyperparameters["learning_rate"])
        let best = MadeUpLaw().bestRate(4e8, 1.6e10, 524288)
        let interval = try #require(rate.interval95)
        #expect(interval[0] < best && best < interval[1], "\(interval) for \(best)")
        #expect(interval[1] / interval[0] < 3)
    }

    @Test("the order of rows changes nothing, and neither do names where size and budget say it all")
    func names() throws {
        let cells = try fit(twice).laws[0].law.cells
        #expect(try fit(twice.reversed()).laws[0].law.cells.map(\.name) == cells.map(\.name))
        #expect(try fit(MadeUpLaw().lines).laws[0].law.cells.allSatisfy { $0.name == nil })
    }

    @Test("cells that are asked for are those of the group, each with its own runs")
    func predictions() throws {
        let fit = try fit(twice)
        let questions = try TableQuestion.cells(RowFilter(["D=2e9", "N=1e8"]), of: fit)
        #expect(questions.map(\.cell) == ["100M-2B", "sparse-100M-2B"])
        let costs = try questions.compactMap { try fit.predict($0).first?.measured }
        #expect(costs.count == 2)
        #expect(abs(costs[1].bestLoss / costs[0].bestLoss - 1.08) < 1e-9)
        for cost in costs { #expect(cost.regret < 0.01) }
    }

    @Test(
        "sizes and budgets within a tenth are one across groups; a size that does not move needs no exponent")
    func nearlyEqual() throws {
        var law = MadeUpLaw()
        law.cells = [(1e8, 1e9), (1e8, 2e9), (1e8, 4e9), (1e8, 8e9)]
        let lines = law.lines.map { line -> String in
            var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let sizes = ["100M-1B": "1e8", "100M-2B": "1.03e8", "100M-4B": "9.8e7", "100M-8B": "1.06e8"]
            fields[1] = sizes[fields[0]] ?? fields[1]
            return fields.joined(separator: ",")
        }
        let fit = try fit(lines)
        #expect(Set(fit.cells.map(\.modelSize)).count == 1)
        #expect(fit.laws[0].law.axes.allSatisfy { $0.exponents[.modelSize] == nil })
    }

    @Test("levels: from the lowest on, up to a tenth above it, with a value that was run for each")
    func levels() {
        let levels = TableLevels([1, 1.05, 1.09, 1.2, 1.25, 10], within: 1.1)
        #expect([1, 1.04, 1.09].map { levels.level($0) } == [1.05, 1.05, 1.05])
        #expect([1.2, 1.25, 10].map { levels.level($0) } == [1.2, 1.2, 10])
        #expect(TableLevels([], within: 1.1).level(7) == 7)
    }

    @Test("a group of several budgets is split by those that differ by more than rounding")
    func mixedGroup() {
        let runs = [1e9, 1.01e9, 2e9, 2.02e9].enumerated().map { index, budget in
            TableRun(
                row: index, line: index + 2, group: "a", optimizer: nil, modelSize: nil, tokenBudget: budget,
                values: [.learningRate: 0.1], loss: 1)
        }
        let (cells, warnings) = TableCell.cells(of: runs)
        #expect(cells.map(\.runs.count) == [2, 2])
        #expect(warnings.map(\.code) == ["mixed-group"])
    }
}
