import Foundation
import ScalingLaws
import Testing

/// Best runs on the edge of what was tried, and answers outside of it.
@Suite struct CellEdgeTests {
    private func fit(_ samples: [LossSample], _ axes: [LawAxis]) throws(LawFitError) -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: axes, regime: axes,
            prior: .theory(.lmo, geometry: .normalized, tunedAxes: Set(axes)), seed: 1)
    }

    private func sweep(_ factors: [Double: [Double]]) -> [LossSample] {
        var random = TestRandom(seed: 4)
        let truth = SyntheticLaw(curvature: 0.2)
        return factors.sorted { $0.key < $1.key }.flatMap { budget, factors in
            factors.map { factor in
                let rate: Double = truth.optimum(budget) * factor
                return LossSample(
                    values: [.learningRate: rate], tokenBudget: budget,
                    loss: truth.loss(rate, budget) * exp(0.001 * random.normal()))
            }
        }
    }

    @Test("a cell says on which side its best run is the outermost tried one")
    func edgesByCell() throws {
        let law = try fit(
            sweep([1e6: [1, 2, 4], 4e6: [0.5, 1, 2], 1.6e7: [0.25, 0.5, 1]]), [.learningRate])
        #expect(
            law.cells.map(\.edges) == [[.learningRate: .lowest], [:], [.learningRate: .highest]])
    }

    @Test("the learning rate's edges are those of its batch size; a diverged run above is no edge")
    func edgesAtTheBatchSize() {
        let tried: [[LawAxis: Double]] = [
            [.learningRate: 0.1, .batchSize: 8], [.learningRate: 0.2, .batchSize: 8],
            [.learningRate: 0.05, .batchSize: 16], [.learningRate: 0.4, .batchSize: 16],
        ]
        #expect(
            LawCell.edges(of: tried[1], among: tried) == [.learningRate: .highest, .batchSize: .lowest])
        let diverged: [LawAxis: Double] = [.learningRate: 0.3, .batchSize: 8]
        #expect(LawCell.edges(of: tried[1], among: tried + [diverged]) == [.batchSize: .lowest])
        #expect(LawCell.edges(of: tried[0], among: [tried[0]]).isEmpty)
        // A batch size with one run is judged by all of them.
        #expect(LawCell.edges(of: diverged, among: [diverged, tried[2]])[.learningRate] == .highest)
    }

    @Test("cells that were stored without edges are read")
    func oldCellsAreRead() throws {
        let cell = LawCell(
            tokenBudget: 1e6, runs: 3, diverged: 0, bestLoss: 2, best: [.learningRate: 0.1], fittedLoss: 2,
            edges: [.learningRate: .lowest])
        let text = String(decoding: try JSONEncoder().encode(cell), as: UTF8.self)
        #expect(text.contains(#""edges":{"learning_rate":"lowest"}"#))
        #expect(try JSONDecoder().decode(LawCell.self, from: Data(text.utf8)) == cell)
        let old = text.replacingOccurrences(of: #""edges":{"learning_rate":"lowest"}"#, with: #""x":0"#)
        #expect(try JSONDecoder().decode(LawCell.self, from: Data(old.utf8)).edges.isEmpty)
    }

    @Test("an answer outside of all that was tried is warned of, whatever the axis")
    func outsideIsWarnedOf() throws {
        let law = try fit(
            sweep([1e6: [0.5, 1, 2], 4e6: [0.5, 1, 2], 1.6e7: [0.5, 1, 2]]), [.learningRate])
        let inside = law.recommend(RecommendationQuery(tokenBudget: 4e6))
        #expect(!inside.warnings.contains { $0.code == .outsideTried })
        let far = law.recommend(RecommendationQuery(tokenBudget: 1e9))
        let warning = try #require(far.warnings.first { $0.code == .outsideTried })
        #expect(warning.text.contains("learning_rate"))
        #expect(warning.text.contains("lower than all that was tried"))
        let held = law.recommend(RecommendationQuery(tokenBudget: 1e9, held: [.learningRate: 1]))
        #expect(!held.warnings.contains { $0.code == .outsideTried })
    }
}
