import Foundation
import ScalingLaws
import Testing

@Suite struct LawFitterTests {
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
    private let budgets = [1e6, 2e6, 4e6, 8e6]

    private func fit(_ samples: [LossSample], seed: UInt64 = 1) throws(LawFitError) -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior, seed: seed
        )
    }

    @Test func recoversAKnownExponentFromSmallBudgets() throws {
        var random = TestRandom(seed: 3)
        let truth = SyntheticLaw(exponent: -0.3, curvature: 0.2)
        let law = try fit(
            truth.sweep(
                budgets: [1e6, 4e6, 1.6e7, 6.4e7], perBudget: 6, step: 2, noise: 0.002, random: &random))
        let exponent = try #require(law.axes[0].exponents[.tokenBudget])
        #expect(abs(exponent.value + 0.3) < 0.05)
        #expect(exponent.identified)
        let asked = RecommendationQuery(tokenBudget: 1e9)
        #expect(abs(log(law.optimum(of: .learningRate, at: asked) / truth.optimum(1e9))) < 0.15)
    }

    @Test func theSameRequestGivesTheSameLaw() throws {
        var random = TestRandom(seed: 4)
        let samples = SyntheticLaw().sweep(
            budgets: budgets, perBudget: 4, step: 2, noise: 0.01, random: &random)
        #expect(try fit(samples) == fit(samples))
    }

    @Test func aLawSurvivesJSON() throws {
        var random = TestRandom(seed: 5)
        let law = try fit(
            SyntheticLaw().sweep(budgets: budgets, perBudget: 4, step: 2, noise: 0.01, random: &random))
        let copy = try JSONDecoder().decode(Law.self, from: JSONEncoder().encode(law))
        #expect(copy == law)
    }
}
