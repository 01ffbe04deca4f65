import Engine
import Methods
import ScalingLaws
import Testing

@Suite("Clipping, normalisation, Byzantine workers")
struct ClippingTests {
    @Test("Clip21 stops clipping and becomes gradient descent; Clip-GD stalls")
    func clip21() throws {
        let problem = LeastSquares()
        var run = try DistributedRun(
            ClippedErrorFeedbackMethod(step: 0.5, threshold: 0.05), pool: problem.pool(), start: problem.start
        )
        let clipped = run.advance(400).map { $0.diagnostics["clipped"] ?? -1 }
        #expect(clipped[0] == 4)
        #expect(clipped[200...].allSatisfy { $0 == 0 })
        guard let method = run.method as? ClippedErrorFeedbackMethod else { return }
        for (i, estimate) in method.estimates.enumerated() {
            // v_i is the gradient at the point before the last step.
            #expect((estimate - run.pool.oracles[i].gradient(at: run.iterate)).norm < 1e-4)
        }
        #expect(try gap(ClippedErrorFeedbackMethod(step: 0.5, threshold: 0.05), rounds: 3000) < 1e-12)
        #expect(try gap(ClippedGradientMethod(step: 0.5, threshold: 0.05), rounds: 3000) > 1e-4)
    }

    @Test("Clip21-SGD2M without noise is exact, also in its per-example form up to clipping")
    func doubleMomentum() throws {
        let c = LeastSquares().constants
        var method = DoubleMomentumClippingMethod.theory(c, threshold: 0.05)
        method.step = 0.2
        #expect(try gap(method, rounds: 4000) < 1e-10)
        method.clipsExamples = true
        method.threshold = 100
        #expect(try gap(method, rounds: 4000) < 1e-10)
    }

    @Test("two of eight workers: the mean diverges under manipulation, mixing and the median do not")
    func byzantine() throws {
        let problem = LeastSquares(workers: 6, seed: 8)
        func final(_ rule: any Aggregator) throws -> Double {
            var pool = problem.pool()
            pool.byzantine = 2
            pool.attack = InnerProductAttack(scale: 10)
            let method = DoubleMomentumClippingMethod(
                step: 0.3, momentum: 0.5, serverMomentum: 1, threshold: 10, aggregator: rule)
            var run = try DistributedRun(method, pool: pool, start: problem.start)
            run.advance(300)
            return run.pool.loss(at: run.iterate)
        }
        #expect(!((try final(MeanAggregator())) < 1e3))
        #expect(try final(NeighbourMixing(MedianAggregator())) < 0.35)
    }

    @Test("the optimised attack is at least as bad as each of its candidates; flipped labels flip gradients")
    func attacks() {
        var generator = SplitMix64(2)
        let honest = (0..<6).map { _ in Vector(generator.normals(3)) + [1, 1, 1] }
        let rule = MedianAggregator()
        let candidates: [any Attack] = [0.1, 1, 10].map { InnerProductAttack(scale: $0) }
        func damage(_ attack: any Attack) -> Double {
            var copy = rule
            let sent = attack.craft(honest: honest, total: 8, byzantine: 2)
            return (copy.aggregate(honest + [sent, sent], byzantine: 2) - Vector.mean(honest)).norm
        }
        let best = damage(OptimisedAttack(against: rule, candidates: candidates))
        #expect(candidates.allSatisfy { damage($0) <= best })
        let worker = LogisticRegression(regularization: 0).workers[0]
        let zero = Vector.zero(5)
        #expect((worker.gradient(at: zero) + worker.withFlippedLabels.gradient(at: zero)).norm < 1e-15)
    }

    @Test("alpha-NormEC: estimates stay within the first radius, steps have length gamma")
    func normec() throws {
        let problem = LeastSquares()
        let radius = problem.workers.map { $0.gradient(at: problem.start).norm }.max() ?? 0
        let step = NormalizedErrorFeedbackMethod.theoryStep(
            problem.constants, rate: 0.4, smoothing: 0.5, radius: radius)
        let method = NormalizedErrorFeedbackMethod(step: step, rate: 0.4, smoothing: 0.5)
        var run = try DistributedRun(method, pool: problem.pool(), start: problem.start)
        for _ in 0..<300 {
            let before = run.iterate
            let report = run.advance()
            #expect((report.diagnostics["radius"] ?? .infinity) <= radius * (1 + 1e-12))
            #expect(abs((run.iterate - before).norm - step) < 1e-12)
        }
        var local = try DistributedRun(
            FederatedNormalizedErrorFeedbackMethod(step: step, localStep: 0.7, rate: 0.4, smoothing: 0.5),
            pool: problem.pool(), start: problem.start)
        local.advance(300)
        #expect((local.iterate - run.iterate).norm < 1e-9)
    }

    @Test("private gradients: contributions at most C, noise of the stated size, plain without either")
    func privacy() {
        var generator = SplitMix64(4)
        let gradients = ExampleGradients((0..<5).map { _ in 3 * Vector(generator.normals(4)) })
        var plain = PrivateGradient(bound: .fixed(.infinity))
        #expect((plain.transform(gradients, using: &generator) - gradients.mean).norm < 1e-15)
        var one = PrivateGradient(bound: .fixed(0.5))
        let without = one.transform(ExampleGradients(Array(gradients.rows.dropLast())), using: &generator)
        let with = one.transform(gradients, using: &generator)
        #expect((5 * with - 4 * without).norm <= 0.5 + 1e-12)
        var noisy = PrivateGradient(bound: .fixed(0.5), noiseMultiplier: 2)
        let clean = one.transform(gradients, using: &generator)
        let squares = (0..<4000).reduce(0) { sum, _ in
            sum + (noisy.transform(gradients, using: &generator) - clean).squaredNorm / 4000
        }
        // 4 coordinates of deviation sigma C/B = 0.2; 16000 numbers give 1.1 % of noise.
        #expect(abs(squares / (4 * 0.04) - 1) < 0.05)
        var tracked = PrivateGradient(
            bound: .tracked(GeometricTracker(threshold: 0.1, quantile: 0.5), countNoise: 0))
        for _ in 0..<200 { _ = tracked.transform(gradients, using: &generator) }
        let below = gradients.norms.count { $0 <= tracked.threshold ?? 0 }
        #expect(below == 2 || below == 3)
    }
}
