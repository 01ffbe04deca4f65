import Engine
import Methods
import ScalingLaws
import Testing

@Suite("Single-node rules and probes")
struct RuleTests {
    private let network = TanhNetwork()
    private let joined = LeastSquares().joined
    private let start = LeastSquares().start

    private func run(_ rule: any TensorRule, steps: Int = 40, scale: Double = 1) -> [Matrix] {
        var (rule, p) = (rule, network.start)
        for _ in 0..<steps {
            rule.step(&p, gradient: network.gradient(at: p).map { scale * $0 }, loss: network.loss(at: p))
        }
        return p
    }

    @Test("every rule lowers the loss of the network")
    func descends() {
        let balls: [UnitBall] = [.spectralMax, .biasRMS, .signIn, .biasRMS]
        let rules: [any TensorRule] = [
            SGDRule(learningRate: 0.3), SGDRule(learningRate: 0.05, momentum: 0.9, nesterov: true),
            HeavyBallRule(learningRate: 0.05, momentum: 0.9),
            NormalizedSGDRule(learningRate: 0.02, perTensor: true),
            WarmUpRule(base: 0.2, slope: 0.1), PolyakStepRule(largestStep: 1, scale: 1),
            SignRule(learningRate: 0.005),
            LionRule(learningRate: 0.005), AdamRule(learningRate: 0.01),
            RMSpropRule(learningRate: 0.005, epsilonInside: true),
            NGNRule(scale: 1), NGNRule(scale: 1, momentum: 0.9), NGNRule(scale: 0.5, variant: .diagonal),
            NGNRule(scale: 0.1, variant: .preconditioned, momentum: 0.9),
            NGNRule(scale: 0.1, variant: .preconditionedDiagonal, momentum: 0.9),
            MuonRule(learningRate: 0.01),
            ScionRule(learningRate: 0.01, balls: balls, radii: [1, 1, 1, 1], constrained: false),
            GluonRule(balls: balls, mode: .fixed([0.01, 0.01, 0.02, 0.01], momentum: 0.5)),
            SteepestDescentRule(learningRate: 0.05, ball: .euclid, onlyLargest: true),
        ]
        for rule in rules {
            #expect(network.loss(at: run(rule)) < 0.95 * network.loss(at: network.start), "\(rule)")
        }
    }

    @Test("sign, Lion, Muon, Scion and normalised steps do not see the scale of gradients")
    func scaleFree() {
        let rules: [any TensorRule] = [
            SignRule(learningRate: 0.01, momentum: 0.9), LionRule(learningRate: 0.01),
            NormalizedSGDRule(learningRate: 0.01),
            ScionRule(learningRate: 0.01, balls: [.spectral, .biasRMS, .row, .euclid], radii: [1, 1, 1, 1]),
        ]
        for rule in rules {
            let (a, b) = (run(rule, steps: 5), run(rule, steps: 5, scale: 1024))
            #expect(zip(a, b).allSatisfy { ($0 - $1).frobeniusNorm < 1e-9 }, "\(rule)")
        }
    }

    @Test("heavy ball is SGD with momentum; Adam without memory is signSGD")
    func equalities() {
        let (a, b) = (
            run(HeavyBallRule(learningRate: 0.1, momentum: 0.8)),
            run(SGDRule(learningRate: 0.1, momentum: 0.8))
        )
        #expect(zip(a, b).allSatisfy { ($0 - $1).frobeniusNorm < 1e-12 })
        let adam = AdamRule(learningRate: 0.01, momentum: 0, squareMomentum: 0, epsilon: 1e-300)
        let (c, d) = (run(adam, steps: 5), run(SignRule(learningRate: 0.01), steps: 5))
        #expect(zip(c, d).allSatisfy { ($0 - $1).frobeniusNorm < 1e-12 })
    }

    @Test("NGN survives a scale a thousand times too large; its step stays in its interval")
    func ngn() {
        var rule = NGNRule(scale: 1000, momentum: 0.9)
        var x = start
        for _ in 0..<2000 {
            let loss = joined.loss(at: x)
            rule.step(&x, gradient: joined.gradient(at: x), loss: loss)
        }
        #expect(joined.loss(at: x) < joined.loss(at: start))
        var plain = NGNRule(scale: 0.5)
        var y = start
        let before = y
        let g = joined.gradient(at: y)
        plain.step(&y, gradient: g, loss: joined.loss(at: y))
        let gamma = (before - y).norm / g.norm
        let smoothness = LeastSquares().constants.smoothness
        #expect(gamma <= 0.5 && gamma >= 0.5 / (1 + 0.5 * smoothness))
        var still = NGNRule(scale: 1)
        var z = start
        still.step(&z, gradient: g, loss: 0)
        #expect(z == start)
    }

    @Test("every ball's direction has length one, and constrained Scion stays in its ball")
    func balls() {
        var generator = SplitMix64(8)
        for ball in UnitBall.allCases {
            let u =
                ball == .biasRMS
                ? Matrix(column: Vector(generator.normals(4)))
                : Matrix(rows: 4, columns: 3, generator.normals(12))
            #expect(abs(ball.norm(ball.direction(u)) - 1) < 1e-12, "\(ball)")
            #expect(ball.direction(0 * u).frobeniusNorm == 0, "\(ball)")
            var rule = ScionRule(learningRate: 0.2, balls: [ball], radii: [2])
            var p = [0 * u]
            for _ in 0..<30 {
                rule.step(&p, gradient: [u.with(Vector(generator.normals(u.values.count)))], loss: 0)
                #expect(ball.norm(p[0]) <= 2 + 1e-12, "\(ball)")
            }
        }
    }

    @Test("steepest descent: the loss changes by eta (1 - eta D/2) times the squared dual norm")
    func directional() {
        for ball in [UnitBall.euclid, .sign] {
            var probe = DirectionalSmoothnessProbe(ball: ball)
            var rule = SteepestDescentRule(learningRate: 0.1, ball: ball)
            var x = start
            rule.step(&x, gradient: joined.gradient(at: start))
            let seen = probe.observe(
                .step(
                    StepObservation(
                        start: start, end: x, startGradient: joined.gradient(at: start),
                        endGradient: joined.gradient(at: x), startLoss: joined.loss(at: start),
                        endLoss: joined.loss(at: x))))
            let d = seen["directional_smoothness"] ?? .nan
            let dual = ball.dualNorm(Matrix(column: joined.gradient(at: start)))
            let expected = -0.1 * (1 - 0.1 * d / 2) * dual * dual
            #expect(abs(joined.loss(at: x) - joined.loss(at: start) - expected) < 1e-13)
        }
    }

    @Test("the secant probe sees the smoothness of least squares, and Gluon with it descends as promised")
    func secants() {
        var probe = SecantProbe(ball: .euclid)
        var x = start
        let smoothness = LeastSquares().constants.smoothness
        var rule = GluonRule(balls: [.euclid], mode: .adaptive(constant: [smoothness], proportional: [0]))
        for _ in 0..<50 {
            let before = x
            rule.step(&x, gradient: joined.gradient(at: x))
            let g = joined.gradient(at: before)
            #expect(joined.loss(at: x) <= joined.loss(at: before) - g.squaredNorm / (2 * smoothness) + 1e-14)
            _ = probe.observe(
                .step(
                    StepObservation(
                        start: before, end: x, startGradient: g, endGradient: joined.gradient(at: x),
                        startLoss: joined.loss(at: before), endLoss: joined.loss(at: x))))
        }
        #expect(probe.secants.count == 50)
        #expect(probe.secants.allSatisfy { $0 <= smoothness * (1 + 1e-9) })
        let fit = HingeSmoothnessFit.fit(secants: probe.secants, gradientNorms: probe.gradientNorms)
        #expect(fit.map { $0.constant <= smoothness } ?? false)
    }

    @Test("warm-up: the rate grows while the loss falls")
    func warmUp() {
        let rule = WarmUpRule(base: 0.2, slope: 0.5)
        #expect(rule.learningRate(loss: 1) < rule.learningRate(loss: 0.5))
        #expect(rule.learningRate(loss: -1) == rule.learningRate(loss: 0))
        #expect(WarmUpRule(base: 0.2, slope: 0).learningRate(loss: 7) == 0.5)
    }

    @Test("every sampler is unbiased; reshuffling visits each row once an epoch")
    func samplers() {
        let p = (1...8).map { Double($0) / 36 }
        let kinds: [RowSampler.Kind] = [
            .nice(3), .serial(p), .independent(p.map { min(1, 3 * $0) }),
            .partition([[0, 1, 2], [3, 4], [5, 6, 7]]),
            .replacement(2, p), .reshuffled,
        ]
        for kind in kinds {
            var sampler = RowSampler(kind, rows: 8)
            var generator = SplitMix64(12)
            var mass = Array(repeating: 0.0, count: 8)
            let draws = 24_000
            for _ in 0..<draws {
                for draw in sampler.draw(using: &generator) { mass[draw.row] += draw.weight / Double(draws) }
            }
            // Weights of rare rows are largest: 36/8 at probability 1/36 has a deviation of 0.005.
            #expect(mass.allSatisfy { abs($0 - 0.125) < 0.02 }, "\(kind), seed 12: \(mass)")
        }
    }

    @Test("bits add up over rounds")
    func communication() throws {
        let problem = LeastSquares()
        var probe = CommunicationProbe()
        var run = try DistributedRun(
            CompressedGradientMethod(TopK(2), step: 0.1), pool: problem.pool(), start: problem.start)
        var last: [String: Double] = [:]
        for _ in 0..<3 { last = probe.observe(.round(run.advance())) }
        #expect(last["bits_up_total"] == 210 && run.totalBitsUpPerWorker == 210)
        #expect(last["bits_down_total"] == 576)
    }
}
