import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Independent subnetwork training") struct SubnetworkTests {
    private struct Golden: Decodable {
        struct Subnetworks: Decodable {
            var xinf, xstar: [Double]
            var gap: Double
        }
        var ist: Subnetworks
    }

    private static let hessian: SmallMatrix = {
        var generator = Xoshiro256StarStar(seed: 4)
        let root = SmallMatrix(order: 4, (0..<16).map { _ in generator.sym12() })
        var transposed = root
        for i in 0..<4 { for j in 0..<4 { transposed[i, j] = root[j, i] } }
        return root * transposed + 0.5 * .identity(4)
    }()
    private static let linear = [1, -0.5, 0.25, 2]

    @Test func goldenExampleWithFourWorkers() throws {
        let golden = try JSONDecoder().decode(
            Golden.self, from: goldenData("other/misc.json", in: Bundle.module)
        ).ist
        let bias = try #require(SubnetworkBias(hessian: Self.hessian.entries, linear: Self.linear))
        #expect(agrees(bias.limit, golden.xinf))
        #expect(agrees(bias.optimum, golden.xstar))
        #expect(agrees(bias.lossGap, golden.gap))
        let twenty = [0.32785644400020797, -0.24365637721858402, 0.0703613190944189, 1.0855737190682557]
        #expect(agrees(bias.iterate(start: [0, 0, 0, 0], step: 0.5, steps: 20), twenty))
    }

    @Test func everyPermutationGivesTheSameStepAndItsLimitIsTheBiasedOne() throws {
        let bias = try #require(SubnetworkBias(hessian: Self.hessian.entries, linear: Self.linear))
        var permutations: [[Int]] = [[]]
        for _ in 0..<4 {
            permutations = permutations.flatMap { head in
                (0..<4).filter { !head.contains($0) }.map { head + [$0] }
            }
        }
        #expect(permutations.count == 24)
        let scale = (0..<4).map { Self.hessian[$0, $0].squareRoot() }
        for permutation in permutations {
            // Worker i trains coordinate p(i) with the sketch 2 e e' / sqrt(L_pp), in 20 steps from zero.
            var x = [Double](repeating: 0, count: 4)
            for _ in 0..<20 {
                var step = x.map { _ in 0.0 }
                for j in permutation {
                    let sketch = 2 / scale[j]
                    step[j] += sketch * (Self.hessian[j, j] * sketch * x[j] - Self.linear[j]) / 4
                }
                for j in 0..<4 { x[j] -= 0.5 * step[j] }
            }
            #expect(agrees(x, bias.iterate(start: [0, 0, 0, 0], step: 0.5, steps: 20), 1e-12))
        }
    }

    @Test func stepsOfTheoremTwoAndItsBound() throws {
        for (beta, step) in [(0.1, 0.6666666666666667), (0.25, 1 / 3.0), (0.4, 0.1111111111111111)] {
            #expect(agrees(SubnetworkTraining.step(slack: beta), step, 1e-14))
        }
        let bias = try #require(SubnetworkBias(hessian: Self.hessian.entries, linear: Self.linear))
        var scaled = Self.hessian
        for i in 0..<4 {
            for j in 0..<4 { scaled[i, j] /= (Self.hessian[i, i] * Self.hessian[j, j]).squareRoot() }
        }
        let right = bias.limit.map { 2 * $0 }
        let value = { (x: [Double]) in dot(scaled * x, x) / 2 - dot(right, x) }
        for beta in [0.05, 0.1, 0.25, 0.4] {
            let gamma = SubnetworkTraining.step(slack: beta)
            var average = 0.0
            for k in 0..<100 {
                let x = bias.iterate(start: [0, 0, 0, 0], step: gamma, steps: k)
                let gradient = zip(scaled * x, right).map { $0 - $1 }
                average += dot(gradient, scaled.solve(gradient)) / 100
            }
            let end = bias.iterate(start: [0, 0, 0, 0], step: gamma, steps: 100)
            let bound = SubnetworkTraining.bound(
                step: gamma, slack: beta, steps: 100, decrease: -value(end), bias: bias.squaredBias)
            #expect(average <= bound && bound < 9 * average, "beta \(beta): \(average) of \(bound)")
            // What no step removes is nearly all of it: the measured averages are 4.04 to 4.07.
            #expect(abs(average / bias.squaredBias - 1) < 0.1)
        }
    }

    @Test func goldenAveragesAndBoundsHaveOneStart() throws {
        // Four slacks from one start e = x_0 - x_inf that was not recorded: with q = 1 - gamma the averages are
        // |h|^2 + A/(1-q^2) - 2B/(1-q), the decrease over K is (A - 2B)/2, for two numbers A = |e|^2/K, B = e.h/K.
        let bias = try #require(SubnetworkBias(hessian: Self.hessian.entries, linear: Self.linear))
            .squaredBias
        let rows: [(slack: Double, average: Double, bound: Double)] = [
            (0.05, 4.04194, 32.41913), (0.1, 4.03906, 29.40243), (0.25, 4.03953, 22.80834),
            (0.4, 4.06531, 18.65298),
        ]
        func weights(_ slack: Double) -> (a: Double, b: Double) {
            let q = 1 - SubnetworkTraining.step(slack: slack)
            return (1 / (1 - q * q), -2 / (1 - q))
        }
        let (first, last) = (weights(0.05), weights(0.4))
        let (y0, y3) = (rows[0].average - bias, rows[3].average - bias)
        let determinant = first.a * last.b - last.a * first.b
        let A = (y0 * last.b - y3 * first.b) / determinant
        let B = (first.a * y3 - last.a * y0) / determinant
        for row in rows {
            let weight = weights(row.slack)
            #expect(abs(bias + weight.a * A + weight.b * B - row.average) < 5e-4, "slack \(row.slack)")
            let bound = SubnetworkTraining.bound(
                step: SubnetworkTraining.step(slack: row.slack), slack: row.slack, steps: 1,
                decrease: (A - 2 * B) / 2, bias: bias)
            #expect(abs(bound - row.bound) < 5e-3, "slack \(row.slack): \(bound)")
        }
    }

    @Test func plainPermutationSketchesAllowOneOverTheWorkers() {
        for n in [2, 4, 8, 16] {
            #expect(SubnetworkTraining.step(workers: n) == 1 / Double(n))
            let limit = SubnetworkTraining.stabilityLimit(workers: n)
            for (factor, grows) in [(0.999, false), (1.001, true)] {
                // One coordinate, worked on by one worker with a sketch of n: x - gamma n x.
                #expect((abs(1 - factor * limit * Double(n)) > 1) == grows)
            }
        }
        #expect(SubnetworkTraining.step(theta: 4) == 0.25)
    }

    @Test func hessiansThatAreNotPositiveDefiniteHaveNoLimit() {
        #expect(SubnetworkBias(hessian: [1, 2, 2, 1], linear: [1, 1]) == nil)
        #expect(SubnetworkBias(hessian: [-1, 0, 0, 1], linear: [1, 1]) == nil)
        let diagonal = SubnetworkBias(hessian: [4], linear: [3])
        #expect(diagonal?.lossGap == 0)
    }
}
