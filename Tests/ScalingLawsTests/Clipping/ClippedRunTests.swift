import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Quantile clipping itself, on `x^2/2` from x = 5 with centred Pareto 1.6 noise (infinite variance).
@Suite("Runs with quantile clipping") struct ClippedRunTests {
    struct Golden: Decodable {
        var sim: [[Double]]
        var sim_dp: [[Double]]
    }

    /// Schedules with the decays of the golden runs; those with a fixed quantile let the step fall as `k^-0.5`.
    private static func schedule(_ gamma: Double, _ fraction: Double, first: Double = 0.5)
        -> QuantileClippingSchedule
    {
        QuantileClippingSchedule(
            firstLearningRate: 1, learningRateDecay: gamma, firstClippedFraction: first,
            clippedFractionDecay: fraction)
    }
    private static let half = schedule(0.5, 0)
    private static let ninetieth = schedule(0.5, 0, first: 0.1)
    private static let nearlyOpen = schedule(0.5, 0, first: 0.001)
    private static let theoremA = schedule(0.75, 0.375)
    private static let theoremB = schedule(0.6, 0.6)

    /// Mean squared gradient over the second half, with its standard error, and the average weighted by `gamma_k p_k`.
    private func run(
        _ schedule: QuantileClippingSchedule, steps: Int, privacy: Double = 0, seed: UInt64
    ) -> (mean: Double, error: Double, weighted: Double) {
        let chains = min(150, 500_000 / steps)
        let rates = (0..<steps).map { schedule.learningRate(step: $0) }
        let fractions = (0..<steps).map { schedule.clippedFraction(step: $0) }
        let tails = fractions.map { pow($0, -1 / 1.6) }
        var generator = Xoshiro256StarStar(seed: seed)
        var sum = 0.0, squares = 0.0, weighted = 0.0, weights = 0.0
        for _ in 0..<chains {
            var x = 5.0, later = 0.0
            for k in 0..<steps {
                let weight = rates[k] * (1 - fractions[k])
                weighted += weight * x * x
                weights += weight
                if k >= steps / 2 { later += x * x }
                let shift = 1.6 / 0.6 - x
                // Quantile of |x + noise|: usually the lower end of the interval is below the noise's support.
                var threshold = tails[k] - shift
                if threshold <= 0 || shift - threshold > 1 {
                    threshold = ClippedGradientTests.quantile(of: x, level: 1 - fractions[k])
                }
                let g = pow(1 - generator.unit(), -1 / 1.6) - shift
                var step = max(-threshold, min(threshold, g))
                if privacy > 0 { step += threshold * privacy * generator.normal() }
                x -= rates[k] * step
            }
            let mean = later / Double(steps - steps / 2)
            sum += mean
            squares += mean * mean
        }
        let mean = sum / Double(chains)
        let variance = squares / Double(chains) - mean * mean
        return (mean, (variance / Double(chains - 1)).squareRoot(), weighted / weights)
    }

    /// The golden runs' draws are their own. 4 % covers how they measured their quantiles; near p = 1, where the first
    /// rates and the farthest draws decide, 20 %.
    private func check(_ found: [(mean: Double, error: Double, weighted: Double)], _ row: [Double], seed: Int)
    {
        for (i, one) in found.enumerated() {
            let note: Comment = "seed \(seed), \(row[0]) steps, column \(i + 1)"
            let bias = one.mean > 5 ? 0.2 : 0.04
            #expect(abs(one.mean - row[i + 1]) < bias * row[i + 1] + 4 * one.error, note)
        }
    }

    @Test func schedulesRemoveTheBiasOfAFixedQuantile() throws {
        let golden = try otherGolden("qc", as: Golden.self)
        var steps: [Double] = [], last: [Double] = []
        for row in golden.sim {
            let columns = [Self.half, Self.ninetieth, Self.theoremA, Self.theoremB]
            let found = columns.map { run($0, steps: Int(row[0]), seed: 61) }
            check(found, row, seed: 61)
            #expect(found[3].mean < found[2].mean && found[2].mean < found[1].mean)
            steps.append(row[0])
            last.append(found[3].mean)
        }
        // Theorem B: -2(q-1)/(3q-2) = -0.4 at q = 1.5.
        let theory = QuantileClippingExponents.withoutPrivacyNoise(moment: 1.5).valueInSteps
        #expect(abs(logSlope(steps, last) - theory) < 0.04, "seed 61")
    }

    @Test func nearlyNoClippingIsRuinousUnderPrivacyNoise() throws {
        let golden = try otherGolden("qc", as: Golden.self)
        for row in golden.sim_dp {
            let columns = [Self.half, Self.nearlyOpen, Self.theoremA]
            let found = columns.map { run($0, steps: Int(row[0]), privacy: 0.5, seed: 62) }
            check(found, row, seed: 62)
        }
    }

    @Test func anytimeBoundHolds() {
        let bound = QuantileClippingBound(gap: 12.5, smoothness: 1, noise: 5.7774539396944276, moment: 1.5)
        for steps in [300, 1000] {
            // Within the largest step the theorem allows at p = 1/2.
            var schedule = Self.theoremA
            schedule.firstLearningRate = bound.largestLearningRate(clippedFraction: 0.5, inverseBatch: 1)
            let value = bound.anytimeValue(schedule, steps: steps, inverseBatch: 1)
            let weighted = run(schedule, steps: steps, seed: 63).weighted
            #expect(weighted < value, "seed 63: \(weighted) against \(value)")
        }
    }
}
