import Engine
import Methods
import Testing

@Suite("Samplings as a method, sketches without noise, damped steps")
struct SamplingMethodTests {
    private typealias Sampling = SampledGradientMethod.Sampling

    /// Rows that differ in length by a factor 30, so that samplings differ.
    private let uneven = LeastSquares(workers: 3, rows: 8, dimension: 5, spread: 0.5, rowSpread: 30)

    private func run(_ sampling: Sampling, rows: Int, seed: UInt64 = 5, step: Double = 1) throws
        -> DistributedRun
    {
        try DistributedRun(
            SampledGradientMethod(sampling, relativeStep: step),
            pool: uneven.pool(seed: seed, sampling: .rows(rows)), start: uneven.start)
    }

    @Test("every sampling's gradient is unbiased", arguments: Sampling.allCases.map(\.rawValue))
    func unbiased(name: String) throws {
        let sampling = try #require(Sampling(rawValue: name))
        let exact = uneven.pool().exactGradient(at: uneven.start)
        // A step from the same point with fresh streams: the mean over many seeds is the exact step.
        let fresh = try run(sampling, rows: 2)
        let constant = try #require(fresh.method as? SampledGradientMethod).expectedSmoothness
        var mean = Vector.zero(5)
        let draws = 6000
        for seed in 0..<draws {
            var one = try run(sampling, rows: 2, seed: UInt64(seed))
            one.advance()
            mean += (2 * constant / Double(draws)) * (uneven.start - one.iterate)
        }
        #expect((mean - exact).norm < 0.1 * exact.norm, "\(name): \(mean) against \(exact)")
    }

    @Test(
        "the promised constant bounds what a draw adds to the gradient",
        arguments: Sampling.allCases.map(\.rawValue))
    func expectedSmoothness(name: String) throws {
        let sampling = try #require(Sampling(rawValue: name))
        let gap = uneven.pool().loss(at: uneven.start) - uneven.pool().loss(at: uneven.solution)
        // |g(x) - g(x*)|^2 with the same rows: two runs of one seed, from the start and from the solution.
        var sum = 0.0
        let draws = 2000
        var constant = 0.0
        for seed in 0..<draws {
            var steps: [Vector] = []
            for start in [uneven.start, uneven.solution] {
                var one = try DistributedRun(
                    SampledGradientMethod(sampling),
                    pool: uneven.pool(seed: UInt64(seed), sampling: .rows(2)), start: start)
                one.advance()
                constant = try #require(one.method as? SampledGradientMethod).expectedSmoothness
                steps.append(2 * constant * (start - one.iterate))
            }
            sum += (steps[0] - steps[1]).squaredNorm
        }
        #expect(sum / Double(draws) <= 2 * constant * gap, "\(name)")
    }

    @Test("rows drawn by their smoothness allow the longer step when rows differ")
    func importance() throws {
        func constant(_ sampling: Sampling) throws -> Double {
            try #require(try run(sampling, rows: 2).method as? SampledGradientMethod).expectedSmoothness
        }
        #expect(try constant(.importance) < 0.6 * constant(.replacement))
        #expect(try constant(.independentImportance) < 0.6 * constant(.independent))
    }

    @Test("all rows a worker, or one block of all, are plain gradient descent")
    func allRows() throws {
        for sampling in [Sampling.nice, .independent, .independentImportance, .partition] {
            var sampled = try DistributedRun(
                SampledGradientMethod(sampling), pool: uneven.pool(), start: uneven.start)
            let constant = try #require(sampled.method as? SampledGradientMethod).expectedSmoothness
            #expect(abs(constant - uneven.constants.smoothness) < 1e-9 * constant, "\(sampling)")
            var plain = try DistributedRun(
                CompressedGradientMethod(step: StepSchedule(0.5 / constant)), pool: uneven.pool(),
                start: uneven.start)
            sampled.advance(10)
            plain.advance(10)
            #expect((sampled.iterate - plain.iterate).norm < 1e-12, "\(sampling)")
        }
    }

    @Test(
        "sketches without noise end at the minimiser of the sketched problem; plain ones hover around it",
        arguments: SketchedVarianceReductionMethod.Reduction.allCases.map(\.rawValue))
    func reducedSketches(name: String) throws {
        let reduction = try #require(SketchedVarianceReductionMethod.Reduction(rawValue: name))
        let problem = LeastSquares()
        let step = SketchedVarianceReductionMethod.theoryStep(
            problem.constants, reduction: reduction, kept: 3, probability: 0.5)
        var run = try DistributedRun(
            SketchedVarianceReductionMethod(step: step, reduction: reduction, kept: 3, probability: 0.5),
            pool: problem.pool(seed: 5), start: problem.start)
        run.advance(6000)
        let end = run.iterate
        run.advance(500)
        #expect((run.iterate - end).norm < 1e-9, "\(name) still moves")
        // Two blocks of three: the limit solves N blockdiag(H) x = c for some partition of the coordinates. Whatever the
        // partition is, x is stationary there: the blocks' gradients at 2 x restricted to the block vanish.
        let joined = problem.joined
        let hessian = joined.hessian(at: problem.start)
        let target = joined.design.transposed.map { $0 / 20 } * joined.targets
        let best =
            partitions(of: 6).map { block -> Double in
                var kept = hessian
                for i in 0..<6 {
                    for j in 0..<6 where block.contains(i) != block.contains(j) { kept[i, j] = 0 }
                }
                return (kept.map { 2 * $0 }.solve(target) - end).norm
            }.min() ?? 1
        #expect(best < 1e-8, "\(name) ends \(best) from every limit")
        // The same length of step without the reduction never settles.
        var plain = try DistributedRun(
            SketchedMethod(step: step, sketch: .randK(3)), pool: problem.pool(seed: 5), start: problem.start)
        plain.advance(6000)
        let place = plain.iterate
        plain.advance(500)
        #expect((plain.iterate - place).norm > 1e-4)
    }

    /// Halves of `0..<n` that hold 0.
    private func partitions(of n: Int) -> [Set<Int>] {
        (0..<(1 << n)).map { bits in Set((0..<n).filter { bits >> $0 & 1 == 1 }) }
            .filter { $0.count == n / 2 && $0.contains(0) }
    }

    @Test(
        "without an upper bound of the curvature a step that is right near the goal needs damping from afar")
    func relaxedSmoothness() throws {
        let problem = QuarticValley(workers: 4, dimension: 5, distance: 5)
        #expect(problem.pool().exactGradient(at: problem.solution).norm < 1e-12)
        let step = 1 / problem.constants.smoothness
        func end(_ schedule: StepSchedule) throws -> Double {
            var run = try DistributedRun(
                CompressedGradientMethod(step: schedule), pool: problem.pool(), start: problem.start)
            run.advance(400)
            return run.pool.loss(at: run.iterate) - run.pool.loss(at: problem.solution)
        }
        #expect(!(try end(StepSchedule(step)) < 1e3))
        #expect(try end(StepSchedule(step, damping: 1)) < 1e-3)
    }

    @Test("fourth powers have the gradient their differences promise")
    func quarticGradient() {
        let problem = QuarticValley(seed: 3)
        let worker = problem.workers[1]
        let x = problem.start
        for j in 0..<x.count {
            var (up, down) = (x, x)
            up[j] += 1e-5
            down[j] -= 1e-5
            let slope = (worker.loss(at: up) - worker.loss(at: down)) / 2e-5
            #expect(abs(slope - worker.gradient(at: x)[j]) < 1e-5 * abs(slope) + 1e-7)
        }
    }
}
