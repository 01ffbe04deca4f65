import Foundation
import ScalingLaws
import Testing

/// Sweeps of every shape: few budgets, momentum, batch sizes alone, replicates, negative losses. Answers are finite,
/// inside the domain of their axis, and sensible.
@Suite struct SweepShapeTests {
    private let truth = SyntheticLaw(exponent: -0.3, curvature: 0.2)
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
    private let far = 6.4e7

    private func budgets(_ count: Int) -> [Double] { Array([1e6, 2e6, 4e6, 8e6].prefix(count)) }

    private func fit(
        _ samples: [LossSample], _ axes: [LawAxis], regime: [LawAxis]? = nil
    ) throws(LawFitError) -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: axes, regime: regime ?? axes,
            prior: .theory(.lmo, geometry: .normalized, tunedAxes: Set(regime ?? axes)), seed: 1)
    }

    private func rates(_ count: Int, seed: UInt64 = 2, replicates: Int = 1) -> [LossSample] {
        var random = TestRandom(seed: seed)
        return truth.sweep(
            budgets: budgets(count), perBudget: 5, step: 2, noise: 0.005, replicates: replicates,
            random: &random)
    }

    /// Best momentum 0.9 at 1e7 tokens, its complement falling as T^-0.2; the best rate grows with its square root.
    private func momenta(_ count: Int) -> [LossSample] {
        var random = TestRandom(seed: 3)
        return budgets(count).flatMap { budget in
            [0.0, 0.8, 0.9, 0.95, 0.98].flatMap { momentum -> [LossSample] in
                let x: Double = log(1 - momentum) - log(0.1) + 0.2 * log(budget / 1e7)
                return [0.5, 1, 2].map { factor in
                    let rate: Double = truth.optimum(budget) * factor
                    let loss: Double = truth.loss(rate, budget) * exp(0.05 * x * x + 0.003 * random.normal())
                    let scaled: Double = rate * ((1 - momentum) / 0.1).squareRoot()
                    return LossSample(
                        values: [.learningRate: scaled, .momentum: momentum], tokenBudget: budget, loss: loss)
                }
            }
        }
    }

    /// `slope` > 0: the smallest batch size is best at every budget.
    private func batches(_ count: Int, slope: Double) -> [LossSample] {
        var random = TestRandom(seed: 4)
        return budgets(count).flatMap { budget in
            [256.0, 512, 1024, 2048, 4096].flatMap { batch in
                [0.25, 0.5, 1, 2, 4].map { factor in
                    let rate: Double = truth.optimum(budget) * factor
                    let loss: Double = truth.loss(rate, budget) * exp(slope * log(batch / 256))
                    return LossSample(
                        values: [.learningRate: rate * (batch / 1000).squareRoot(), .batchSize: batch],
                        tokenBudget: budget, loss: loss * exp(0.003 * random.normal()))
                }
            }
        }
    }

    private func isFinite(_ values: [Double]) -> Bool { values.allSatisfy { $0.isFinite } }

    /// Asks near, far, tiny, absurd and impossible questions.
    private func expectFinite(_ law: Law, _ note: String) {
        #expect(isFinite(law.draws.flatMap(\.self)), "\(note)")
        for budget in [1, 100, 8e6, 6.4e7, 1e12, 1e300, 1e-300, 0, -1, Double.infinity, .nan] {
            for held: [LawAxis: Double] in [
                [:], [.learningRate: 1e30], [.learningRate: .nan], [.momentum: 1],
            ] {
                let answer = law.recommend(RecommendationQuery(tokenBudget: budget, held: held))
                #expect(answer.extrapolationFactor.isFinite)
                for (axis, found) in answer.values {
                    let ends = (found.interval ?? []) + (found.interval95 ?? [])
                    #expect(
                        isFinite([found.value, found.exponent ?? 0] + ends),
                        "\(note) \(budget)")
                    for value in [found.value] + ends where axis == .momentum {
                        #expect(value >= 0 && value < 1)
                    }
                    for value in [found.value] + ends where axis == .batchSize && budget >= 1 {
                        #expect(value >= 0.999 && value <= budget * 1.001, "\(note): \(value) of \(budget)")
                    }
                }
                if let loss = answer.loss {
                    #expect(isFinite([loss.value] + loss.interval), "\(note)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 4]) func everyShapeIsAnsweredWithFiniteNumbers(count: Int) throws {
        expectFinite(try fit(rates(count), [.learningRate]), "rates")
        expectFinite(try fit(momenta(count), [.learningRate, .momentum]), "momentum, moving")
        expectFinite(
            try fit(momenta(count), [.learningRate, .momentum], regime: [.learningRate]), "momentum")
        expectFinite(try fit(batches(count, slope: 0.1), [.learningRate, .batchSize]), "small batches")
        expectFinite(try fit(batches(count, slope: -0.1), [.learningRate, .batchSize]), "large batches")
        for scale in [1e-300, 1e290, -1] {
            let scaled = rates(count).map { sample in
                var sample = sample
                sample.loss = sample.loss.map { $0 * scale }
                return sample
            }
            expectFinite(try fit(scaled, [.learningRate]), "losses times \(scale)")
        }
        let equal = rates(count).map { sample in
            var sample = sample
            sample.loss = sample.loss.map { _ in 0 }
            return sample
        }
        #expect(throws: LawFitError.self) { try fit(equal, [.learningRate]) }
    }

    @Test(arguments: [1, 2]) func fewBudgetsLeanOnTheTheory(count: Int) throws {
        let law = try fit(rates(count), [.learningRate])
        let found = try #require(law.recommend(RecommendationQuery(tokenBudget: far)).values[.learningRate])
        let interval = try #require(found.interval)
        #expect(interval[0] < truth.optimum(far) && truth.optimum(far) < interval[1])
        #expect(abs(log(found.value / truth.optimum(far))) < 0.9)
        #expect(law.warnings.contains { $0.code == .fewBudgets })
    }

    @Test func momentumIsFollowedOrHeld() throws {
        let moving = try fit(momenta(4), [.learningRate, .momentum])
        let best: Double = 1 - 0.1 * pow(far / 1e7, -0.2)
        let found = try #require(moving.recommend(RecommendationQuery(tokenBudget: far)).values[.momentum])
        #expect(abs(log((1 - found.value) / (1 - best))) < 0.3, "\(found)")
        let fixed = try fit(momenta(4), [.learningRate, .momentum], regime: [.learningRate])
        func rate(_ momentum: Double) throws -> Double {
            let asked = RecommendationQuery(tokenBudget: far, held: [.momentum: momentum])
            return try #require(fixed.recommend(asked).values[.learningRate]?.value)
        }
        let ratio: Double = try rate(0.975) / rate(0.9)
        #expect(abs(log(ratio / 0.5)) < 0.2, "the rate goes as the root of 1 - momentum: \(ratio)")
        let usual = try rate(0.9)
        #expect(abs(log(usual / truth.optimum(far))) < 0.3)
    }

    @Test func batchSizesAloneGiveABatchLaw() throws {
        var random = TestRandom(seed: 5)
        let samples = budgets(4).flatMap { budget in
            [256.0, 512, 1024, 2048, 4096].map { batch in
                let x: Double = log(batch / 1000) - 0.5 * log(budget / 4e6)
                let loss: Double = truth.loss(truth.optimum(budget), budget)
                return LossSample(
                    values: [.batchSize: batch, .learningRate: 0.01], tokenBudget: budget,
                    loss: loss * exp(0.02 * x * x + 0.001 * random.normal()))
            }
        }
        let law = try fit(samples, [.learningRate, .batchSize])
        let answer = law.recommend(RecommendationQuery(tokenBudget: far))
        #expect(answer.values[.learningRate]?.value == 0.01)
        let batch = try #require(answer.values[.batchSize]?.value)
        #expect(abs(log(batch / 4000)) < 0.5, "\(batch)")
    }

    @Test func replicatesSharpenTheAnswer() throws {
        func width(_ replicates: Int) throws -> Double {
            let law = try fit(rates(4, seed: 6, replicates: replicates), [.learningRate])
            let interval = try #require(
                law.recommend(RecommendationQuery(tokenBudget: far)).values[.learningRate]?.interval)
            #expect(law.runs == 20 * replicates)
            return log(interval[1] / interval[0])
        }
        let (sharp, plain) = try (width(6), width(1))
        #expect(sharp < plain * 1.1)
    }

    /// An accuracy enters with its sign turned: the best rate is the same, and no loss law is claimed.
    @Test func aMaximisedMetricPlacesTheSameOptimum() throws {
        let plain = try fit(rates(4), [.learningRate])
        let turned = try fit(
            rates(4).map { sample in
                var sample = sample
                sample.loss = sample.loss.map { -exp(-$0) }
                return sample
            }, [.learningRate])
        let asked = RecommendationQuery(tokenBudget: far)
        #expect(
            abs(
                log(
                    turned.optimum(of: .learningRate, at: asked) / plain.optimum(of: .learningRate, at: asked)
                )) < 0.3)
        #expect(turned.recommend(asked).loss == nil)
        #expect(turned.lossScale == .identity)
    }

    @Test func lossesThatRiseWithTheBudgetWarn() throws {
        let samples = rates(4).map { sample in
            var sample = sample
            sample.loss = sample.loss.map { $0 * (sample.tokenBudget / 1e6).squareRoot() }
            return sample
        }
        let law = try fit(samples, [.learningRate])
        #expect(law.warnings.contains { $0.code == .poorFit })
    }

    /// The smallest batch size is best everywhere: the answer is a bound that moves with the theory, and says so.
    @Test func aBestBatchOnTheEdgeIsABound() throws {
        let law = try fit(batches(4, slope: 0.1), [.learningRate, .batchSize])
        #expect(law.warnings.contains { $0.code == .optimumOnEdge && $0.text.contains("batch_size_tokens") })
        for budget in [8e6, far] {
            let answer = law.recommend(RecommendationQuery(tokenBudget: budget))
            let found = try #require(answer.values[.batchSize])
            let interval = try #require(found.interval)
            #expect(found.value >= 128 && found.value < 256 * 8, "\(found)")
            #expect(interval[0] < found.value / 2, "open below: \(found)")
            #expect(interval[1] < 4 * found.value)
        }
        let small = law.recommend(RecommendationQuery(tokenBudget: 1000))
        let batch = try #require(small.values[.batchSize]?.value)
        #expect(batch >= 1 && batch <= 1000)
        #expect(
            batch >= 128
                || small.warnings.contains { $0.code == .outsideTried && $0.text.contains("lower than all") }
        )
    }
}
