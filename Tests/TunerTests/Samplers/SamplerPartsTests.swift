import Engine
import Foundation
import Testing

@testable import Tuner

@Suite("Parts of samplers")
struct SamplerPartsTests {
    @Test(
        "Cholesky: factor, solution, determinant and inverse of a known matrix; no factor of an indefinite one"
    )
    func cholesky() throws {
        // L = [[2,0,0],[6,1,0],[-8,5,3]].
        let matrix: [Double] = [4, 12, -16, 12, 37, -43, -16, -43, 98]
        let found = try #require(Cholesky(matrix, count: 3))
        let lower = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)].map { found.factor[$0.0 * 3 + $0.1] }
        #expect(zip(lower, [2, 6, 1, -8, 5, 3]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(found.logDeterminant - log(36)) < 1e-12)
        let x = found.solve([0, 6, 39])
        for row in 0..<3 {
            let product = (0..<3).reduce(0) { $0 + matrix[row * 3 + $1] * x[$1] }
            #expect(abs(product - [0.0, 6, 39][row]) < 1e-9)
        }
        #expect(abs(found.inverse()[0] - (37.0 * 98 - 43 * 43) / 36) < 1e-9)
        #expect(Cholesky([1, 2, 2, 1], count: 2) == nil)
        #expect(Cholesky([.nan], count: 1) == nil)
    }

    @Test("log expected improvement agrees with its integral near, and with its expansion far out")
    func logExpectedImprovement() {
        for z in [-6.0, -3, -1.0001, -0.9999, 0, 2] {
            // int_0^inf t phi(t - z) dt by the midpoint rule.
            let step = 1e-4
            let sum = (0..<120_000).reduce(0.0) {
                let t = (Double($1) + 0.5) * step
                return $0 + t * exp(-0.5 * (t - z) * (t - z)) * step
            }
            let expected = log(sum / (2 * Double.pi).squareRoot())
            #expect(abs(LogExpectedImprovement.logH(z).value - expected) < 1e-6, "z \(z)")
        }
        let far = LogExpectedImprovement.logH(-1e4).value
        #expect(abs(far - (-0.5e8 - 0.5 * log(2 * .pi) - 2 * log(1e4))) < 1e-6)
        let near = LogExpectedImprovement.logH(-24.999).value,
            beyond = LogExpectedImprovement.logH(-25.001).value
        #expect(abs(near - beyond - 0.002 * 25.08) < 1e-4)
    }

    @Test("slopes of log expected improvement are its differences", arguments: [-30.0, -4, -0.5, 3])
    func improvementSlopes(z: Double) {
        func value(_ mean: Double, _ variance: Double) -> Double {
            LogExpectedImprovement.value(mean: mean, variance: variance, best: 0).value
        }
        let mean = -z * 0.5, variance = 0.25
        let found = LogExpectedImprovement.value(mean: mean, variance: variance, best: 0)
        let h = 1e-6
        let dMean = (value(mean + h, variance) - value(mean - h, variance)) / (2 * h)
        let dVariance = (value(mean, variance + h) - value(mean, variance - h)) / (2 * h)
        #expect(abs(found.dMean - dMean) < 1e-4 * max(1, abs(dMean)))
        #expect(abs(found.dVariance - dVariance) < 1e-4 * max(1, abs(dVariance)))
    }

    @Test(
        "a Gaussian process goes through smooth data, knows little far away, and its slopes are its differences"
    )
    func gaussianProcess() throws {
        var generator = SplitMix64(4)
        let rows = (0..<20).map { _ in [generator.uniform(), generator.uniform()] }
        let values = rows.map { sin(3 * $0[0]) + $0[1] * $0[1] - 1 }
        var process = try #require(GaussianProcess(rows, values, groups: [0, 1]))
        for (row, value) in zip(rows, values) { #expect(abs(process.predict(row).mean - value) < 0.02) }
        let held = process.predict([0.43, 0.61])
        #expect(abs(held.mean - (sin(1.29) + 0.61 * 0.61 - 1)) < 0.05)
        let at = [0.3, 0.8]
        let found = process.slopes(at)
        for axis in 0..<2 {
            let h = 1e-5
            var up = at, down = at
            up[axis] += h
            down[axis] -= h
            let dMean = (process.predict(up).mean - process.predict(down).mean) / (2 * h)
            let dVariance = (process.predict(up).variance - process.predict(down).variance) / (2 * h)
            #expect(abs(found.dMean[axis] - dMean) < 1e-4)
            #expect(abs(found.dVariance[axis] - dVariance) < 1e-4)
        }
        let before = process.predict([1, 0]).variance
        process.believe([1, 0])
        #expect(process.predict([1, 0]).variance < before)
    }

    @Test("the box minimiser finds the valley of Rosenbrock, and a minimum on the boundary")
    func boxMinimizer() {
        func rosenbrock(_ x: [Double]) -> (Double, [Double]) {
            let a = 1 - x[0], b = x[1] - x[0] * x[0]
            return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
        }
        let search = BoxMinimizer(iterations: 400)
        let inside = search.minimize([-1.2, 1], bounds: [-2...2, -2...2], rosenbrock)
        #expect(inside.value < 1e-6)
        let edge = search.minimize([-1.2, 1], bounds: [-2...0.5, -2...2], rosenbrock)
        #expect(abs(edge.point[0] - 0.5) < 1e-9 && abs(edge.point[1] - 0.25) < 1e-3)
    }

    @Test("eigenvectors of a symmetric matrix put it together again")
    func eigen() {
        let matrix: [Double] = [4, 1, 0.5, 1, 3, -1, 0.5, -1, 2]
        let found = SymmetricEigen(matrix, count: 3)
        for row in 0..<3 {
            for column in 0..<3 {
                let entry = (0..<3).reduce(0) {
                    $0 + found.vectors[row * 3 + $1] * found.values[$1] * found.vectors[column * 3 + $1]
                }
                #expect(abs(entry - matrix[row * 3 + column]) < 1e-10)
            }
        }
    }

    @Test("fronts, crowding and reference of a known set")
    func fronts() {
        let points: [[Double]] = [[1, 4], [2, 2], [4, 1], [3, 3], [5, 5], [2, 2]]
        #expect(ParetoRanking.fronts(points) == [[0, 1, 2, 5], [3], [4]])
        #expect(ParetoRanking.fronts([[3], [1], [1]]) == [[1, 2], [0]])
        let crowding = ParetoRanking.crowding([[1, 4], [2, 2], [4, 1]])
        #expect(crowding == [.infinity, 2, .infinity])
        let front = StaircaseFront(points)
        #expect(front.points == [[1, 4], [2, 2], [4, 1]])
        #expect(front.reference == [4.4, 4.4])
    }

    @Test("the expected gain of a sure point is what the volume grows by")
    func expectedGain() {
        let front = StaircaseFront([[1, 4], [2, 2], [4, 1], [5, 5]])
        let sure = front.logExpectedGain([(1.5, 1e-12), (1.5, 1e-12)])
        // From 1.5 to 2 below the ceiling 4, from 2 to 4 below 2, nothing below 1.
        let whole = 0.5 * 2.5 + 2 * 0.5
        #expect(abs(exp(sure) - whole) < 1e-3)
        #expect(front.logExpectedGain([(6, 1e-4), (6, 1e-4)]) < -50)
    }

    @Test("a density integrates to one over a mixed space, and its draws follow it")
    func parzen() throws {
        let space = try SamplerSpace([
            SamplerAxis("x", .real(low: 0, high: 1, scale: .linear)),
            SamplerAxis("n", .integer(low: 1, high: 5, quantum: 1, scale: .linear)),
            SamplerAxis("k", .choices([.integer(0), .integer(1), .integer(2)], ordered: false)),
        ])
        let centres = [[0.2, 0.1, 0.1], [0.25, 0.9, 0.9], [0.8, 0.5, 0.5]].map { space.point(at: $0) }
        let estimator = ParzenEstimator(
            centres, weights: [1, 1, 1], priorWeight: 1, space: space, smoothing: .init())
        var grid: [SamplerPoint] = []
        for x in 0..<100 {
            for n in 0..<5 {
                for k in 0..<3 {
                    grid.append(
                        space.point(at: [
                            (Double(x) + 0.5) / 100, (Double(n) + 0.5) / 5, (Double(k) + 0.5) / 3,
                        ]))
                }
            }
        }
        let densities = estimator.logDensities(grid).map { exp($0) / 1500 }
        #expect(abs(densities.reduce(0, +) - 1) < 1e-3)
        let below = zip(grid, densities).filter { $0.0.coordinates[0] < 0.5 }.reduce(0) { $0 + $1.1 }
        var generator = SplitMix64(8)
        let hits = (0..<4000).count { _ in estimator.sample(&generator)[0] < 0.5 }
        #expect(abs(Double(hits) / 4000 - below) < 0.03)
    }

    @Test(
        "quantiles of the normal distribution",
        arguments: [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (1e-10, -6.361_340_902_404_056)])
    func quantiles(p: Double, expected: Double) {
        #expect(abs(NormalQuantile.value(p) - expected) < 1e-9)
    }

    @Test("a power transform keeps the order, tames decades, and takes constants and huge values")
    func powerTransform() {
        let values = (0..<30).map { pow(10, Double($0) / 4) }
        let moved = values.map { [transform = PowerTransform(values)] in transform($0) }
        #expect(zip(moved, moved.dropFirst()).allSatisfy { $0 < $1 })
        #expect((moved.max() ?? 9) < 4)
        #expect(PowerTransform([3, 3, 3])(3) == 0)
        #expect(PowerTransform([1e308, -1e308, 0])(1e308).isFinite)
    }

    @Test("memory is bounded and does not depend on the order of telling")
    func memory() throws {
        let space = try SamplerSpace([SamplerAxis("x", .real(low: 0, high: 1, scale: .linear))])
        var generator = SplitMix64(9)
        let trials = (0..<500).map { number in
            SampledTrial(
                number: number, point: space.point(at: [generator.uniform()]),
                outcome: SamplerOutcome(values: [generator.uniform()]))
        }
        var forward = TrialMemory(best: 10, newest: 40, objectiveCount: 1)
        var backward = forward
        for trial in trials { forward.add(trial) }
        for trial in trials.reversed() { backward.add(trial) }
        #expect(forward.all == backward.all)
        #expect(forward.best == backward.best)
        #expect(forward.all.count <= 50)
        let sorted = trials.sorted { ($0.outcome.values?[0] ?? 1) < ($1.outcome.values?[0] ?? 1) }
        #expect(forward.best == Array(sorted.prefix(10)))
    }
}
