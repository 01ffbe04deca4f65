import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Golden numbers from an independent implementation of the same statements.
@Suite("Quantile clipping") struct QuantileClippingTests {
    struct Golden: Decodable {
        struct Optimum: Decodable {
            var K: Double
            var S: Double
            var gamma: Double
            var a: Double
            var value: Double
        }
        struct Bound: Decodable {
            var D0: Double
            var L: Double
            var sigma: Double
            var q: Double
            var K: Double
            var S: Double
            var gamma: Double
            var a: Double
            var value: Double
        }
        var optima: [Double: [Optimum]]
        var thmA: [Bound]

        enum CodingKeys: String, CodingKey {
            case two = "optA_q2.0"
            case middle = "optA_q1.5"
            case heavy = "optA_q1.2"
            case thmA
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            optima = [
                2: try container.decode([Optimum].self, forKey: .two),
                1.5: try container.decode([Optimum].self, forKey: .middle),
                1.2: try container.decode([Optimum].self, forKey: .heavy),
            ]
            thmA = try container.decode([Bound].self, forKey: .thmA)
        }
    }

    private let golden: Golden

    init() throws { golden = try otherGolden("qc") }

    @Test func theoremAAndItsAnytimeForm() {
        for row in golden.thmA {
            let value = QuantileClippingBound(
                gap: row.D0, smoothness: row.L, noise: row.sigma, moment: row.q
            ).value(learningRate: row.gamma, clippedFraction: row.a, steps: row.K, inverseBatch: row.S)
            #expect(agree(value, row.value))
        }
        let schedule = QuantileClippingSchedule(
            firstLearningRate: 0.1, firstClippedFraction: 0.5, exponents: .general(moment: 2))
        let anytime = QuantileClippingBound(gap: 1, smoothness: 1, noise: 1)
            .anytimeValue(schedule, steps: 1000, inverseBatch: 0.1)
        #expect(agree(anytime, 2.3367494937983198))
    }

    @Test func bestConstantSetting() {
        #expect(golden.optima.values.map(\.count) == [8, 8, 8])
        for (q, rows) in golden.optima {
            for row in rows {
                let optimum = QuantileClippingBound(gap: 1, smoothness: 1, noise: 1, moment: q)
                    .optimum(steps: row.K, inverseBatch: row.S)
                #expect(agree(optimum.learningRate, row.gamma), "q \(q), \(row)")
                #expect(agree(optimum.clippedFraction, row.a), "q \(q), \(row)")
                #expect(agree(optimum.value, row.value), "q \(q), \(row)")
            }
        }
    }

    @Test func optimumMovesWithTheExponentsOfTheoremA() {
        for q in [2, 1.5, 1.2] {
            let bound = QuantileClippingBound(gap: 1, smoothness: 1, noise: 1, moment: q)
            let exponents = QuantileClippingExponents.general(moment: q)
            let low = bound.optimum(steps: 1e6, inverseBatch: 0.01)
            let more = bound.optimum(steps: 1e8, inverseBatch: 0.01)
            let larger = bound.optimum(steps: 1e6, inverseBatch: 0.001)
            #expect(
                agree(log(more.learningRate / low.learningRate) / log(100), exponents.learningRateInSteps))
            #expect(
                agree(
                    log(more.clippedFraction / low.clippedFraction) / log(100),
                    exponents.clippedFractionInSteps))
            #expect(agree(log(more.value / low.value) / log(100), exponents.valueInSteps, 1e-10))
            #expect(
                agree(
                    log(larger.learningRate / low.learningRate) / log(0.1),
                    exponents.learningRateInInverseBatch,
                    1e-10))
            #expect(
                agree(
                    log(larger.clippedFraction / low.clippedFraction) / log(0.1),
                    exponents.clippedFractionInInverseBatch, 1e-10))
        }
        #expect(agree(QuantileClippingExponents.withoutPrivacyNoise(moment: 1.5).learningRateInSteps, -0.6))
        #expect(agree(QuantileClippingExponents.general(moment: 2).learningRateInBatch, 1))
    }

    @Test func stepNeverExceedsWhatTheTheoremAllows() {
        let bound = QuantileClippingBound(gap: 100, smoothness: 10, noise: 0.1)
        let optimum = bound.optimum(steps: 10, inverseBatch: 1)
        #expect(optimum.clippedFraction <= 0.5)
        #expect(optimum.learningRate <= 1 / (4 * 10 * 2))
    }

    @Test func privacyBudget() {
        let budget = PrivateBudget(dimension: 1000, noiseMultiplier: 1.1)
        #expect(agree(budget.noiseVariance(batchSize: 256), 0.018463134765625))
        #expect(agree(budget.inverseBatch(batchSize: 256), 0.022369384765625))
        #expect(agree(budget.criticalBatch, 1210))
    }

    @Test func scheduleGoesToOneWithinItsBounds() {
        let schedule = QuantileClippingSchedule(
            firstLearningRate: 0.1, learningRateDecay: 0.6, firstClippedFraction: 0.9,
            clippedFractionDecay: 0.6,
            smallestClippedFraction: 0.01)
        #expect(schedule.quantile(step: 0) == 0.5)
        #expect(schedule.clippedFraction(step: 100_000) == 0.01)
        #expect(schedule.learningRate(step: 0) == 0.1)
        let quantiles = (0..<100).map { schedule.quantile(step: $0) }
        #expect(zip(quantiles, quantiles.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func trackerFollowsTheGoldenPath() {
        var generator = Xoshiro256StarStar(seed: 11)
        var tracker = GeometricTracker(threshold: 0.1, quantile: 0.5)
        let expected = [
            1: 0.11051709180756478, 2: 0.12214027581601701, 10: 0.2398875293967099, 50: 1.9105953728231684,
            100: 1.7725424121461677,
        ]
        for round in 1...100 {
            tracker.update(norms: (0..<8).map { _ in 4 * generator.unit() })
            if let value = expected[round] { #expect(agree(tracker.threshold, value), "round \(round)") }
        }
    }

    @Test func trackerDeviationAndNoiseSplit() {
        // Log-normal norms of unit deviation: density of the log norm at its p-quantile.
        let rows: [(p: Double, m: Double, noise: Double, density: Double, expected: Double)] = [
            (0.5, 100, 5, 0.3989422804, 0.03613), (0.5, 20, 1, 0.3989422804, 0.06258),
            (0.9, 100, 5, 0.1754983319, 0.04441), (0.5, 1000, 50, 0.3989422804, 0.02679),
        ]
        for row in rows {
            let deviation = GeometricTracker(threshold: 1, quantile: row.p)
                .settledDeviation(density: row.density, batchSize: row.m, countNoise: row.noise)
            #expect(abs(deviation - row.expected) < 6e-6, "\(row)")
        }
        #expect(GeometricTracker.remainingMultiplier(4, countNoise: 2) == nil)
    }
}
