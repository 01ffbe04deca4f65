import Foundation
import ScalingLaws
import Testing

@Suite("Properties of the bounds") struct BoundPropertyTests {
    /// Log-uniform draws from a small generator; the seed is in every message.
    private struct Draws {
        var state: UInt64
        mutating func logUniform(_ low: Double, _ high: Double) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return low * pow(high / low, Double(state >> 11) * 0x1p-53)
        }
    }

    private let seed: UInt64 = 2026

    @Test func refinedIsBelowItsClosedFormAndBothAreBelowKovalev() {
        var draws = Draws(state: seed)
        for _ in 0..<50 {
            let constants = LMOConstants(
                gap: draws.logUniform(0.1, 10), smoothness: draws.logUniform(0.1, 10),
                noise: draws.logUniform(1, 100))
            let point = LMOPoint(
                learningRate: draws.logUniform(1e-4, 1), momentumComplement: draws.logUniform(1e-3, 1),
                batchSize: draws.logUniform(1, 1e3), steps: draws.logUniform(10, 1e5).rounded())
            let exact = LMOBound.refined.value(constants, at: point)
            let closed = LMOBound.refinedClosed.value(constants, at: point)
            #expect(exact <= closed * (1 + 1e-12), "seed \(seed)")
            #expect(closed <= LMOBound.standard.value(constants, at: point) * (1 + 1e-12), "seed \(seed)")
        }
    }

    @Test func optimaDependOnTwoScalesOnly() {
        var draws = Draws(state: seed)
        for _ in 0..<5 {
            let constants = LMOConstants(
                gap: draws.logUniform(0.1, 10), smoothness: draws.logUniform(0.1, 10),
                noise: draws.logUniform(1, 100))
            let same = LMOConstants(
                stepScale: constants.stepScale, batchScale: constants.batchScale, gradientScale: 7)
            for regime in [LMORegime.joint, .learningRateAndMomentum(batchSize: 64)] {
                let a = constants.optimum(regime, tokenBudget: 1e7)
                let b = same.optimum(regime, tokenBudget: 1e7)
                #expect(abs(a.point.learningRate / b.point.learningRate - 1) < 1e-6, "seed \(seed)")
                #expect(
                    abs(a.point.momentumComplement / b.point.momentumComplement - 1) < 1e-6, "seed \(seed)")
                #expect(abs(a.value / constants.gradientScale - b.value / 7) < 1e-10, "seed \(seed)")
            }
        }
    }

    @Test func tuningMoreNeverHurts() {
        var draws = Draws(state: seed)
        for _ in 0..<5 {
            let constants = LMOConstants(gap: 2, smoothness: 5, noise: draws.logUniform(5, 500))
            let tokens = draws.logUniform(1e5, 1e9)
            let batch = draws.logUniform(1, 1e3)
            let alpha = draws.logUniform(1e-3, 1)
            func value(_ regime: LMORegime) -> Double { constants.optimum(regime, tokenBudget: tokens).value }
            let a = value(.learningRate(batchSize: batch, momentumComplement: alpha))
            let b = value(.learningRateAndMomentum(batchSize: batch))
            let c = value(.learningRateAndBatch(momentumComplement: alpha))
            #expect(value(.joint) <= min(b, c) * (1 + 1e-9), "seed \(seed)")
            #expect(max(b, c) <= a * (1 + 1e-9), "seed \(seed)")
        }
    }

    @Test func bestMomentumComplementFallsWithStepsAndRisesWithBatch() {
        let natural = LMOConstants(stepScale: 1, batchScale: 1)
        func alpha(_ batch: Double, _ steps: Double) -> Double {
            natural.optimum(
                .learningRateAndMomentum(batchSize: batch), tokenBudget: batch * steps
            ).point.momentumComplement
        }
        for batch in [0.01, 1, 100] {
            let values = [1e3, 1e4, 1e5, 1e6].map { alpha(batch, $0) }
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 > $1 })
        }
        #expect(alpha(0.1, 1e5) < alpha(1, 1e5) && alpha(1, 1e5) < alpha(10, 1e5))
    }

    @Test func transferToTheSameBudgetIsTheIdentityAndUncappedTransfersCompose() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, tokenBudget: 1e6)
        let modes: [BudgetTransfer.Mode] = [
            .learningRate, .learningRateAndMomentum, .learningRateAndBatch, .joint, .valley(batchSize: 64),
        ]
        for mode in modes {
            let transfer = BudgetTransfer(anchor: anchor)
            #expect(close(transfer.setting(tokenBudget: 1e6, mode: mode), anchor))
            let direct = transfer.setting(tokenBudget: 6e6, mode: mode)
            let half = transfer.setting(tokenBudget: 2e6, mode: mode)
            #expect(
                close(BudgetTransfer(anchor: half).setting(tokenBudget: 6e6, mode: mode), direct), "\(mode)")
        }
    }

    @Test func batchIsRoundedBeforeTheRateIsComputed() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, tokenBudget: 1e6)
        let transfer = BudgetTransfer(anchor: anchor, batchMultiple: 32)
        let point = transfer.setting(tokenBudget: 2e6, mode: .learningRateAndBatch)
        #expect(point.batchSize == 96)
        #expect(abs(point.learningRate - 0.01 * (96.0 / 64 / 2).squareRoot()) < 1e-15)
    }

    @Test func valleyInvariantsHoldForEveryBatchBelowTheCriticalOne() {
        let constants = LMOConstants(gap: 2, smoothness: 5, noise: 30)
        let valley = constants.valley(tokenBudget: 1e8)
        for batch in [64.0, 640, 6400] {
            let point = constants.leadingOptimum(
                .learningRateAndMomentum(batchSize: batch), tokenBudget: 1e8
            ).point
            #expect(abs(point.memoryTokens / valley.memoryTokens - 1) < 1e-12)
            #expect(abs(point.learningRatePerToken / valley.learningRatePerToken - 1) < 1e-12)
            #expect(abs(point.pathLength / valley.pathLength - 1) < 1e-12)
        }
    }

    @Test func calibrationRecoversTheScalesOfItsAnchor() {
        var draws = Draws(state: seed)
        for _ in 0..<8 {
            let u = draws.logUniform(1e-3, 10)
            let w = draws.logUniform(1, 50)
            let batch = w * w * draws.logUniform(0.1, 10)
            let constants = LMOConstants(stepScale: u, batchScale: w)
            let tokens = w * w * 1e6
            let leading = constants.leadingOptimum(
                .learningRateAndMomentum(batchSize: batch), tokenBudget: tokens)
            let first = LMOCalibration.leading(leading.point, tuned: .learningRateAndMomentum)
            #expect(abs(first.stepScale / u - 1) < 1e-9 && abs((first.batchScale ?? 0) / w - 1) < 1e-9)

            let full = constants.optimum(.learningRateAndMomentum(batchSize: batch), tokenBudget: tokens)
            let second = LMOCalibration.full(full.point, tuned: .learningRateAndMomentum)
            #expect(abs(second.stepScale / u - 1) < 1e-6, "seed \(seed)")
            #expect(abs((second.batchScale ?? 0) / w - 1) < 1e-6, "seed \(seed)")

            let batched = constants.optimum(
                .learningRateAndBatch(momentumComplement: 0.2), tokenBudget: tokens)
            let third = LMOCalibration.full(batched.point, tuned: .learningRateAndBatch)
            #expect(abs(third.stepScale / u - 1) < 1e-9 && abs((third.batchScale ?? 0) / w - 1) < 1e-9)
        }
    }

    @Test func rateAloneDoesNotIdentifyTheBatchScale() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, steps: 1000)
        let scales = LMOCalibration.full(anchor, tuned: .learningRate)
        #expect(scales.batchScale == nil && scales.constants == nil)
        #expect(abs(scales.stepScale - 1e-4 * 21.5 * 1000 / 2) < 1e-12)
    }

    @Test func searchedAxesDecideTheTransferMode() {
        let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 64, steps: 1000)
        let transfer = BudgetTransfer(anchor: anchor)
        #expect(transfer.mode(tunedAxes: [.learningRate]) == .learningRate)
        #expect(transfer.mode(tunedAxes: [.learningRate, .momentum]) == .learningRateAndMomentum)
        #expect(transfer.mode(tunedAxes: [.learningRate, .batchSize]) == .learningRateAndBatch)
        #expect(transfer.mode(tunedAxes: Set(LawAxis.allCases)) == .valley(batchSize: 64))
    }

    @Test func addingADominatedTermDoesNotChangeTheExponents() {
        let terms = ExponentProgram.kovalevTerms()
        let dominated = ExponentProgram.Term(learningRate: 1, momentumComplement: 0, batchSize: 0, budget: -1)
        let before = ExponentProgram(terms).levels()
        let after = ExponentProgram(terms + [dominated]).levels()
        #expect(after.prefix(before.count).map(\.rate) == before.map(\.rate))
    }

    private func close(_ a: LMOPoint, _ b: LMOPoint) -> Bool {
        let pairs = [
            (a.learningRate, b.learningRate), (a.momentumComplement, b.momentumComplement),
            (a.batchSize, b.batchSize), (a.steps, b.steps),
        ]
        return pairs.allSatisfy { abs($0.0 / $0.1 - 1) < 1e-12 }
    }
}
