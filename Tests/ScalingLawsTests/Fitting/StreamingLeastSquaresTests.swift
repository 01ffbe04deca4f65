import Foundation
import ScalingLaws
import Testing

/// A problem with exact risks whose best rate saturates, asked at 64 times the largest fitted budget.
@Suite struct StreamingLeastSquaresTests {
    private let problem = StreamingLeastSquares()
    private let target = 262_144.0
    private let prior = LawPrior.theory(.lmo, geometry: .gradient, tunedAxes: [.learningRate])

    private func medianRatio(_ samples: [LossSample]) throws -> Double {
        let law = try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate, .batchSize],
            regime: [.learningRate, .batchSize], prior: prior, seed: 1)
        var ratios: [Double] = []
        for batch in [16.0, 64, 512] {
            let asked = RecommendationQuery(tokenBudget: target, held: [.batchSize: batch])
            let rate = law.optimum(of: .learningRate, at: asked)
            let risk = problem.risk(rate: rate, batch: batch, budget: target) ?? .infinity
            ratios.append(risk / Self.bestRisk[batch, default: 0])
        }
        return ratios.sorted()[1]
    }

    /// Risk at the best constant rate (golden section) at 2^18 tokens.
    private static let bestRisk: [Double: Double] = [
        16: 0.00357038529309, 64: 0.00360464359409, 512: 0.00396702869488,
    ]

    @Test(arguments: [0.0, 0.02])
    func rateAtSixtyFourTimesTheBudgetCostsAtMostFivePercent(noise: Double) throws {
        let samples = problem.sweep(rates: logSpaced(1e-3, 3, 9), noise: noise, seed: 11)
        #expect(try medianRatio(samples) < 1.05, "seed 11, noise \(noise)")
    }

    @Test func threeRunsPerCellSuffice() throws {
        let samples = problem.sweep(rates: logSpaced(1e-3, 3, 17), noise: 0.01, keepBest: 3, seed: 12)
        #expect(try medianRatio(samples) < 1.05, "seed 12")
    }
}
