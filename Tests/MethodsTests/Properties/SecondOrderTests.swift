import Engine
import Methods
import Testing

@Suite("Second-order methods")
struct SecondOrderTests {
    private let problem = LogisticRegression()

    private func distance(_ method: any RoundMethod, rounds: Int, from start: Vector? = nil) throws -> Double
    {
        var run = try DistributedRun(method, pool: problem.pool(seed: 3), start: start ?? problem.start)
        run.advance(rounds)
        return (run.iterate - problem.solution).norm
    }

    @Test("NEWTON-STAR squares the distance within its bound")
    func star() throws {
        var run = try DistributedRun(
            NewtonMethod(hessianAt: .solution), pool: problem.pool(), start: problem.start)
        let bound = problem.constants.hessianLipschitz / (2 * 0.1)
        for _ in 0..<3 {
            let before = (run.iterate - problem.solution).norm
            run.advance()
            #expect((run.iterate - problem.solution).norm <= bound * before * before + 1e-14)
        }
    }

    @Test("learned Hessians reach the solution in a few rounds")
    func learned() throws {
        let top = MatrixTopK(5)
        let projected = NewtonStep.projected(above: 0.1)
        let model = ErrorFeedbackMechanism(TopK(3))
        let hessians = ErrorFeedbackMechanism(top)
        let methods: [any RoundMethod] = [
            LearnedNewtonMethod.fedNL(top, step: projected),
            LearnedNewtonMethod.fedNL(RankR(1), step: .shifted),
            LearnedNewtonMethod(
                LevelledMechanism([MatrixTopK(2), MatrixTopK(8)], trigger: 1), step: projected),
            LearnedNewtonMethod(RotationMechanism(top), step: projected),
            LearnedNewtonMethod(hessians, step: .searched(above: 0.1, slope: 0.5, shrink: 0.5)),
            NewtonLearnMethod(.nonnegative, kept: 2), NewtonLearnMethod(.dominating, kept: 2),
            PartialNewtonMethod.fedNL(top, participants: 2),
            BidirectionalNewtonMethod(
                hessians, model: model, probability: 0.5, strongConvexity: 0.1, basis: .data),
            PartialNewtonMethod(hessians, model: model, probability: 0.5, participants: 2, basis: .data),
        ]
        for method in methods { #expect(try distance(method, rounds: 60) < 1e-7, "\(method)") }
        #expect(
            try distance(
                PositiveBasisNewtonMethod(top, model: TopK(3), probability: 0.5, participants: 2), rounds: 300
            ) < 0.02)
    }

    @Test("cubic steps converge from far away, where Newton's own does not stay")
    func cubic() throws {
        let far = Vector(repeating: 40, count: 5)
        let step = NewtonStep.cubic(lipschitz: problem.constants.hessianLipschitz)
        #expect(try distance(LearnedNewtonMethod.fedNL(RankR(2), step: step), rounds: 400, from: far) < 1e-6)
        // The step is optimal: the gradient of the cubic model vanishes there.
        var generator = SplitMix64(6)
        let r = Matrix(rows: 5, columns: 5, generator.normals(25))
        let (h, g) = (r * r.transposed, Vector(generator.normals(5)))
        let s = CubicStep.step(gradient: g, hessian: h, lipschitz: 2)
        #expect((g + h * s + (0.5 * 2 * s.norm) * s).norm < 1e-10)
    }

    @Test("estimates of BL3 dominate")
    func domination() throws {
        var run = try DistributedRun(
            PositiveBasisNewtonMethod(MatrixTopK(5), model: TopK(3), probability: 0.5, participants: 2),
            pool: problem.pool(seed: 3), start: problem.start)
        for report in run.advance(40) { #expect((report.diagnostics["domination"] ?? -1) > -1e-10) }
    }

    @Test("a data basis of fewer rows than columns makes messages smaller")
    func basis() throws {
        let wide = LogisticRegression(workers: 4, rows: 3, dimension: 8, seed: 5)
        func cost(_ basis: HessianBasis) throws -> Double {
            let method = BidirectionalNewtonMethod(
                ErrorFeedbackMechanism(IdentityCompressor(shape: .symmetricMatrix)),
                model: ErrorFeedbackMechanism(IdentityCompressor()), probability: 1, strongConvexity: 0.1,
                basis: basis)
            var run = try DistributedRun(method, pool: wide.pool(), start: wide.start)
            let reports = run.advance(8)
            #expect((run.iterate - wide.solution).norm < 1e-9)
            return reports[0].floatsUpPerWorker
        }
        // d + r(r+1)/2 against d + d(d+1)/2 numbers.
        #expect(try cost(.data) == 8 + 6)
        #expect(try cost(.standard) == 8 + 36)
    }

    @Test("singular systems show as divergence, methods that need more are refused")
    func errors() throws {
        let x = Matrix(rows: 2, columns: 2, [1, 2, 2, 4]).solve([1, 1])
        #expect(!x.isFinite)
        let safe = ConstrainedDistance()
        #expect(throws: MethodError.missingCapabilities([.hessian])) {
            try DistributedRun(NewtonMethod(), pool: safe.pool(), start: safe.start)
        }
        #expect(throws: MethodError.wrongDimension(start: 2, problem: 5)) {
            try DistributedRun(CompressedGradientMethod(step: 0.1), pool: safe.pool(), start: [1, 2])
        }
        #expect(throws: MethodError.noWorkers) {
            try DistributedRun(CompressedGradientMethod(step: 0.1), pool: WorkerPool([]), start: [])
        }
    }
}
