import Foundation
import ScalingLaws
import Testing

@Suite("Warm-up properties") struct WarmUpPropertyTests {
    private let smoothness = LossSmoothness(base: 2, slope: 1)

    @Test func polyakBoundIsRefusedWhereItsFormulaTurnsNegative() {
        #expect(smoothness.criticalGap == 1)
        #expect(smoothness.polyakSteps(polyak: 2, gap: 5, accuracy: 1.01) == nil)
        #expect(smoothness.polyakSteps(polyak: 2, gap: 5, accuracy: 1) == 100)
        let smooth = LossSmoothness(base: 2, slope: 0)
        #expect(smooth.criticalGap == .infinity)
        #expect(agrees(smooth.polyakSteps(polyak: 2, gap: exp(1), accuracy: 1) ?? .nan, 20, 1e-12))
        #expect(smoothness.fixedStepScale(polyak: 2, gap: 0.5, accuracy: 1e-6) == nil)
        #expect((smoothness.fixedStepScale(polyak: 2, gap: 16205, accuracy: 1e-6) ?? 0) > 4000)
    }

    @Test func scheduleIsTheTheoryStepTimesItsMultiplierAndHalfThePeakAtTheCriticalGap() {
        let schedule = LossWarmUp(smoothness: LossSmoothness(base: 0.3, slope: 7), multiplier: 4)
        for gap in [0, 0.001, 0.2, 50, 1e9] {
            #expect(agrees(schedule.learningRate(gap: gap), 4 / (3 + 140 * gap), 1e-14))
        }
        let critical = schedule.smoothness.criticalGap
        #expect(agrees(schedule.learningRate(gap: critical), schedule.peak / 2, 1e-14))
        #expect(!schedule.isWarmingUp(gap: critical))
        #expect(schedule.learningRate(gap: -1) == schedule.peak)
        #expect(schedule.learningRate(gap: .infinity) == 0)
    }

    @Test func lengthFollowsTheStartAndNotTheHorizon() {
        let schedule = LossWarmUp(smoothness: smoothness)
        // Gradients grow like the gap: 141 and 180 steps from w = 8 and 10.
        let eight = schedule.exponentialTailLength(gap: 2192.266316856917, gradientPerGap: 1)
        let ten = schedule.exponentialTailLength(gap: 16205.167855150768, gradientPerGap: 1)
        #expect(abs((ten - eight) - 39) < 1.5)
        #expect(schedule.exponentialTailLength(gap: 0.5, gradientPerGap: 1) == 0)
        #expect(schedule.flowLength(gap: 1, polyak: 2) == 0)
    }

    @Test func flowLengthIsThatOfTheIntegratedFlow() {
        let schedule = LossWarmUp(smoothness: smoothness, multiplier: 3)
        var gap = 40.0
        var time = 0.0
        while gap > 1 {
            let decay = 2 * 0.7 * schedule.learningRate(gap: gap)
            gap *= 1 - decay * 1e-3
            time += 1e-3
        }
        let length = schedule.flowLength(gap: 40, polyak: 0.7)
        #expect(agrees(time, length, 1e-3))
        #expect(length <= schedule.lengthBound(gap: 40, polyak: 0.7))
    }

    @Test func rampEndsWhereThePilotReachesTheCriticalGap() {
        let pilot = (0..<50).map { 9 * exp(-0.2 * Double($0)) + 0.5 }
        let ramp = WarmUpRamp(pilotLosses: pilot, optimum: 0.5, smoothness: smoothness)
        #expect(ramp?.length == 11)
        #expect(ramp?.startFactor == 0.1)
        #expect(ramp?.factor(step: 0) == 0.1)
        #expect(ramp?.factor(step: 11) == 1)
        #expect(abs((ramp?.factor(step: 5) ?? 0) - (0.1 + 0.9 * 5 / 11)) < 1e-15)
        #expect(WarmUpRamp(pilotLosses: [9, 8], optimum: 0, smoothness: smoothness) == nil)
        #expect(WarmUpRamp(pilotLosses: [], optimum: 0, smoothness: smoothness) == nil)
        #expect(WarmUpRamp(pilotLosses: [.nan, 0], optimum: 0, smoothness: smoothness) == nil)
        #expect(WarmUpRamp(pilotLosses: [0.5], optimum: 0, smoothness: smoothness)?.factor(step: 0) == 1)
    }

    @Test func secantOfAQuadraticLiesBetweenItsCurvatures() {
        let secant = SecantSmoothnessFit.secant(
            gradients: ([1, 8], [0.5, 0]), points: ([1, 2], [0.5, 0]))
        #expect((1.0...4.0).contains(secant ?? 0))
        #expect(SecantSmoothnessFit.secant(gradients: ([1], [2]), points: ([1], [1])) == nil)
    }

    @Test func curvatureThatDoesNotFallWithTheLossIsNoWarmUpProblem() {
        let sample = { SecantSmoothnessFit.Sample(loss: $0, curvature: $1) }
        #expect(SecantSmoothnessFit(samples: [sample(3, 1), sample(2, 2), sample(1, 3)]) == nil)
        #expect(SecantSmoothnessFit(samples: [sample(3, 1), sample(3, 2), sample(3, 3)]) == nil)
        #expect(SecantSmoothnessFit(samples: [sample(3, 3), sample(2, 2)]) == nil)
        #expect(SecantSmoothnessFit(samples: [sample(3, 3), sample(2, 2), sample(.nan, 1)]) == nil)
        let fit = SecantSmoothnessFit(samples: [sample(3, 7), sample(2, 5), sample(1, 3)])
        #expect(fit?.smoothness == LossSmoothness(base: 3, slope: 2))
    }
}
