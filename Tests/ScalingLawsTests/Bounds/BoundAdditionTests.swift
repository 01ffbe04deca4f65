import Foundation
import ScalingLaws
import Testing

@Suite("Anchors, floors and variants of the bound") struct BoundAdditionTests {
    private let seed: UInt64 = 31
    private let constants = LMOConstants(gap: 2, smoothness: 5, noise: 30)

    @Test func nesterovWeightsGiveItsNoiseAndLag() {
        for beta in [0.0, 0.5, 0.9, 0.99] {
            let alpha = 1 - beta
            var squares = (1 - beta * beta) * (1 - beta * beta)
            var age = 0.0
            for j in 1..<20_000 {
                let weight = alpha * pow(beta, Double(j + 1))
                squares += weight * weight
                age += Double(j) * weight
            }
            let bound = LMOBound.nesterov
            let noise = bound.noise(momentumComplement: alpha, steps: 1e15)
            #expect(abs(noise - 2 * squares.squareRoot()) < 1e-9)
            let drift = bound.drift(momentumComplement: alpha)
            #expect(abs(drift - 0.5 - 2 * age) < 1e-9 * drift)
            #expect(drift <= LMOBound.refined.drift(momentumComplement: alpha) + 1e-12)
        }
    }

    @Test func weightDecayHalvesTheStepScaleAndShrinksTheBatchScale() {
        let decayed = constants.optimum(.joint, tokenBudget: 1e8, bound: .weightDecay)
        let smoother = LMOConstants(gap: 2, smoothness: 10, noise: 30)
        let same = smoother.optimum(.joint, tokenBudget: 1e8, bound: .kovalev(c1: 1))
        #expect(abs(decayed.point.learningRate / same.point.learningRate - 1) < 1e-6)
        #expect(abs(decayed.value / same.value - 1) < 1e-12)
        #expect(abs(smoother.stepScale / constants.stepScale - 0.5) < 1e-15)
        #expect(abs(smoother.batchScale / constants.batchScale - 0.5.squareRoot()) < 1e-15)
    }

    @Test func transferredWeightDecayKeepsItsProductWithThePath() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, tokenBudget: 1e6)
        let transfer = BudgetTransfer(anchor: anchor)
        let point = transfer.setting(tokenBudget: 16e6, mode: .learningRate)
        let decay = transfer.weightDecay(anchorDecay: 0.1, at: point)
        #expect(abs(decay * point.pathLength - 0.1 * anchor.pathLength) < 1e-12)
        #expect(abs(decay - 0.1 / 4) < 1e-12)
    }

    @Test func rescaledNormsRescaleTheStepOnly() {
        var random = TestRandom(seed: seed)
        for _ in 0..<10 {
            let k = exp(random.uniform(-2, 2))
            let (D, L, s) = (exp(random.normal()), exp(random.normal()), 20 * exp(random.normal()))
            let first = LMOConstants(gap: D, smoothness: L, noise: s)
            let second = LMOConstants(gap: D, smoothness: L / (k * k), noise: s / k)
            #expect(abs(second.stepScale / first.stepScale / (k * k) - 1) < 1e-12, "seed \(seed)")
            #expect(abs(second.batchScale / first.batchScale - 1) < 1e-12, "seed \(seed)")
            let point = LMOPoint(
                learningRate: 0.01 * exp(random.normal()), momentumComplement: random.uniform(0.01, 1),
                batchSize: 64, steps: 1000)
            var scaled = point
            scaled.learningRate *= k
            for bound in [LMOBound.standard, .refined, .nesterov, .weightDecay] {
                let ratio = bound.value(second, at: scaled) * k / bound.value(first, at: point)
                #expect(abs(ratio - 1) < 1e-12, "seed \(seed)")
            }
        }
    }

    @Test func naturalUnitsAreAnIdentity() {
        var random = TestRandom(seed: seed)
        for _ in 0..<50 {
            let problem = LMOConstants(
                gap: exp(random.normal()), smoothness: exp(random.normal()), noise: exp(3 * random.normal()))
            let point = LMOPoint(
                learningRate: exp(2 * random.normal()), momentumComplement: random.uniform(0.001, 1),
                batchSize: exp(random.uniform(0, 10)), steps: exp(random.uniform(1, 12)))
            let natural = LMOBound.dimensionless(
                step: point.learningRate / problem.stepScale.squareRoot(),
                momentumComplement: point.momentumComplement,
                batch: point.batchSize / problem.naturalBatch, steps: point.steps)
            let value = LMOBound.standard.value(problem, at: point)
            #expect(abs(value / problem.gradientScale / natural - 1) < 1e-12, "seed \(seed)")
        }
    }

    @Test func cappedTransfersMustStartFromTheAnchor() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.5, batchSize: 64, tokenBudget: 1e6)
        let transfer = BudgetTransfer(anchor: anchor)
        let mode = BudgetTransfer.Mode.valley(batchSize: 512)
        let capped = transfer.setting(tokenBudget: 2e6, mode: mode)
        #expect(capped.momentumComplement == 1)
        let chained = BudgetTransfer(anchor: capped).setting(tokenBudget: 64e6, mode: mode)
        let direct = transfer.setting(tokenBudget: 64e6, mode: mode)
        // The cap forgot that the batch was beyond critical: chaining asks for too little memory.
        #expect(abs(direct.momentumComplement - 0.5) < 1e-12)
        #expect(abs(chained.momentumComplement / direct.momentumComplement - 1) > 0.1)
    }

    @Test func threePowerOptimumIsAMinimumAndPlainExponentsAreThoseOfTheBound() {
        let plain = ThreePowerBound(start: 2, noise: 60, smooth: 100).exponents
        #expect(abs(plain.rateInSteps + 0.5) < 1e-15 && abs(plain.batchInTokens - 0.5) < 1e-15)
        #expect(abs(plain.rateInTokens + 0.25) < 1e-15 && abs(plain.valueInTokens + 0.25) < 1e-15)
        let bound = ThreePowerBound(
            start: 2, noise: 60, smooth: 100, startPower: 0.8, noisePower: 0.4, smoothPower: 1.3)
        func value(_ batch: Double, _ rate: Double) -> Double {
            bound.value(learningRate: rate, batchSize: batch, steps: 1e8 / batch)
        }
        let batch = bound.bestBatch(tokenBudget: 1e8)
        let rate = bound.bestLearningRate(steps: 1e8 / batch)
        for (db, de) in [(1.01, 1.0), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 0.99), (1.01, 1.01)] {
            #expect(value(batch * db, rate * de) > value(batch, rate))
        }
        let later = bound.bestBatch(tokenBudget: 1e10)
        #expect(abs(log(later / batch) / log(100) - bound.exponents.batchInTokens) < 1e-12)
        // The program finds the same exponents from the terms alone, noise power 0.4.
        let program = ExponentProgram(ExponentProgram.kovalevTerms(noisePower: 0.4), fixesMomentum: true)
        let exponents = ThreePowerBound(start: 1, noise: 1, smooth: 1, noisePower: 0.4).exponents
        #expect(abs(program.levels()[0].rate - exponents.valueInTokens) < 1e-9)
    }

    @Test func noiseFloorAdviceMovesTheFloorToTheRun() throws {
        let point = LMOPoint(learningRate: 1e-3, momentumComplement: 0.1, batchSize: 64, steps: 10_000)
        let advice = try #require(constants.noiseFloorAdvice(for: point))
        func floor(_ batch: Double, _ alpha: Double) -> Double {
            constants.stepsToNoiseFloor(batchSize: batch, momentumComplement: alpha)
        }
        #expect(abs(advice.excess - 10_000 / floor(64, 0.1)) < 1e-9)
        #expect(abs(floor(64, advice.momentumComplement) / 10_000 - 1) < 1e-12)
        #expect(advice.momentumComplement < 0.1)
        #expect(abs(floor(advice.batchSizeAtSteps, 0.1) / 10_000 - 1) < 1e-12)
        let steps = point.tokenBudget / advice.batchSizeAtTokens
        #expect(abs(floor(advice.batchSizeAtTokens, 0.1) / steps - 1) < 1e-12)
        var short = point
        short.steps = 100
        #expect(constants.noiseFloorAdvice(for: short) == nil)
    }

    @Test func oracleCostIsLeastAtItsOptimum() throws {
        let cost = StochasticOracleCost(start: 1000, noise: 50, floor: 0.1)
        let best = try #require(cost.optimum(target: 0.6))
        for factor in [0.9, 1.1] {
            let batch = best.batchSize * factor
            #expect(batch * 1000 / (0.5 - 50 / batch) > best.tokens)
        }
        #expect(cost.optimum(target: 0.1) == nil)
        #expect(StochasticOracleCost.nesterovNoise(variance: 4, momentum: 0, weightDecay: 0.5) == 3)
        // Regime C at the budget the cost names reaches the target, up to burn-in.
        let cheapest = constants.cheapest(target: 0.5, momentumComplement: 0.1)
        let reached = constants.leadingOptimum(
            .learningRateAndBatch(momentumComplement: 0.1), tokenBudget: cheapest.tokens)
        #expect(abs(reached.value - 0.5) < 1e-12)
        #expect(abs(reached.point.batchSize / cheapest.batchSize - 1) < 1e-12)
    }

    @Test func severalAnchorsRecoverTheScalesExactly() throws {
        let anchors = [
            LMOAnchor(
                constants.optimum(.learningRateAndMomentum(batchSize: 64), tokenBudget: 1e7).point,
                tuned: .learningRateAndMomentum),
            LMOAnchor(
                constants.optimum(.learningRateAndBatch(momentumComplement: 0.2), tokenBudget: 1e8).point,
                tuned: .learningRateAndBatch),
            LMOAnchor(
                constants.optimum(
                    .learningRate(batchSize: 32, momentumComplement: 0.1), tokenBudget: 1e6
                ).point, tuned: .learningRate),
        ]
        let fit = try #require(LMOCalibration.fit(anchors))
        #expect(abs(fit.stepScale / 0.2 - 1) < 1e-6)
        #expect(abs((fit.batchScale ?? 0) / constants.batchScale - 1) < 1e-6)
        #expect(fit.freedom == 3 && fit.chiSquare < 1e-8)
        #expect(fit.constants != nil)
    }

    @Test func covarianceOfTheScalesIsTheirScatter() throws {
        var random = TestRandom(seed: seed)
        let exact = [1e6, 1e7, 1e8].map {
            constants.optimum(.learningRateAndMomentum(batchSize: 64), tokenBudget: $0).point
        }
        var u: [Double] = []
        var w: [Double] = []
        var fits: [LMOAnchorFit] = []
        for _ in 0..<100 {
            let anchors = exact.map { point in
                var noisy = point
                noisy.learningRate *= exp(0.1 * random.normal())
                noisy.momentumComplement *= exp(0.2 * random.normal())
                return LMOAnchor(
                    noisy, tuned: .learningRateAndMomentum, rateDeviation: 0.1, momentumDeviation: 0.2)
            }
            let fit = try #require(LMOCalibration.fit(anchors))
            u.append(log(fit.stepScale / constants.stepScale))
            w.append(log((fit.batchScale ?? .nan) / constants.batchScale))
            fits.append(fit)
        }
        func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
        // Each fit widens its covariance by max(1, chi^2/4): undo it for the comparison.
        func plain(_ value: (LMOAnchorFit) -> Double) -> Double {
            mean(fits.map { value($0) / max(1, $0.chiSquare / Double($0.freedom)) })
        }
        let variances = (mean(u.map { $0 * $0 }), mean(w.map { $0 * $0 }), mean(zip(u, w).map { $0 * $1 }))
        #expect((0.65...1.5).contains(variances.0 / plain(\.stepVariance)), "seed \(seed)")
        #expect((0.65...1.5).contains(variances.1 / plain(\.batchVariance)), "seed \(seed)")
        #expect(variances.2.sign == plain(\.covariance).sign, "seed \(seed)")
        #expect((0.5...2).contains(variances.2 / plain(\.covariance)), "seed \(seed)")
    }

    @Test func rateOnlyAnchorsAndAnchorsAtTheLimitDoNotIdentifyTheBatchScale() throws {
        let rateOnly = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, steps: 1000)
        let first = try #require(LMOCalibration.fit([LMOAnchor(rateOnly, tuned: .learningRate)]))
        #expect(first.batchScale == nil && first.batchVariance == .infinity && first.constants == nil)
        #expect(abs(first.stepScale - 1e-4 * 21.5 * 1000 / 2) < 1e-9)
        #expect(abs(first.stepVariance - 4 * 0.35 * 0.35) < 1e-9)
        let limit = constants.optimum(.learningRateAndMomentum(batchSize: 6400), tokenBudget: 6400 * 5).point
        #expect(limit.momentumComplement == 1)
        let second = try #require(LMOCalibration.fit([LMOAnchor(limit, tuned: .learningRateAndMomentum)]))
        #expect(abs(second.stepScale / constants.stepScale - 1) < 1e-6)
        #expect(second.batchScale == nil)
        // The same at a batch where the bound's best alpha has just reached 1.
        var edge = limit
        edge.batchSize = 200
        let third = try #require(LMOCalibration.fit([LMOAnchor(edge, tuned: .learningRateAndMomentum)]))
        #expect(third.batchScale == nil && third.chiSquare < 1e-6)
        // Almost no momentum, but some: identified.
        let short = constants.optimum(.learningRateAndMomentum(batchSize: 640), tokenBudget: 640 * 20).point
        #expect((0.7..<0.9).contains(short.momentumComplement))
        let fourth = try #require(LMOCalibration.fit([LMOAnchor(short, tuned: .learningRateAndMomentum)]))
        #expect(fourth.batchScale.map { abs($0 / constants.batchScale - 1) < 1e-5 } == true)
        #expect(LMOCalibration.fit([]) == nil)
        var broken = rateOnly
        broken.learningRate = .nan
        #expect(LMOCalibration.fit([LMOAnchor(broken, tuned: .learningRate)]) == nil)
    }
}
