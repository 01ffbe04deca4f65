import Foundation
import ScalingLaws
import Testing

@Suite("Priors") struct LawPriorTests {
    private let everyCase: [(LawTheory, UpdateGeometry, Set<LawAxis>)] = LawTheory.allCases.flatMap {
        theory in
        UpdateGeometry.allCases.flatMap { geometry in
            [[.learningRate], [.learningRate, .momentum], Set(LawAxis.allCases)].map {
                (theory, geometry, $0)
            }
        }
    }

    @Test func lmoPriorIsThePublishedTable() {
        let fixed = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
        #expect(fixed[.learningRate, .tokenBudget] == ExponentPrior(mean: -0.25, deviation: 0.3))
        #expect(fixed[.learningRate, .batchSize] == ExponentPrior(mean: 0.45, deviation: 0.2))
        #expect(fixed.learningRateAlongBestBatch == ExponentPrior(mean: -0.1, deviation: 0.15))
        let tuned = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate, .momentum])
        #expect(tuned[.learningRate, .batchSize] == ExponentPrior(mean: 0.75, deviation: 0.2))
        #expect(tuned[.momentum, .tokenBudget] == ExponentPrior(mean: -0.25, deviation: 0.2))
        #expect(tuned[.momentum, .batchSize] == ExponentPrior(mean: 0.6, deviation: 0.3))
        #expect(tuned[.batchSize, .tokenBudget] == ExponentPrior(mean: 0.5, deviation: 0.3))
        #expect(tuned[.batchSize, .modelSize] == ExponentPrior(mean: 0, deviation: 0.1))
    }

    @Test func plainGradientMethodsAreWider() {
        let sgd = LawPrior.theory(.lmo, geometry: .gradient, tunedAxes: [.learningRate])
        let sign = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
        #expect(sgd[.learningRate, .tokenBudget].deviation > sign[.learningRate, .tokenBudget].deviation)
    }

    @Test func exponentAlongTheBestBatchFollowsFromTheConditionalOnes() {
        for (theory, geometry, axes) in everyCase where !axes.contains(.momentum) {
            let prior = LawPrior.theory(theory, geometry: geometry, tunedAxes: axes)
            let rate = prior[.learningRate, .tokenBudget].mean
            let chained =
                rate + prior[.learningRate, .batchSize].mean * prior[.batchSize, .tokenBudget].mean
            #expect(
                abs(chained - prior.learningRateAlongBestBatch.mean)
                    <= prior.learningRateAlongBestBatch.deviation,
                "\(theory) \(geometry)")
        }
    }

    @Test func everyPairHasAProperHeavyTailedPrior() {
        for (theory, geometry, axes) in everyCase {
            let prior = LawPrior.theory(theory, geometry: geometry, tunedAxes: axes)
            for axis in LawAxis.allCases {
                for variable in LawVariable.allCases {
                    let exponent = prior[axis, variable]
                    #expect(exponent.deviation > 0 && exponent.degreesOfFreedom == 3)
                    #expect(abs(exponent.mean) <= 1)
                }
            }
        }
    }

    @Test func densityIntegratesToOneAndItsSlopeIsItsDerivative() {
        let prior = ExponentPrior(mean: -0.45, deviation: 0.15)
        var area = 0.0
        let width = 1e-3
        for index in -40_000...40_000 { area += exp(prior.logDensity(at: Double(index) * width)) * width }
        #expect(abs(area - 1) < 1e-5)
        for exponent in [-2.0, -0.5, -0.45, 0.3] {
            let h = 1e-6
            let numeric = (prior.logDensity(at: exponent + h) - prior.logDensity(at: exponent - h)) / (2 * h)
            #expect(abs(numeric - prior.logDensitySlope(at: exponent)) < 1e-6 * max(1, abs(numeric)))
        }
    }

    @Test func dataFarFromTheTheoryOverruleIt() {
        // Step Law's +0.307, known to 0.05, against -0.45 +- 0.15: the mode ends at the data, not half-way.
        let prior = ExponentPrior(mean: -0.45, deviation: 0.15)
        let measured = 0.307
        let precision = 1 / (0.05 * 0.05)
        let mode = stride(from: -1.0, through: 1.0, by: 1e-4).max { a, b in
            posterior(a) < posterior(b)
        }
        func posterior(_ e: Double) -> Double {
            prior.logDensity(at: e) - precision / 2 * (e - measured) * (e - measured)
        }
        #expect(abs((mode ?? .nan) - measured) < 0.02)
    }
}
