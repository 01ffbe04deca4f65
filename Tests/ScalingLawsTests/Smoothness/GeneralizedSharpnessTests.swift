import Foundation
import ScalingLaws
import Testing

@Suite("Generalized sharpness") struct GeneralizedSharpnessTests {
    private let seed: UInt64 = 77

    @Test func valuesNeverFallAlongAnAscent() {
        var random = TestRandom(seed: seed)
        for rank in [nil, 4, 9] {
            for ball in [NormBlock.Ball.maximum, .euclidean] {
                let hessian = SharpnessFixture.random(9, rank: rank, &random)
                let history = SharpnessFixture.estimate(of: hessian, ball: ball)?.history ?? []
                #expect(!history.isEmpty)
                #expect(zip(history, history.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed)")
            }
        }
    }

    @Test func flipsMakeTheCubeExactOnSmallProblems() {
        var random = TestRandom(seed: seed)
        var exact = 0
        for trial in 0..<20 {
            let hessian = SharpnessFixture.random(10, rank: trial % 2 == 0 ? 10 : nil, &random)
            let best = SharpnessFixture.bruteForce(hessian)
            let found =
                SharpnessFixture.estimate(of: hessian, ball: .maximum, withDiagonal: true)?.sharpness ?? 0
            #expect(found <= best * (1 + 1e-9), "seed \(seed)")
            if found > best * (1 - 1e-9) { exact += 1 }
        }
        #expect(exact >= 18, "\(exact) of 20, seed \(seed)")
    }

    @Test func jointBallSeesCrossLayerTermsAndRadii() {
        // H = [[1, 2], [2, 1]] over two blocks of one: blocks alone give 1 + 1, together 1 + 1 + 4.
        var random = TestRandom(seed: seed)
        let blocks = [NormBlock(count: 1, ball: .maximum), NormBlock(count: 1, ball: .maximum, radius: 3)]
        let found = GeneralizedSharpness(blocks: blocks).estimate(using: &random) {
            [$0[0] + 2 * $0[1], 2 * $0[0] + $0[1]]
        }
        #expect(found.map { abs($0.sharpness - (1 + 9 + 12)) < 1e-9 } == true)
    }

    @Test func negativeDefiniteHessianHasTheLargestNegativeEigenvalue() {
        let found = SharpnessFixture.sharpness(of: [[-1, 0], [0, -3]], ball: .euclidean)
        #expect(abs(found + 1) < 1e-6)
    }

    @Test func failuresOfTheProductReachTheCaller() {
        struct Broken: Error {}
        var random = TestRandom(seed: seed)
        let estimator = GeneralizedSharpness(blocks: [NormBlock(count: 2, ball: .maximum)])
        #expect(throws: Broken.self) {
            try estimator.estimate(using: &random) { _ throws(Broken) in throw Broken() }
        }
        let none = estimator.estimate(using: &random) { $0.map { _ in .nan } }
        #expect(none == nil)
    }

    @Test func directionalSmoothnessOfAQuadraticIsItsCurvatureAndDecidesStability() {
        // f = 3 x^2 / 2 from x = 1 with rate eta: unstable above 2/3.
        for (eta, isStable) in [(0.6, true), (0.7, false)] {
            let step = -3 * eta
            let after = 1.5 * (1 + step) * (1 + step)
            let smoothness = StabilityLimit.directionalSmoothness(
                lossBefore: 1.5, lossAfter: after, gradientAlongStep: 3 * step, stepLength: abs(step))
            #expect(smoothness.map { abs($0 - 3) < 1e-12 } == true)
            #expect((after < 1.5) == isStable)
            var monitor = StabilityMonitor()
            monitor.record(smoothness: smoothness ?? 0, learningRate: eta)
            #expect(monitor.isUnstable == !isStable)
        }
        #expect(StabilityLimit.largestRate(sharpness: -1) == .infinity)
        #expect(
            StabilityLimit.directionalSmoothness(
                lossBefore: 1, lossAfter: 1, gradientAlongStep: 0, stepLength: 0) == nil)
        var monitor = StabilityMonitor()
        monitor.record(smoothness: .nan, learningRate: 1)
        monitor.record(smoothness: 1, learningRate: 1, gradientNorm: 0.4)
        monitor.record(smoothness: 1, learningRate: 1, gradientNorm: 0.6)
        #expect(monitor.unstableSteps == 2 && monitor.steps == 3)
    }

    @Test func differenceStepIsNearTheBestOneInDoublePrecision() {
        func derivative(_ h: Double) -> Double { (exp(1 + h) - exp(1 - h)) / (2 * h) }
        let h = StabilityLimit.differenceStep(parameterNorm: 1, directionNorm: 2)
        #expect(abs(h - 6.055e-6) < 1e-8)
        let error = abs(derivative(h) - exp(1))
        #expect(error < abs(derivative(h * 1000) - exp(1)) && error < 1e-9)
        let single = StabilityLimit.differenceStep(
            parameterNorm: 0, directionNorm: 1, isSinglePrecision: true)
        #expect(abs(single - 4.92e-3) < 1e-5)
    }
}
