import Foundation
import ScalingLaws
import Testing

/// Whether an 80 % interval holds the truth about 80 % of the time.
@Suite struct IntervalCoverageTests {
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])

    /// Random exponents in -0.8...0.3, curvatures over a decade, four budgets, asked at 8 and 64 times the largest. The
    /// bounds leave room for the counting error of this many laws.
    @Test(arguments: [4, 6])
    func intervalsHoldTheTruthAsOftenAsTheySay(perBudget: Int) throws {
        let seed: UInt64 = 77
        var random = TestRandom(seed: seed)
        var inside = 0
        var outside95 = 0
        var asked = 0
        for i in 0..<50 {
            let truth = SyntheticLaw.random(&random)
            let samples = truth.sweep(
                budgets: [1e6, 2e6, 4e6, 8e6], perBudget: perBudget, step: 2, noise: i % 2 == 0 ? 0.01 : 0.02,
                random: &random)
            let law = try LawFitter().fit(
                samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior,
                seed: UInt64(i))
            for factor in [8.0, 64] {
                let answer = law.recommend(RecommendationQuery(tokenBudget: 8e6 * factor))
                let value = try #require(answer.values[.learningRate])
                let interval = try #require(value.interval)
                let wide = try #require(value.interval95)
                let optimum = truth.optimum(8e6 * factor)
                asked += 1
                if interval[0] <= optimum && optimum <= interval[1] { inside += 1 }
                if wide[0] > optimum || optimum > wide[1] { outside95 += 1 }
            }
        }
        let share: Double = Double(inside) / Double(asked)
        // Laws without bends are held more often than stated: the intervals allow for bends that real runs have.
        #expect((0.68...0.97).contains(share), "80 % intervals held \(share) of the truths, seed \(seed)")
        #expect(Double(outside95) / Double(asked) < 0.15, "seed \(seed)")
    }
}
