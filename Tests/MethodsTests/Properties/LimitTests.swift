import Engine
import Methods
import Testing

/// Runs a method on least squares; `f - f*` at the end.
func gap(
    _ method: any RoundMethod, rounds: Int, seed: UInt64 = 3, problem: LeastSquares = LeastSquares(),
    sampling: GradientSampling = .full
) throws -> Double {
    var run = try DistributedRun(
        method, pool: problem.pool(seed: seed, sampling: sampling), start: problem.start)
    run.advance(rounds)
    return run.pool.loss(at: run.iterate) - run.pool.loss(at: problem.solution)
}

@Suite("Limits of compressed and shifted methods")
struct LimitTests {
    private let q = RandK(2)
    private let constants = LeastSquares().constants

    @Test("plain compression stalls where learned shifts are exact")
    func shifts() throws {
        #expect(try gap(CompressedGradientMethod(q, step: 0.1), rounds: 1500) > 1e-5)
        let exact: [any RoundMethod] = [
            ShiftedCompressionMethod.diana(q, constants: constants),
            ShiftedCompressionMethod(q, step: 0.2, rule: .diana(rate: 1.0 / 3, inner: TopK(1))),
            ShiftedCompressionMethod(q, step: 0.2, rule: .randDiana(probability: 1.0 / 3)),
            ShiftedCompressionMethod(q, step: 0.2, rule: .star()),
            CompressedIteratesMethod.theory(q, constants: constants),
        ]
        for method in exact { #expect(try gap(method, rounds: 4000) < 1e-12, "\(method)") }
        let plain = CompressedIteratesMethod(q, step: 1 / constants.largestSmoothness, mixing: 1.0 / 12)
        #expect(try gap(plain, rounds: 3000) > 1e-5)
    }

    @Test("with the identity every shift rule is gradient descent, GDCI with step eta gamma")
    func identity() throws {
        let id = IdentityCompressor()
        let descent = try gap(CompressedGradientMethod(step: 0.2), rounds: 30)
        let same: [any RoundMethod] = [
            ShiftedCompressionMethod(id, step: 0.2, rule: .fixed(atStart: true)),
            ShiftedCompressionMethod(id, step: 0.2, rule: .diana(rate: 0.5)),
            ShiftedCompressionMethod(id, step: 0.2, rule: .randDiana(probability: 0.5)),
            CompressedIteratesMethod(id, step: 0.4, mixing: 0.5),
            CompressedIteratesMethod(id, step: 0.4, mixing: 0.5, shiftRate: 0.3),
            ThreePointMethod(ErrorFeedbackMechanism(id), step: 0.2),
            ClassicErrorFeedbackMethod(id, step: 0.2),
            FederatedAveragingMethod(step: 0.2, localSteps: 1),
        ]
        for method in same { #expect(abs(try gap(method, rounds: 30) - descent) < 1e-13, "\(method)") }
    }

    @Test("signs move every coordinate by at most the step, and stay within it of the goal")
    func signs() throws {
        let problem = LeastSquares()
        var run = try DistributedRun(
            SignGradientMethod(step: 0.01, vote: .majority), pool: problem.pool(), start: problem.start)
        for _ in 0..<50 {
            let before = run.iterate
            run.advance()
            #expect((run.iterate - before).maxNorm <= 0.01 + 1e-15)
        }
        #expect(try gap(SignGradientMethod(step: 0.002), rounds: 2000) < 0.05)
    }

    @Test("a damped schedule divides by the gradient's length; signs need none")
    func damping() throws {
        let schedule = StepSchedule(0.5, decay: .inverseRoot, damping: 2)
        #expect(schedule.step(round: 3, gradientNorm: 1) == 0.5 * 0.5 / 3)
        #expect(StepSchedule(0.5, decay: .inverse(horizon: 10)).step(round: 10, gradientNorm: 9) == 0.25)
        // Beyond 2/L = 2.97 the plain step diverges; a damped one is short while gradients are long.
        let damped = StepSchedule(3.5, damping: 20)
        #expect(try gap(CompressedGradientMethod(step: damped), rounds: 3) < 0.4)
        #expect(try gap(CompressedGradientMethod(step: 3.5), rounds: 40) > 1)
    }

    @Test("subnetworks and sketches have other limits than the problem")
    func masks() throws {
        #expect(try gap(SubnetworkMethod(step: 0.05), rounds: 1500) > 1e-3)
        // Rand-K: the limit of least squares is the minimiser with a rescaled quadratic.
        let problem = LeastSquares()
        let (d, k) = (6.0, 4.0)
        let joined = problem.joined
        let hessian = joined.hessian(at: problem.start)
        var rescaled = hessian
        for i in 0..<6 {
            for j in 0..<6 { rescaled[i, j] *= i == j ? d / k : d * (k - 1) / (k * (d - 1)) }
        }
        let limit = rescaled.solve(joined.design.transposed.map { $0 / 20 } * joined.targets)
        var run = try DistributedRun(
            SketchedMethod(step: 0.01, sketch: .randK(4), shared: true), pool: problem.pool(seed: 5),
            start: problem.start)
        run.advance(1500)
        var mean = Vector.zero(6)
        for _ in 0..<4000 {
            run.advance()
            mean += (1.0 / 4000) * run.iterate
        }
        #expect((mean - limit).norm < 0.05 * (problem.solution - limit).norm + 0.02)
    }
}

@Suite("Error feedback")
struct ErrorFeedbackTests {
    @Test("EF21 and EControl are exact with Top-1; EF14 and no feedback are not")
    func exactness() throws {
        let top = TopK(1)
        #expect(try gap(CompressedGradientMethod(top, step: 0.1), rounds: 3000) > 1e-4)
        #expect(try gap(ClassicErrorFeedbackMethod(top, step: 0.1), rounds: 3000) > 1e-7)
        #expect(try gap(ThreePointMethod(ErrorFeedbackMechanism(top), step: 0.1), rounds: 3000) < 1e-12)
        #expect(try gap(EControlMethod(top, step: 0.1, control: 1.0 / 6), rounds: 3000) < 1e-12)
        let wild = try gap(EControlMethod(top, step: 0.1, control: 1), rounds: 3000)
        #expect(!(wild < 1e3))
    }

    @Test("EControl without control is EF21")
    func withoutControl() throws {
        let problem = LeastSquares()
        var a = try DistributedRun(
            EControlMethod(TopK(2), step: 0.1, control: 0), pool: problem.pool(), start: problem.start)
        var b = try DistributedRun(
            ThreePointMethod(ErrorFeedbackMechanism(TopK(2)), step: 0.1), pool: problem.pool(),
            start: problem.start)
        for _ in 0..<20 {
            a.advance()
            b.advance()
            #expect((a.iterate - b.iterate).norm < 1e-13)
        }
    }

    @Test("EF14's virtual iterate follows the exact gradients")
    func virtualIterate() throws {
        let problem = LeastSquares()
        var run = try DistributedRun(
            ClassicErrorFeedbackMethod(TopK(2), step: 0.2), pool: problem.pool(), start: problem.start)
        var virtual = problem.start
        for _ in 0..<30 {
            virtual -= 0.2 * run.pool.exactGradient(at: run.iterate)
            run.advance()
            guard let method = run.method as? ClassicErrorFeedbackMethod else { return }
            #expect((run.iterate - Vector.mean(method.errors) - virtual).norm < 1e-12)
        }
    }

    @Test("under PL the Lyapunov function shrinks by 1 - gamma mu every round")
    func lyapunov() throws {
        let problem = LeastSquares()
        let c = problem.constants
        let mechanisms: [any Mechanism] = [
            ErrorFeedbackMechanism(TopK(2)), LazyMechanism(TopK(2), trigger: 1), LazyMechanism(trigger: 1),
            CompressedDifferenceMechanism(TopK(2)), DoubleFeedbackMechanism(first: TopK(2), second: TopK(1)),
            LevelledMechanism([TopK(1), TopK(2)], trigger: 1), AdaptiveTopKMechanism(largest: 3),
        ]
        for mechanism in mechanisms {
            let step = ThreePointMethod.theoryStep(c, mechanism: mechanism)
            let decay = mechanism.constants(6)?.decay ?? 0
            #expect(step > 0 && decay > 0)
            var run = try DistributedRun(
                ThreePointMethod(mechanism, step: step, begins: .zero), pool: problem.pool(),
                start: problem.start)
            let low = run.pool.loss(at: problem.solution)
            let initial = run.pool.oracles.reduce(0) { $0 + $1.gradient(at: problem.start).squaredNorm / 4 }
            var value = run.pool.loss(at: problem.start) - low + step / decay * initial
            for k in 0..<200 {
                let report = run.advance()
                let next = report.loss - low + step / decay * (report.diagnostics["gap"] ?? 0)
                #expect(
                    next <= (1 - step * c.strongConvexity) * value + 1e-15, "\(mechanism.name) round \(k)")
                value = next
            }
        }
    }

    @Test("Safe-EF's answer satisfies the constraint and is close to the optimum")
    func constraint() throws {
        let problem = ConstrainedDistance()
        var run = try DistributedRun(
            SafeErrorFeedbackMethod(TopK(1), step: 0.01, tolerance: 0.05), pool: problem.pool(),
            start: problem.start)
        run.advance(8000)
        let output = (run.method as? SafeErrorFeedbackMethod)?.output ?? problem.start
        #expect(problem.constraint(at: output) <= 0.05 + 1e-12)
        // 2.1701 is the optimum of the linear program.
        #expect(abs(run.pool.loss(at: output) - 2.1701) < 0.02)
    }
}
