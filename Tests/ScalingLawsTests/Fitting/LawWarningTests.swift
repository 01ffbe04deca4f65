import Foundation
import ScalingLaws
import Testing

@Suite struct LawWarningTests {
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])

    private func fit(_ samples: [LossSample]) throws(LawFitError) -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior, seed: 1)
    }

    private func sweep(_ budgets: [Double], shift: Double = 1) -> [LossSample] {
        var random = TestRandom(seed: 8)
        let truth = SyntheticLaw(curvature: 0.2)
        return budgets.flatMap { budget in
            [0.25, 0.5, 0.7, 1, 1.4, 2, 4].map { factor in
                let rate: Double = truth.optimum(budget) * factor * shift
                return LossSample(
                    values: [.learningRate: rate], tokenBudget: budget,
                    loss: truth.loss(rate, budget) * exp(0.003 * random.normal()))
            }
        }
    }

    private func codes(_ law: Law) -> Set<LawWarning.Code> { Set(law.warnings.map(\.code)) }

    @Test func aCleanSweepWarnsOfNothing() throws {
        let law = try fit(sweep([1e6, 4e6, 1.6e7, 6.4e7]))
        #expect(law.warnings.isEmpty, "\(law.warnings)")
    }

    @Test func oneBudgetLeavesTheExponentToThePrior() throws {
        let law = try fit(sweep([1e6]))
        #expect(codes(law).isSuperset(of: [.fewBudgets, .priorDecides]))
        let exponent = try #require(law.axes[0].exponents[.tokenBudget])
        #expect(abs(exponent.value + 0.25) < 0.02)
        #expect(!exponent.identified)
        let answer = law.recommend(RecommendationQuery(tokenBudget: 8e6))
        #expect(answer.values[.learningRate]?.source == .prior)
        #expect(answer.loss == nil)
    }

    @Test func aSweepBelowTheOptimumSaysSo() throws {
        let law = try fit(sweep([1e6, 2e6, 4e6, 8e6], shift: 0.1))
        #expect(codes(law).contains(.optimumOnEdge))
        let best = law.optimum(of: .learningRate, at: RecommendationQuery(tokenBudget: 8e6))
        let tried = sweep([8e6], shift: 0.1).compactMap { $0.values[.learningRate] }.max() ?? 0
        #expect(best > tried, "the shared curve places the optimum above what was tried")
    }

    @Test func askingFarAheadWarnsAndWidens() throws {
        let law = try fit(sweep([1e6, 2e6, 4e6, 8e6]))
        let near = law.recommend(RecommendationQuery(tokenBudget: 1.6e7))
        let far = law.recommend(RecommendationQuery(tokenBudget: 1e9))
        #expect(!near.warnings.contains { $0.code == .wideExtrapolation })
        #expect(far.warnings.contains { $0.code == .wideExtrapolation })
        let narrow = try #require(near.values[.learningRate]?.interval)
        let wide = try #require(far.values[.learningRate]?.interval)
        #expect(log(wide[1] / wide[0]) > log(narrow[1] / narrow[0]))
    }

    @Test func divergedRunsBoundTheRate() throws {
        let samples = sweep([1e6, 2e6, 4e6])
        let lost = [0.004, 0.006].map {
            LossSample(values: [.learningRate: $0], tokenBudget: 8e6, loss: nil, epochs: 1.5)
        }
        let law = try fit(samples + lost)
        #expect(codes(law).isSuperset(of: [.allDiverged, .dataReused]))
        let asked = RecommendationQuery(tokenBudget: 8e6)
        #expect(
            law.optimum(of: .learningRate, at: asked)
                < (try fit(samples).optimum(of: .learningRate, at: asked)))
    }

    @Test func nothingToFitSaysWhatIsMissing() {
        #expect(throws: LawFitError.noFinishedRun(diverged: 0)) { try fit([]) }
        let lost = LossSample(values: [.learningRate: 1], tokenBudget: 1e6, loss: nil)
        #expect(throws: LawFitError.noFinishedRun(diverged: 1)) { try fit([lost]) }
        let same = LossSample(values: [.learningRate: 1], tokenBudget: 1e6, loss: 2)
        #expect(throws: LawFitError.nothingVaried([.learningRate])) { try fit([same, same]) }
        #expect(throws: LawFitError.nothingSearched) {
            try LawFitter().fit(samples: [same], searchedAxes: [], regime: [], prior: prior)
        }
        #expect(LawFitError.noFinishedRun(diverged: 3).description.contains("smaller learning rates"))
    }
}
