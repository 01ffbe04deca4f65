import Foundation
import Testing

@testable import ScalingLaws

/// The solver below the loss law.
@Suite struct PowerSumTests {
    private func model(seed: UInt64, rows: Int = 60, noise: Double = 0.01, two: Bool = true) -> PowerSumModel
    {
        var random = TestRandom(seed: seed)
        let x = (0..<rows).map { _ in random.uniform(-3, 3) }
        let z = two ? (0..<rows).map { _ in random.uniform(-3, 3) } : []
        let (alpha, beta) = (random.uniform(0.1, 0.9), random.uniform(0.1, 0.9))
        let (a, b) = (random.uniform(0.05, 0.5), two ? random.uniform(0.05, 0.5) : 0)
        let y = (0..<rows).map { i in
            log(0.5 + a * exp(-alpha * x[i]) + (two ? b * exp(-beta * z[i]) : 0)) + noise * random.normal()
        }
        return PowerSumModel(
            x: x, z: z, y: y, weights: (0..<rows).map { Double($0 % 3 + 1) }, delta: 1e-3, hasFloor: true)
    }

    @Test func derivativesAreThoseOfTheValue() {
        var model = model(seed: 2)
        // Wide enough that no residual crosses the kink between the two sides of a difference.
        for delta in [10, 1e-9] {
            model.delta = delta
            let point = PowerSumModel.Vector(0.4, 0.3, 0.2, 0.5, 0.7, 0, 0, 0)
            let local = model.local(point)
            #expect(abs(local.value - model.value(point)) < 1e-13 * local.value)
            let step = 1e-5
            for j in 0..<5 {
                var (up, down) = (point, point)
                up[j] += step
                down[j] -= step
                let slope: Double = (model.value(up) - model.value(down)) / (2 * step)
                #expect(
                    abs(slope - local.gradient[j]) < 1e-6 * max(abs(slope), delta), "slope \(j) at \(delta)")
                let bend = (model.local(up).gradient - model.local(down).gradient) / (2 * step)
                for i in 0..<5 {
                    #expect(
                        abs(bend[i] - local.hessian[j][i]) < 1e-5 * max(abs(bend[i]), min(delta, 1)),
                        "bend \(i) \(j) at \(delta)")
                }
            }
        }
    }

    /// From random starts, and from where stopped searches ended on public data, nothing lower is found.
    @Test(arguments: [1, 2, 3, 4, 5, 6])
    func noStartEndsBelowTheSearch(seed: UInt64) throws {
        let model = model(seed: seed, noise: seed % 2 == 0 ? 0.01 : 0.05, two: seed != 5)
        let best = try #require(PowerSumSearch().minimise(model))
        #expect(best.converged && best.isStrict)
        var random = TestRandom(seed: seed + 100)
        for _ in 0..<60 {
            let start = PowerSumModel.Vector(
                random.uniform(), random.uniform(), random.uniform(), exp(random.uniform(-3, 0.7)),
                exp(random.uniform(-3, 0.7)), 0, 0, 0)
            let found = PowerSumSolver().minimise(model, from: start)
            #expect(found.value >= best.value * (1 - 1e-9), "seed \(seed) from \(start)")
        }
    }

    @Test func warmRefitsAgreeWithTheGlobalSearch() throws {
        let model = model(seed: 8, rows: 120)
        let full = try #require(PowerSumSearch().minimise(model))
        var random = TestRandom(seed: 1)
        for _ in 0..<60 {
            var counts = [Double](repeating: 0, count: 120)
            for _ in 0..<120 { counts[Int(random.next() % 120)] += 1 }
            let resample = model.resampled(counts)
            let warm = PowerSumSolver().minimise(resample, from: full.point)
            let global = try #require(PowerSumSearch().minimise(resample))
            #expect(warm.converged)
            #expect(abs(warm.value - global.value) < 1e-8 * global.value)
        }
    }

    @Test func badStartsAreClampedAndSurvived() throws {
        let model = model(seed: 3)
        let best = try #require(PowerSumSearch().minimise(model))
        let start = PowerSumModel.Vector(-5, -1, 1e6, -3, 99, 0, 0, 0)
        let found = PowerSumSolver().minimiseBySharpening(model, from: start)
        #expect(found.value.isFinite && found.point.min() >= 0)
        #expect(found.value >= best.value * (1 - 1e-9))
    }

    @Test func repeatedRowsWeighAsOften() throws {
        let model = model(seed: 4)
        let counts = (0..<60).map { Double($0 % 4) }
        let resample = model.resampled(counts)
        #expect(resample.y.count == 45)
        #expect(resample.totalWeight == zip(model.weights, counts).reduce(0) { $0 + $1.0 * $1.1 })
    }
}
