import Methods
import Testing

@Suite("Asynchrony, personalisation, decentralisation, saddle points")
struct LocalTests {
    private static let speeds: [ServiceTime] = [1, 2, 4, 8].map { .constant($0) }

    private func end(_ rule: AsynchronousMethod.Assignment) throws -> (Vector, [Int]) {
        let problem = LeastSquares()
        let method = AsynchronousMethod(step: 0.02, assignment: rule, services: Self.speeds)
        var run = try DistributedRun(method, pool: problem.pool(seed: 3), start: problem.start)
        run.advance(8000)
        // The average of the last rounds takes the wobble of a constant step out.
        var mean = Vector.zero(6)
        for _ in 0..<3000 {
            run.advance()
            mean += (1.0 / 3000) * run.iterate
        }
        return (mean, (run.method as? AsynchronousMethod)?.clock.assigned ?? [])
    }

    @Test(
        "pure asynchrony counts workers by speed and finds the weighted minimiser; shuffled finds the true one"
    )
    func asynchrony() throws {
        let problem = LeastSquares()
        let (pure, visits) = try end(.pure)
        let total = Double(visits.reduce(0, +))
        for (visit, share) in zip(visits, [8.0, 4, 2, 1]) {
            #expect(abs(Double(visit) / total - share / 15) < 0.01)
        }
        let weights = Vector(
            problem.workers.enumerated().flatMap { i, w in
                Array(repeating: [8.0, 4, 2, 1][i], count: w.examples)
            })
        let joined = problem.joined
        let weighted = joined.design.weightedGram(weights).solve(
            joined.design.transposed * weights.zip(joined.targets, *))
        #expect((pure - weighted).norm < 0.2 * (pure - problem.solution).norm)
        let (shuffled, equal) = try end(.shuffled)
        #expect(Set(equal).count <= 2 && (equal.max() ?? 9) - (equal.min() ?? 0) <= 1)
        #expect((shuffled - problem.solution).norm < 0.1 * (pure - problem.solution).norm)
    }

    @Test("equal speeds: delays below the number of workers, and random service times keep every job alive")
    func delays() throws {
        let problem = LeastSquares()
        let services: [[ServiceTime]] = [
            Array(repeating: .constant(1), count: 4), Array(repeating: .poisson(3), count: 4),
            Array(repeating: .foldedNormal(2), count: 4), Array(repeating: .uniform(1), count: 4),
        ]
        for (k, times) in services.enumerated() {
            let method = AsynchronousMethod(step: 0.05, assignment: .pure, services: times)
            var run = try DistributedRun(method, pool: problem.pool(seed: 1), start: problem.start)
            let reports = run.advance(200)
            let worst = reports.compactMap { $0.diagnostics["largest_delay"] }.max() ?? 0
            #expect((run.method as? AsynchronousMethod)?.clock.jobs.count == 4)
            if k == 0 { #expect(worst <= 3) }
            #expect(reports[199].loss < reports[0].loss)
        }
    }

    @Test("partially personalised training with a common shared part converges linearly to zero loss")
    func personalised() throws {
        let problem = PersonalLeastSquares(interpolates: true)
        let methods: [any RoundMethod] = [
            PersonalizedMethod(step: 1), PersonalizedMethod(step: 0.5, localSteps: 3, participants: 2),
            AsynchronousMethod(step: 0.3, assignment: .shuffled, services: [1, 2, 3].map { .constant($0) }),
        ]
        for method in methods {
            var run = try DistributedRun(method, pool: problem.pool(seed: 2), start: problem.start)
            #expect((run.advance(1500).last?.loss ?? 1) < 1e-16)
        }
    }

    @Test("ADOM contracts at least as fast as its bound, and duals stay balanced")
    func adom() throws {
        let problem = GossipQuadratics()
        let c = problem.constants
        let t = problem.topology
        let p = ADOMMethod.Parameters(
            strongConvexity: c.strongConvexity, smoothness: c.smoothness, topology: t)
        var run = try DistributedRun(
            ADOMMethod(topology: t, parameters: p), pool: problem.pool(), start: problem.start)
        func distance() -> Double {
            let nodes = (run.method as? ADOMMethod)?.nodes ?? Matrix(rows: 0, columns: 0)
            return (0..<4).reduce(0) { $0 + (nodes.row($1) - problem.solution).squaredNorm }
        }
        run.advance(100)
        let early = distance()
        let drift = run.advance(600).compactMap { $0.diagnostics["column_sum"] }.max() ?? 1
        let rate =
            1 - t.lambdaMinPositive / (7 * t.lambdaMax) * (c.strongConvexity / c.smoothness).squareRoot()
        var allowed = early
        for _ in 0..<600 { allowed *= rate }
        #expect(distance() < allowed)
        #expect(drift < 1e-12)
    }

    @Test(
        "extragradient converges when samples share the saddle point and are replayed; independent ones diverge"
    )
    func saddle() throws {
        let problem = BilinearSaddle(interpolates: true, identity: 0)
        func distance(_ samples: ExtragradientMethod.Samples, _ rounds: Int) throws -> Double {
            let method = ExtragradientMethod(step: 0.5 / problem.lipschitz, samples: samples)
            var run = try DistributedRun(method, pool: problem.pool(seed: 3), start: problem.start)
            run.advance(rounds)
            return problem.distance(run.iterate)
        }
        #expect(try distance(.same, 6000) < 1e-6)
        #expect(!((try distance(.independent, 6000)) < 10))
        let full = BilinearSaddle()
        var run = try DistributedRun(
            ExtragradientMethod(step: 0.5 / full.lipschitz, samples: .full), pool: full.pool(),
            start: full.start)
        run.advance(2000)
        #expect(full.distance(run.iterate) < 1e-10)
        var projected = try DistributedRun(
            ExtragradientMethod(step: 0.2, samples: .full, prox: { $0.clipped(to: 0.5) }), pool: full.pool(),
            start: full.start)
        projected.advance(50)
        #expect(projected.iterate.norm <= 0.5 + 1e-12)
    }

    @Test("certified radius: abstains at a half, does not underflow at many votes, counts accuracy")
    func certificates() {
        #expect(CertifiedRadius(successes: 50, votes: 100, level: 0.001, noise: 1).radius == nil)
        let all = CertifiedRadius(successes: 100_000, votes: 100_000, level: 0.001, noise: 0.5)
        // p^n = alpha: p = alpha^(1/n).
        #expect(abs(all.probability - 0.999_930_924) < 1e-8)
        let most = CertifiedRadius(successes: 99_000, votes: 100_000, level: 0.001, noise: 0.5)
        #expect(most.probability > 0.9888 && most.probability < 0.9892)
        #expect(CertifiedRadius(successes: 0, votes: 10, level: 0.01, noise: 1).probability == 0)
        let inputs = [(true, all), (true, most), (false, all)].map { (isRight: $0.0, certificate: $0.1) }
        #expect(CertifiedRadius.certifiedAccuracy(inputs, radius: 1) == 2.0 / 3)
        #expect(CertifiedRadius.certifiedAccuracy(inputs, radius: 1.5) == 1.0 / 3)
    }
}
