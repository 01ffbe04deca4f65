import Foundation
import ScalingLaws
import Testing

@Suite("Inexact oracles") struct OracleTests {
    @Test func exactOracleChangesNothing() {
        for regime in [
            OracleCorrection.Regime.deterministic, .learningRate(momentumComplement: 0.1),
            .learningRateAndMomentum,
        ] {
            let factors = OracleCorrection(.exact, regime: regime)
            #expect(abs(factors.learningRate - 1) < 1e-15 && abs(factors.momentumComplement - 1) < 1e-15)
            #expect(abs(factors.value - 1) < 1e-15)
        }
        #expect(OracleCorrection.noiseFactor(.exact) == 1)
    }

    @Test func rescalingTheDirectionOnlyRescalesTheRate() {
        let once = OracleQuality(progress: 0.8, size: 1.1)
        let twice = OracleQuality(progress: 1.6, size: 2.2)
        for regime in [
            OracleCorrection.Regime.deterministic, .learningRate(momentumComplement: 0.1),
            .learningRateAndMomentum,
        ] {
            let a = OracleCorrection(once, regime: regime)
            let b = OracleCorrection(twice, regime: regime)
            #expect(abs(b.learningRate / a.learningRate - 0.5) < 1e-14)
            #expect(abs(b.momentumComplement - a.momentumComplement) < 1e-14)
            #expect(abs(b.value - a.value) < 1e-14)
        }
    }

    @Test func regimeBFactorsMinimiseTheBoundTheyComeFrom() {
        // D = L = s = B = 1, leading terms of F, K large.
        let (gamma, nu, steps) = (0.8, 1.15, 1e12)
        func value(_ eta: Double, _ alpha: Double, _ gamma: Double, _ nu: Double) -> Double {
            (1 / (eta * steps) + (gamma + nu) * alpha.squareRoot() + eta * (gamma + nu) * nu / alpha) / gamma
        }
        let alpha = (2 / steps).squareRoot()
        let eta = pow(2, -0.25) * pow(steps, -0.75)
        let factors = OracleCorrection(
            OracleQuality(progress: gamma, size: nu), regime: .learningRateAndMomentum)
        let (bestEta, bestAlpha) = (eta * factors.learningRate, alpha * factors.momentumComplement)
        let best = value(bestEta, bestAlpha, gamma, nu)
        for (de, da) in [(1.01, 1.0), (0.99, 1), (1, 1.01), (1, 0.99)] {
            #expect(value(bestEta * de, bestAlpha * da, gamma, nu) > best)
        }
        #expect(abs(best / value(eta, alpha, 1, 1) - factors.value) < 1e-12)
    }

    @Test func qualityOfADirectionNeedsDescent() {
        #expect(OracleQuality(descent: -1, dualNorm: 1, primalNorm: 1) == nil)
        #expect(OracleQuality(descent: 1, dualNorm: 0, primalNorm: 1) == nil)
        let good = OracleQuality(descent: 1.8, dualNorm: 2, primalNorm: 1.1)
        #expect(good == OracleQuality(progress: 0.9, size: 1.1))
        #expect(OracleQuality(singularValues: [], outputs: []) == nil)
        #expect(OracleQuality(singularValues: [1, 2], outputs: [1]) == nil)
    }

    @Test func qualityDoesNotDependOnTheScaleOfTheMatrix() {
        let map = NewtonSchulzMap.quintic
        let plain = map.quality(singularValues: [1, 0.5, 0.1], steps: 5)
        for scale in [1e-200, 1e200] {
            let scaled = map.quality(singularValues: [scale, 0.5 * scale, 0.1 * scale], steps: 5)
            #expect(
                scaled.map { abs($0.oracle.progress - (plain?.oracle.progress ?? 0)) < 1e-12 } == true)
        }
        #expect(map.quality(singularValues: [0, 0], steps: 5) == nil)
    }

    @Test func cubicConvergesAndQuinticDoesNot() {
        #expect(abs(NewtonSchulzMap.cubic.iterate(0.3, steps: 30) - 1) < 1e-15)
        let late = (40..<60).map { NewtonSchulzMap.quintic.iterate(0.3, steps: $0) }
        #expect((late.max() ?? 0) - (late.min() ?? 0) > 0.1)
    }
}
