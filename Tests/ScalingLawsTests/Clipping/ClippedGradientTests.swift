import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Clipped gradients") struct ClippedGradientTests {
    /// Centred Pareto noise of index 1.6 and its root moment of order 1.5.
    private static let pareto: @Sendable (Double) -> Double = { pow($0, -1 / 1.6) - 1.6 / 0.6 }
    private static let paretoMoment = 5.7774539396944276

    @Test(arguments: [0.5, 0.75, 0.9, 0.99, 0.999])
    func lemmasHoldOnHeavyNoise(p: Double) {
        check(p: p, noise: Self.pareto, scale: Self.paretoMoment, moment: 1.5)
    }

    @Test(arguments: [0.5, 0.75, 0.9, 0.99])
    func lemmasHoldOnExponentialNoise(p: Double) {
        check(p: p, noise: { -log($0) - 1 }, scale: 1, moment: 2)
    }

    /// All four lemmas by quadrature over quantiles, in one dimension, at a few gradients.
    private func check(p: Double, noise: (Double) -> Double, scale: Double, moment q: Double) {
        for gradient in [0.1, 1, 5] {
            let n = 200_000
            let draws = (0..<n).map { gradient + noise((Double($0) + 0.5) / Double(n)) }
            let norms = draws.map { abs($0) }.sorted()
            let threshold = norms[Int((p * Double(n)).rounded(.up)) - 1]
            var factor = 0.0, clipped = 0.0, square = 0.0
            for g in draws {
                let f = min(1, threshold / abs(g))
                factor += f
                clipped += f * g
                square += f * f * g * g
            }
            factor /= Double(n)
            let bias = abs(clipped / Double(n) - factor * gradient)
            let bound = ClippedGradient(
                gradientNorm: gradient, noise: scale, moment: q, clippedFraction: 1 - p)
            #expect(factor >= bound.smallestMeanFactor - 1e-9, "gradient \(gradient)")
            #expect(bias <= bound.biasBound, "gradient \(gradient)")
            #expect(threshold <= bound.thresholdBound, "gradient \(gradient)")
            #expect(square / Double(n) <= bound.secondMomentBound, "gradient \(gradient)")
        }
    }

    @Test func boundsOfTheGoldenTable() {
        // Gradient 0.3; sigma was measured on the draws: 0.99859 exponential, 4.2695 Pareto.
        let rows: [(q: Double, p: Double, threshold: Double, bias: Double, second: Double)] = [
            (2, 0.5, 1.71222, 0.70611, 1.08718), (2, 0.75, 2.29717, 0.49929, 1.08718),
            (2, 0.9, 3.45781, 0.31578, 1.08718), (2, 0.99, 10.28587, 0.09986, 1.08718),
            (1.5, 0.5, 7.07744, 3.38872, 39.83135), (1.5, 0.75, 11.05852, 2.68963, 48.38479),
            (1.5, 0.9, 20.11737, 1.98174, 63.19512), (1.5, 0.99, 92.28406, 0.91984, 128.15702),
            (1.5, 0.999, 427.25219, 0.42695, 268.11317),
        ]
        for row in rows {
            let bound = ClippedGradient(
                gradientNorm: 0.3, noise: row.q == 2 ? 0.99859 : 4.26952, moment: row.q,
                clippedFraction: 1 - row.p)
            #expect(agree(bound.thresholdBound, row.threshold, 2e-5), "\(row)")
            #expect(agree(bound.biasBound, row.bias, 2e-4), "\(row)")
            #expect(agree(bound.secondMomentBound, row.second, 2e-5), "\(row)")
            #expect(bound.smallestMeanFactor == 1 - (1 - row.p))
        }
        let plain = ClippedGradient(gradientNorm: 3, noise: 4, clippedFraction: 0.01)
        #expect(plain.secondMomentBound == 25)
        #expect(agree(plain.gradientFloor, 0.4 / 0.99))
    }

    @Test func biasExponentIsAttainedByTwoPoints() {
        // Mass a at distance t, the rest at zero, centred; the far point is clipped to (almost) the near one.
        let rows: [(q: Double, a: Double, ratio: Double)] = [
            (2, 0.2, 0.6708), (2, 0.05, 0.9234), (2, 0.01, 0.9849), (2, 0.001, 0.9985),
            (1.5, 0.2, 0.5724), (1.5, 0.01, 0.9287), (1.2, 0.05, 0.6558), (1.2, 0.001, 0.8288),
        ]
        for row in rows {
            // Noise 1 with mass a, -a/(1-a) otherwise; the gradient is zero.
            let a = row.a, near = a / (1 - a)
            let moment = a + (1 - a) * pow(near, row.q)
            let bias = a * (1 - near)
            let bound = ClippedGradient(
                gradientNorm: 0, noise: pow(moment, 1 / row.q), moment: row.q, clippedFraction: a)
            #expect(abs(bias / bound.biasBound - row.ratio) < 1e-4, "\(row)")
        }
    }

    struct Floors: Decodable {
        var floor: [[Double]]
    }

    @Test func fixedQuantileLeavesTheGoldenFloor() throws {
        let rows = try otherGolden("qc", as: Floors.self).floor
        var fractions: [Double] = [], floors: [Double] = []
        for row in rows {
            let floor = Self.stationaryGradient(clippedFraction: row[0])
            #expect(abs(floor / row[1] - 1) < 5e-3, "a \(row[0])")
            if row[0] <= 0.1 {
                fractions.append(row[0])
                floors.append(floor)
            }
        }
        let slope = logSlope(fractions, floors)
        #expect(abs(slope - 0.376) < 3e-3)
        #expect(abs(slope - (1 - 1 / 1.6)) < 3e-3)
    }

    /// |x| where the mean clipped gradient of `x^2/2` with centred Pareto noise is zero, by bisection and quadrature.
    private static func stationaryGradient(clippedFraction a: Double) -> Double {
        // Levels u^4 put half of the points below 1/16, where the tail is.
        let n = 4000
        let points = (0..<n).map { i -> (x: Double, weight: Double) in
            let t = (Double(i) + 0.5) / Double(n)
            return (pareto(t * t * t * t), 4 * t * t * t / Double(n))
        }
        func meanClipped(_ x: Double) -> Double {
            let threshold = quantile(of: x, level: 1 - a)
            return points.reduce(0) { sum, point in
                let g = x + point.x
                return sum + point.weight * max(-threshold, min(threshold, g))
            }
        }
        var low = 0.0, high = 3.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if meanClipped(middle) < 0 { low = middle } else { high = middle }
        }
        return low
    }

    /// Quantile of |x + noise| for centred Pareto 1.6 noise.
    static func quantile(of x: Double, level p: Double) -> Double {
        let shift = 1.6 / 0.6 - x
        func cdf(_ y: Double) -> Double { y <= 1 ? 0 : 1 - pow(y, -1.6) }
        var low = 0.0, high = abs(shift) + pow(1 - p, -1 / 1.6) + 1
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if cdf(shift + middle) - cdf(shift - middle) < p { low = middle } else { high = middle }
        }
        return high
    }

    @Test func combinedRuleTakesTheLargerOfBothTheorems() {
        let rule = CombinedClippingRule(smoothness: 2, batchSize: 100, privacyVariance: 0.01)
        // Privacy: sqrt(4/3 * 0.02 * 0.01) = 0.01633; batch: 0.02/100.
        #expect(agree(rule.clippedFraction(learningRate: 0.01), (4 / 3.0 * 2e-4).squareRoot()))
        let open = CombinedClippingRule(smoothness: 2, moment: 1.5, batchSize: 100, batchFactor: 3)
        #expect(agree(open.clippedFraction(learningRate: 0.01), 6e-4))
        #expect(rule.clippedFraction(learningRate: 1e9) == 0.5)
    }

    @Test func combinedRuleIsTheOptimumOfTheoremAUnderPrivacyNoise() {
        let budget = PrivateBudget(dimension: 1000, noiseMultiplier: 4)
        let S = budget.noiseVariance(batchSize: 64)
        let bound = QuantileClippingBound(gap: 1, smoothness: 3, noise: 2, moment: 1.4)
        let best = bound.optimum(steps: 1e6, inverseBatch: S)
        let rule = CombinedClippingRule(
            smoothness: 3, moment: 1.4, batchSize: 64, privacyVariance: S, batchFactor: 0)
        #expect(agree(rule.clippedFraction(learningRate: best.learningRate), best.clippedFraction))
    }
}
