import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("NGN properties") struct NGNPropertyTests {
    @Test func stepStaysBetweenItsLimits() throws {
        let seed: UInt64 = 3
        var generator = Xoshiro256StarStar(seed: seed)
        for _ in 0..<2000 {
            // f = L x^2/2 + offset has |g|^2 <= 2 L f.
            let (L, x, offset) = (10 * generator.unit() + 0.01, 4 * generator.sym24(), generator.unit())
            let c = pow(10, 8 * generator.unit() - 4)
            let loss = L * x * x / 2 + offset
            let gamma = try NGNStep.size(c: c, loss: loss, squaredNorm: L * L * x * x)
            #expect(gamma <= c * (1 + 1e-14) && gamma >= c / (1 + c * L) * (1 - 1e-14), "seed \(seed)")
            #expect(NGNStep.curvature(c: c, step: gamma) <= L * (1 + 1e-6) + 1e-9 / c, "seed \(seed)")
        }
    }

    @Test func limitsOfTheStep() throws {
        #expect(try NGNStep.size(c: 0.3, loss: 2, squaredNorm: 0) == 0.3)
        #expect(try NGNStep.size(c: 0.3, loss: 0, squaredNorm: 0) == 0.3)
        #expect(try NGNStep.size(c: 0.3, loss: 0, squaredNorm: 1) == 0)
        #expect(try agrees(NGNStep.size(c: 1e300, loss: 2, squaredNorm: 4), 1, 1e-14))
        #expect(try agrees(NGNStep.size(c: 1e300, loss: 2e10, squaredNorm: 4e10), 1, 1e-14))
        #expect(try NGNStep.size(c: 0.3, loss: 2, squaredNorm: .infinity) == 0)
    }

    @Test func lossesBelowZeroAndNumbersThatAreNoneAreRefused() {
        #expect(throws: NGNError.unusableLoss(-0.1)) { try NGNStep.size(c: 1, loss: -0.1, squaredNorm: 1) }
        #expect(throws: NGNError.unusableLoss(.infinity)) {
            try NGNStep.size(c: 1, loss: .infinity, squaredNorm: 1)
        }
        #expect(throws: NGNError.self) { try NGNStep.size(c: 1, loss: 1, squaredNorm: .nan) }
        var method = NGNMomentumDiagonal(c: 0.1)
        let fresh = method
        var x = [1.0, 2]
        #expect(throws: NGNError.self) { try method.step(point: &x, loss: .nan, gradient: [1, 1]) }
        #expect(method == fresh && x == [1, 2])
    }

    @Test func coupledDecayMinimisesItsModel() throws {
        // (r - g.u/(2r))_+^2 + |u|_D^2/(2c) + lambda/2 |x - u|_D^2 with f = r^2.
        let seed: UInt64 = 11
        var generator = Xoshiro256StarStar(seed: seed)
        for _ in 0..<200 {
            let x = (0..<3).map { _ in 3 * generator.sym24() }
            let g = (0..<3).map { _ in 3 * generator.sym24() }
            let (f, c, lambda) = (
                2 * generator.unit() + 0.1, 2 * generator.unit() + 0.01, 0.5 * generator.unit()
            )
            let scale = g.map { 1e-8 + abs($0) }
            func model(_ u: [Double]) -> Double {
                let r = f.squareRoot()
                let linear = max(0, r - dot(g, u) / (2 * r))
                var value = linear * linear
                for j in 0..<3 {
                    value += scale[j] * (u[j] * u[j] / (2 * c) + lambda / 2 * (x[j] - u[j]) * (x[j] - u[j]))
                }
                return value
            }
            var method = NGNMomentumDiagonal(c: c, momentum: 0, decay: .coupled(lambda))
            var next = x
            try method.step(point: &next, loss: f, gradient: g)
            let u = zip(x, next).map { $0 - $1 }
            for _ in 0..<20 {
                let moved = u.map { $0 + 1e-3 * generator.sym24() }
                #expect(model(u) <= model(moved) + 1e-13, "seed \(seed)")
            }
        }
    }

    @Test func zeroGradientsAndLossesKeepEveryVariantFinite() throws {
        for decay in [NGNMomentumDiagonal.Decay.none, .decoupled(0.1), .coupled(0.1)] {
            for gradient in [[0.0, 0], [1, 0]] {
                var method = NGNMomentumDiagonal(c: 1, decay: decay)
                var x = [1.0, -1]
                for _ in 0..<3 { try method.step(point: &x, loss: 0, gradient: gradient) }
                #expect(x.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test func keyInequalityOfTheBound() throws {
        let seed: UInt64 = 5
        var generator = Xoshiro256StarStar(seed: seed)
        for _ in 0..<20_000 {
            let (L, x) = (10 * generator.unit() + 1e-3, 5 * generator.sym24())
            let (minimum, c) = (3 * generator.unit(), pow(10, 6 * generator.unit() - 3))
            let f = L * x * x / 2 + minimum
            let squared = L * L * x * x
            let gamma = try NGNStep.size(c: c, loss: f, squaredNorm: squared)
            let u = c * L
            let right =
                4 * u / (1 + 2 * u) * gamma * (f - minimum)
                + 2 * c * u / (1 + u) * max(0, (2 * u - 1) / (2 * u + 1)) * minimum
            #expect(gamma * gamma * squared <= right * (1 + 1e-9) + 1e-15, "seed \(seed)")
        }
    }

    @Test func bestRateFallsWithTheRootOfTheSteps() {
        let bound = NGNBound(smoothness: 2, squaredDistance: 3, interpolationGap: 0.2)
        #expect(agrees(bound.bestC(steps: 4e6) / bound.bestC(steps: 1e6), 0.5, 1e-14))
        let best = bound.bestC(steps: 1e8)
        for factor in [0.9, 1.1] {
            #expect(bound.value(c: best, steps: 1e8) < bound.value(c: factor * best, steps: 1e8))
        }
        #expect(
            NGNBound(smoothness: 2, squaredDistance: 3, interpolationGap: 0).bestC(steps: 10) == .infinity)
        #expect(agrees(bound.interpolationCap(momentum: 0.9), 1 / (4 * 9 * 2.0), 1e-14))
    }

    @Test func stableMomentumOfTheOneDimensionalFamily() throws {
        #expect(agrees(NGNBound.stableMomentum(growth: 1), 9 / 25.0, 1e-14))
        // x^2 + x^4 at exactly that momentum, every c from 1/2 on.
        for c in [0.5, 1, 10, 1e3, 1e6, 1e12] {
            var method = NGNMomentum(c: c, momentum: 0.36)
            var x = [7.0]
            for _ in 0..<2000 {
                let s = x[0] * x[0]
                try method.step(point: &x, loss: s + s * s, gradient: [2 * x[0] + 4 * s * x[0]])
            }
            #expect(abs(x[0]) < 1e-6, "c = \(c)")
        }
    }

    @Test func divergedRunsCostTheInitialLoss() {
        #expect(LearningRateSensitivity.value(losses: [.nan, .infinity, 0.5], initialLoss: 2) == 1)
        #expect(LearningRateSensitivity.value(losses: [0.5, 0.5], initialLoss: 2) == 0)
        #expect(LearningRateSensitivity.value(losses: [3, 4], initialLoss: 2) == 0)
        #expect(LearningRateSensitivity.value(losses: [.nan], initialLoss: 2) == nil)
        #expect(LearningRateSensitivity.value(losses: [], initialLoss: 2) == nil)
    }
}
