import Foundation
import Testing

@testable import ScalingLaws

/// Families that share exponents help the one with few runs, and cannot overrule one with many.
@Suite struct FamilyPoolingTests {
    private let prior = LawPrior.theory(.none, geometry: .normalized, tunedAxes: [.learningRate])

    private func family(
        _ exponent: Double, coefficient: Double, budgets: [Double] = [1e6, 2e6, 4e6, 8e6],
        noise: Double = 0.002,
        seed: UInt64
    ) -> LawFitRequest {
        var random = TestRandom(seed: seed)
        let truth = SyntheticLaw(coefficient: coefficient, exponent: exponent, curvature: 0.2)
        return LawFitRequest(
            samples: truth.sweep(budgets: budgets, perBudget: 5, step: 2, noise: noise, random: &random),
            searchedAxes: [.learningRate], regime: [.learningRate], prior: prior, seed: 1)
    }

    private func exponent(_ result: Result<Law, LawFitError>) throws -> ExponentEstimate {
        try #require(try result.get().axes[0].exponents[.tokenBudget])
    }

    @Test func aPoorFamilyLearnsFromTheOthers() throws {
        let rich = (0..<4).map { family(-0.3, coefficient: 0.01 * Double($0 + 1), seed: UInt64(20 + $0)) }
        let poor = family(-0.3, coefficient: 0.002, budgets: [1e6, 2e6], noise: 0.02, seed: 31)
        let alone = try exponent(LawFitter().fit(families: [poor])[0])
        let pooled = try exponent(LawFitter().fit(families: rich + [poor])[4])
        #expect(
            abs(pooled.value + 0.3) < abs(alone.value + 0.3), "\(alone.value) alone, \(pooled.value) pooled")
        #expect(pooled.interval[1] - pooled.interval[0] < 0.95 * (alone.interval[1] - alone.interval[0]))
        #expect(pooled.interval[0] < -0.3 && pooled.interval[1] > -0.3)
    }

    @Test func aFamilyThatDiffersKeepsItsExponent() throws {
        let others = (0..<4).map { family(-0.3, coefficient: 0.01, seed: UInt64(40 + $0)) }
        let odd = family(0.2, coefficient: 0.01, seed: 50)
        let found = try exponent(LawFitter().fit(families: others + [odd])[4])
        // Laws may bend, so that the last budgets alone tell the exponent: less than its own is claimed, and none of the others'.
        #expect(found.value > -0.05 && found.value < 0.25, "\(found.value)")
    }

    @Test func twoFamiliesAreFittedAlone() throws {
        let pair = [family(-0.3, coefficient: 0.01, seed: 60), family(-0.5, coefficient: 0.02, seed: 61)]
        let together = LawFitter().fit(families: pair)
        for (request, result) in zip(pair, together) {
            #expect(try result.get() == LawFitter().fit(request))
        }
    }

    @Test func aFamilyWithoutALawDoesNotStopTheOthers() throws {
        var broken = family(-0.3, coefficient: 0.01, seed: 70)
        broken.samples = broken.samples.map {
            LossSample(values: $0.values, tokenBudget: $0.tokenBudget, loss: nil)
        }
        let fine = (0..<3).map { family(-0.3, coefficient: 0.01, seed: UInt64(71 + $0)) }
        let results = LawFitter().fit(families: fine + [broken])
        #expect(throws: LawFitError.self) { try results[3].get() }
        #expect(abs(try exponent(results[0]).value + 0.3) < 0.1)
    }

    /// Three estimates of equal error s and mean m: t^2 by hand.
    @Test func predictionFollowsTheMethodOfMoments() throws {
        let estimates = [-0.5, -0.3, -0.1].map { FamilyPooling.Estimate(value: $0, error: 0.1) }
        let found = try #require(FamilyPooling.prediction(from: estimates))
        // Q = 8, expected 2, scale 300 - 100 = 200: t^2 = 0.03; error^2 = 0.03 + (0.01 + 0.03) / 3.
        #expect(abs(found.value + 0.3) < 1e-12)
        #expect(abs(found.error * found.error - (0.03 + 0.04 / 3)) < 1e-12)
        #expect(FamilyPooling.prediction(from: Array(estimates.prefix(1))) == nil)
    }
}
