import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Golden numbers from an independent implementation of the same statements.
@Suite("Quantile clipping") struct QuantileClippingTests {
    private func close(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
        abs(a - b) <= tolerance * abs(b)
    }

    @Test func theoremAAndItsAnytimeForm() {
        let bound = QuantileClippingBound(gap: 2, smoothness: 3, noise: 0.7, moment: 1.5)
        let value = bound.value(learningRate: 0.01, clippedFraction: 0.1, steps: 5000, inverseBatch: 0.05)
        #expect(close(value, 0.6391459769542351))
        let schedule = QuantileClippingSchedule(
            firstLearningRate: 0.1, firstClippedFraction: 0.5, exponents: .general(moment: 2))
        let anytime = QuantileClippingBound(gap: 1, smoothness: 1, noise: 1)
            .anytimeValue(schedule, steps: 1000, inverseBatch: 0.1)
        #expect(close(anytime, 2.3367494937983198))
    }

    @Test func bestConstantSetting() {
        let rows: [(q: Double, S: Double, gamma: Double, a: Double, value: Double)] = [
            (2, 1, 0.011006424162982092, 0.12114137285547599, 1.0902723556992837),
            (2, 0.1, 0.023712622029933756, 0.05622884435344996, 0.5060595991810496),
            (1.5, 1, 0.009182995386645737, 0.15648638182833025, 1.7423508698771448),
            (1.5, 0.1, 0.01632993161855453, 0.06598976005119689, 0.979795897113271),
            (1.2, 1, 0.010401061686752549, 0.2633256752483833, 2.69203287541911),
        ]
        for row in rows {
            let optimum = QuantileClippingBound(gap: 1, smoothness: 1, noise: 1, moment: row.q)
                .optimum(steps: 1000, inverseBatch: row.S)
            #expect(close(optimum.learningRate, row.gamma))
            #expect(close(optimum.clippedFraction, row.a))
            #expect(close(optimum.value, row.value))
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
                close(log(more.learningRate / low.learningRate) / log(100), exponents.learningRateInSteps))
            #expect(
                close(
                    log(more.clippedFraction / low.clippedFraction) / log(100),
                    exponents.clippedFractionInSteps))
            #expect(close(log(more.value / low.value) / log(100), exponents.valueInSteps, 1e-10))
            #expect(
                close(
                    log(larger.learningRate / low.learningRate) / log(0.1),
                    exponents.learningRateInInverseBatch,
                    1e-10))
            #expect(
                close(
                    log(larger.clippedFraction / low.clippedFraction) / log(0.1),
                    exponents.clippedFractionInInverseBatch, 1e-10))
        }
        #expect(close(QuantileClippingExponents.withoutPrivacyNoise(moment: 1.5).learningRateInSteps, -0.6))
        #expect(close(QuantileClippingExponents.general(moment: 2).learningRateInBatch, 1))
    }

    @Test func stepNeverExceedsWhatTheTheoremAllows() {
        let bound = QuantileClippingBound(gap: 100, smoothness: 10, noise: 0.1)
        let optimum = bound.optimum(steps: 10, inverseBatch: 1)
        #expect(optimum.clippedFraction <= 0.5)
        #expect(optimum.learningRate <= 1 / (4 * 10 * 2))
    }

    @Test func privacyBudget() {
        let budget = PrivateBudget(dimension: 1000, noiseMultiplier: 1.1)
        #expect(close(budget.noiseVariance(batchSize: 256), 0.018463134765625))
        #expect(close(budget.inverseBatch(batchSize: 256), 0.022369384765625))
        #expect(close(budget.criticalBatch, 1210))
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
            if let value = expected[round] { #expect(close(tracker.threshold, value), "round \(round)") }
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
        let splits = [
            (1.0, 5.0, 1.00503781525921), (1.1, 12.8, 1.10101688073942), (0.5, 2, 0.50395263067897),
            (2, 3.2, 2.10544542387126),
        ]
        for (z, noise, expected) in splits {
            let left = GeometricTracker.remainingMultiplier(z, countNoise: noise)
            #expect(close(left ?? .nan, expected))
        }
        #expect(GeometricTracker.remainingMultiplier(4, countNoise: 2) == nil)
    }
}
