import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Tables of an independent implementation on a data set that is exact in binary.
@Suite("Minibatch sampling golden values") struct SamplingGoldenTests {
    private struct Optimum: Decodable {
        var eps, nice, repl, indep, gamma, iters: Double
        var nice_int: Int
    }
    private struct Problem: Decodable {
        var mu, L, Lmax, Lbar, hbar, fstar, R0: Double
        var xstar: [Double]
        var table: [[Double]]
        var tau_star: [Optimum]
    }
    private struct Golden: Decodable {
        var first_row, b, row17: [Double]
        var sum_A, sum_b, sum_y: Double
        var ridge, logistic: Problem
        enum CodingKeys: String, CodingKey {
            case first_row, row17, sum_A, sum_b, sum_y, ridge, logistic
            case b = "b0..3"
        }
    }

    private let golden: Golden
    private static let data = FiniteSumData()
    private static let ridge = data.ridge()
    private static let logistic = data.logistic()

    init() throws {
        golden = try JSONDecoder().decode(
            Golden.self, from: goldenData("other/gower.json", in: Bundle.module))
    }

    private var problems: [(golden: Problem, reference: FiniteSumReference)] {
        [(golden.ridge, Self.ridge), (golden.logistic, Self.logistic)]
    }

    @Test func dataAreExact() {
        #expect(Self.data.rows[0] == golden.first_row)
        #expect(Self.data.rows[17] == golden.row17)
        #expect(Array(Self.data.targets[..<4]) == golden.b)
        #expect(Self.data.rows.joined().reduce(0, +) == golden.sum_A)
        #expect(Self.data.targets.reduce(0, +) == golden.sum_b)
        #expect(Self.data.targets.reduce(0) { $0 + ($1 >= 0 ? 1 : -1) } == golden.sum_y)
    }

    @Test func constantsAndSolutions() {
        for (golden, reference) in problems {
            let problem = reference.problem
            #expect(agrees(problem.strongConvexity, golden.mu))
            #expect(agrees(problem.smoothness, golden.L))
            #expect(agrees(problem.largestSmoothness, golden.Lmax))
            #expect(agrees(reference.each.reduce(0, +) / 64, golden.Lbar))
            #expect(agrees(problem.gradientNoise, golden.hbar))
            #expect(agrees(reference.value, golden.fstar))
            #expect(agrees(reference.squaredDistance, golden.R0))
            #expect(agrees(reference.optimum, golden.xstar))
        }
    }

    @Test func smoothnessAndNoiseOfEverySampling() {
        for (golden, reference) in problems {
            let problem = reference.problem
            #expect(golden.table.count == 7)
            for row in golden.table {
                let tau = row[0]
                let size = Int(tau)
                let columns = [
                    MinibatchSampling.subsets.expectedSmoothness(problem, batch: tau),
                    MinibatchSampling.subsets.gradientNoise(problem, batch: tau),
                    MinibatchSampling.replacement.expectedSmoothness(problem, batch: tau),
                    MinibatchSampling.replacement.gradientNoise(problem, batch: tau),
                    MinibatchSampling.independent.expectedSmoothness(problem, batch: tau),
                    MinibatchSampling.independent.gradientNoise(problem, batch: tau),
                    PartitionSampling.expectedSmoothness(blocks: reference.blocks(of: size)),
                    PartitionSampling.expectedSmoothnessBound(each: reference.each, batch: size),
                    PartitionSampling.gradientNoise(gradients: reference.gradients, batch: size),
                ]
                for (column, value) in columns.enumerated() {
                    let expected = row[column + 1]
                    // A full batch has no noise but for rounding.
                    let allowed = 1e-9 * abs(expected) + 1e-25
                    #expect(abs(value - expected) <= allowed, "tau \(size), column \(column + 1): \(value)")
                }
            }
        }
    }

    @Test func formulaForSubsetsIsAnUpperBoundOfTheExactValue() {
        let hessians = Self.ridge.hessians
        let mean = FiniteSumData.mean(hessians)
        let (values, vectors) = mean.eigen()
        var root = SmallMatrix(order: 8)
        for (value, vector) in zip(values, vectors) {
            root = root + 1 / value.squareRoot() * .outer(vector, vector)
        }
        let squares = FiniteSumData.mean(hessians.map { $0 * $0 })
        for row in golden.ridge.table {
            let tau = row[0]
            // E[H_v^2] from the probabilities of one and of two examples in a subset.
            let pair = 64 * (tau - 1) / (63 * tau)
            let second = (1 / tau - (tau - 1) / (63 * tau)) * squares + pair * (mean * mean)
            let exact = (root * second * root).largestEigenvalue
            #expect(agrees(exact, row[10]), "tau \(tau): \(exact)")
            #expect(exact <= row[1] * (1 + 1e-9))
        }
    }

    @Test func bestBatchStepsAndIterations() {
        for (golden, reference) in problems {
            let problem = reference.problem
            #expect(golden.tau_star.count == 4)
            for row in golden.tau_star {
                func best(_ sampling: MinibatchSampling) -> OptimalBatch {
                    OptimalBatch(problem: problem, sampling: sampling, accuracy: row.eps)
                }
                #expect(agrees(best(.subsets).continuous, row.nice))
                #expect(agrees(best(.replacement).continuous, row.repl))
                #expect(agrees(best(.independent).continuous, row.indep))
                #expect(best(.subsets).integer == row.nice_int)
                let rate = MinibatchSampling.subsets.rate(problem, batch: Double(row.nice_int))
                #expect(agrees(rate.step(accuracy: row.eps), row.gamma))
                let steps = rate.iterations(accuracy: row.eps, squaredDistance: reference.squaredDistance)
                #expect(agrees(steps, row.iters))
            }
        }
    }

    // MARK: Second moments of SGD on ridge regression, exactly

    /// `E|x_k - x*|^2` from zero, without random numbers: the second moments of `(x - x*, 1)` follow a linear map.
    private static func secondMoments(
        batch tau: Double, step: (Int) -> Double, until: (Int, Double) -> Bool
    ) {
        let blocks = zip(ridge.hessians, ridge.gradients).map { hessian, gradient in
            var block = SmallMatrix(order: 9)
            for i in 0..<8 {
                for j in 0..<8 { block[i, j] = hessian[i, j] }
                block[i, 8] = gradient[i]
            }
            return block
        }
        let mean = FiniteSumData.mean(blocks)
        let pair = 64 * (tau - 1) / (63 * tau)
        let single = 1 / tau - (tau - 1) / (63 * tau)
        let identity = SmallMatrix.identity(9)
        let linear = SmallMatrix.kronecker(mean, identity) + .kronecker(identity, mean)
        let quadratic =
            single * FiniteSumData.mean(blocks.map { .kronecker($0, $0) }) + pair * .kronecker(mean, mean)
        let start = ridge.optimum.map { -$0 } + [1]
        var moments = SmallMatrix.outer(start, start).entries
        var k = 0
        while !until(k, (0..<8).reduce(0) { $0 + moments[$1 * 10] }) {
            let gamma = step(k)
            let (first, second) = (linear * moments, quadratic * moments)
            for i in moments.indices { moments[i] += gamma * (gamma * second[i] - first[i]) }
            k += 1
        }
    }

    @Test func theoremHoldsAndIsSevenTimesTooLarge() {
        let rows: [(tau: Double, fraction: Double, steps: Int, measured: Double, bound: Double)] = [
            (1, 1, 1101, 0.010773, 0.079928), (1, 0.2, 5505, 0.002107, 0.016505),
            (4, 1, 298, 0.009566, 0.070234), (4, 0.2, 1492, 0.001758, 0.014566),
            (16, 1, 97, 0.006268, 0.042983), (16, 0.2, 489, 0.001094, 0.009108),
        ]
        for row in rows {
            let rate = MinibatchSampling.subsets.rate(Self.ridge.problem, batch: row.tau)
            let gamma = row.fraction * rate.largestStep
            let bound = rate.bound(
                step: gamma, steps: Double(row.steps), squaredDistance: Self.ridge.squaredDistance)
            #expect(agrees(bound, row.bound, 1e-4))
            Self.secondMoments(batch: row.tau, step: { _ in gamma }) { k, distance in
                guard k == row.steps else { return false }
                #expect(distance <= bound)
                // The golden value is a simulation's.
                #expect(abs(distance / row.measured - 1) < 0.1, "tau \(row.tau): \(distance)")
                return true
            }
        }
    }

    @Test func sampleCostIsShallowAroundTheTheorysBatch() {
        let expected: [(tau: Double, steps: Int)] = [
            (1, 205), (2, 103), (4, 49), (8, 23), (16, 11), (24, 8), (32, 7), (48, 6), (64, 5),
        ]
        var costs: [Double] = []
        for row in expected {
            let gamma = MinibatchSampling.subsets.rate(Self.ridge.problem, batch: row.tau).step(accuracy: 0.1)
            Self.secondMoments(batch: row.tau, step: { _ in gamma }) { k, distance in
                guard distance <= 0.1 || k > 400 else { return false }
                #expect(abs(k - row.steps) <= 1 + row.steps / 50, "tau \(row.tau): \(k) steps")
                costs.append(row.tau * Double(k))
                return true
            }
        }
        #expect((costs.min() ?? 0) * 1.2 >= costs[0])
    }

    @Test func switchingRuleStaysBelowItsBound() {
        let measured = [76: 0.014685, 152: 0.005693, 304: 0.002552, 608: 0.001355, 1216: 0.000629]
        let bounds = [76: 0.398906, 152: 0.133916, 304: 0.050574, 608: 0.021191, 1216: 0.009571]
        let schedule = SwitchingSchedule(
            rate: MinibatchSampling.subsets.rate(Self.ridge.problem, batch: 4))
        #expect(schedule.condition == 19)
        Self.secondMoments(batch: 4, step: { schedule.learningRate(step: $0) }) { k, distance in
            if let value = measured[k], let golden = bounds[k] {
                let bound = schedule.bound(steps: Double(k), squaredDistance: Self.ridge.squaredDistance)
                #expect(agrees(bound ?? .nan, golden, 1e-4))
                #expect(distance <= golden)
                #expect(abs(distance / value - 1) < 0.15, "step \(k): \(distance)")
            }
            return k == 1216
        }
    }
}
