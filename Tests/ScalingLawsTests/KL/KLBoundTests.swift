import Foundation
import ScalingLaws
import Testing

@Suite("KL bound") struct KLBoundTests {
    private let problem = KLConstants(gap: 5, smoothness: 2, sharpness: 1.5, noise: 12)

    @Test func optimumIsNotImprovedByNeighbours() {
        let bound = KLBound(problem)
        for (batch, tokens) in [(10.0, 1e8), (1e3, 1e10), (1e6, 1e9)] {
            let best = bound.optimum(batchSize: batch, tokenBudget: tokens)
            for (dg, da) in [(1.01, 1.0), (0.99, 1), (1, 1.01), (1, 0.99), (1.01, 1.01), (0.99, 0.99)] {
                let alpha = best.momentumComplement * da
                let value = bound.value(
                    effectiveStep: best.effectiveStep * dg, momentumComplement: alpha, batchSize: batch,
                    steps: tokens / batch)
                if alpha <= 1 { #expect(value >= best.value * (1 - 1e-12)) }
            }
        }
        #expect(
            bound.value(effectiveStep: 1e9, momentumComplement: 0.1, batchSize: 1, steps: 10) == .infinity)
    }

    @Test func optimumAgreesWithAGeneralMinimiser() {
        // Row K11 of the golden file; its value is known better than its setting.
        let best = KLBound(problem).optimum(batchSize: 1000, tokenBudget: 1e12)
        #expect(abs(best.value / 0.06986108146940462 - 1) < 1e-6, "\(best)")
        #expect(abs(best.effectiveStep / 4.432212164402052e-08 - 1) < 5e-3, "\(best)")
        #expect(abs(best.momentumComplement / 9.658620804317562e-05 - 1) < 5e-3, "\(best)")
    }

    @Test func bestBatchAtFixedMomentumFollowsTwoThirdsUpToLogarithms() {
        let bound = KLBound(problem)
        let low = bound.optimum(momentumComplement: 0.1, tokenBudget: 1e12)
        let high = bound.optimum(momentumComplement: 0.1, tokenBudget: 1e14)
        let exponent = log(high.batchSize / low.batchSize) / log(100)
        #expect((0.61...0.65).contains(exponent), "\(exponent)")
        let rate = log(high.effectiveStep / low.effectiveStep) / log(100)
        #expect((-0.333 ... -0.28).contains(rate), "\(rate)")
    }

    @Test func edgesWithConstantsAreWhereTheTermsMeet() {
        for decay in [nil, 0.5, 2] {
            let plateau = KLPlateau(problem, decay: decay)
            let left = plateau.terms(batchSize: plateau.leftEdge, tokenBudget: 1e12)
            let right = plateau.terms(batchSize: plateau.rightEdge(tokenBudget: 1e12), tokenBudget: 1e12)
            #expect(abs(left[1] / left[2] - 1) < 1e-12)
            #expect(abs(right[0] / right[1] - 1) < 1e-12)
        }
    }

    @Test func regimesFollowTheEdges() {
        let plateau = KLPlateau(problem)
        #expect(plateau.regime(batchSize: 10, tokenBudget: 1e9) == .noiseLimited)
        #expect(plateau.regime(batchSize: 1e5, tokenBudget: 1e9) == .plateau)
        #expect(plateau.regime(batchSize: 1e8, tokenBudget: 1e9) == .stepLimited)
    }

    @Test func batchesOfTheSourceAreReproduced() {
        let schedule = KLGrowthSchedule(from: NanoGPTConstants.anchor, batchMultiple: 32)
        let stages = schedule.stages(cumulativeTokens: [1, 2, 4, 6].map { $0 * 1.3e9 })
        #expect(stages.map(\.batchSize) == [256, 416, 672, 896])
        #expect(stages[0].frankWolfeStep == 3.6e-4)
    }

    @Test func implicitTransferHasTheNetExponentAndIsAFixedPoint() {
        let transfer = KLTransfer(
            batchSize: 256, frankWolfeStep: 1e-3, tokenBudget: 1, rhoPower: 0.1)
        let batch = transfer.batchSize(tokenBudget: 100)
        #expect(abs(log(batch / 256) / log(100) - 2.0 / 3 / (1 - 0.2 / 3)) < 1e-12)
        #expect(transfer.batchSize(tokenBudget: 1) == 256)
        // Below the shift of the fitted rho there is no answer.
        #expect(NanoGPTConstants.anchor.batchSize(tokenBudget: 1e5).isNaN)
    }

    @Test func growthEndsAtTheBudgetAndNeverRepeatsABatch() {
        let schedule = KLGrowthSchedule(from: NanoGPTConstants.anchor, batchMultiple: 32)
        let stages = schedule.stages(until: 2e10)
        #expect(stages.first?.batchSize == 256 && stages.last?.cumulativeTokens == 2e10)
        #expect(zip(stages, stages.dropFirst()).allSatisfy { $0.batchSize < $1.batchSize })
        #expect(zip(stages, stages.dropFirst()).allSatisfy { $0.frankWolfeStep > $1.frankWolfeStep })
        // Shorter than the tuned run: one stage with a smaller batch.
        #expect(schedule.stages(until: 6e8).map(\.batchSize) == [128])
        #expect(schedule.stages(until: 1.3e9 * 1.001).map(\.batchSize) == [256])
    }

    @Test func printedRhoFitDisagreesWithTheTable() {
        let fitted = [256.0, 512].map { NanoGPTConstants.rho(layers: 12, width: 768, sequences: $0) }
        #expect(fitted.allSatisfy { (80...90).contains($0) }, "\(fitted)")
    }
}
