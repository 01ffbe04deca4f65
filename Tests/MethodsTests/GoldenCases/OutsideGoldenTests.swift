import Engine
import Methods
import ScalingLaws
import Testing

@Suite("Golden: methods without server or gradient, probes, theory of SGD")
struct OutsideGoldenTests {
    @Test("extragradient in its three forms")
    func extragradient() throws {
        #expect(try goldenCases("misc.json").count == 9)
        let saddle = BilinearSaddle()
        let forms: [(String, ExtragradientMethod.Samples)] = [
            ("same sample", .same), ("independent samples", .independent), ("full", .full),
        ]
        for (name, samples) in forms {
            let golden = try goldenCase("misc.json", "method", "extragradient \(name)")
            let run = try GoldenRun(
                ExtragradientMethod(step: 0.2, samples: samples), golden, pool: saddle.pool(seed: 3),
                start: saddle.start, value: saddle.distance)
            #expect(run.complaints == [], "\(name)")
        }
    }

    @Test("ADOM: constants and node states")
    func adom() throws {
        let golden = try goldenCase("misc.json", "method", "ADOM")
        let problem = GossipQuadratics()
        let c = problem.constants
        let p = ADOMMethod.Parameters(
            strongConvexity: c.strongConvexity, smoothness: c.smoothness, topology: problem.topology)
        let wanted = ["alpha", "eta", "theta", "sigma", "tau"].map { golden["params"][$0].number }
        #expect(deviation([p.alpha, p.eta, p.theta, p.sigma, p.tau], wanted) < 1e-13)
        var run = try DistributedRun(
            ADOMMethod(topology: problem.topology, parameters: p), pool: problem.pool(), start: problem.start)
        var distances: [Double] = []
        for k in 0..<5 {
            let report = run.advance()
            let method = try #require(run.method as? ADOMMethod)
            distances.append(
                (0..<4).reduce(0) { $0 + (method.nodes.row($1) - problem.solution).squaredNorm })
            // Two vectors of 3 numbers to every neighbour: a ring of 4 has 8 directed edges, a star 6.
            #expect(report.up.floats == (k % 2 == 0 ? 8 : 6) * 6)
            if k == 4 { #expect(deviation(method.nodes.values, golden["X_last"].numbers) < 1e-10) }
        }
        #expect(deviation(distances, golden["dist2"].numbers) < 1e-11)
    }

    @Test("probes: sharpness, noise scale, the line of (L0, L1)")
    func probes() throws {
        var golden = try goldenCase("misc.json", "probe", "generalised sharpness of LSQ Hessian")
        let problem = LeastSquares()
        let hessian = Matrix.mean(problem.workers.map { $0.hessian(at: problem.start) })
        let euclidean = SymmetricEigen(hessian).eigenvalues[5]
        #expect(deviation([euclidean], golden["l2"].numbers) < 1e-13)
        var generator = SplitMix64(1)
        let starts = (0..<20).map { _ in Vector((0..<6).map { _ in generator.sym() }) }
        let sign = BallSharpness(starts: starts).value(ball: .sign) { hessian * $0 }
        #expect(deviation([sign], golden["linf"].numbers) < 1e-13)

        golden = try goldenCase("misc.json", "probe", "gns")
        let input = golden["in"].numbers
        let scale = GradientNoiseScale(
            smallBatch: input[2], smallMeanSquare: input[0], largeBatch: input[3], largeMeanSquare: input[1])
        #expect([scale.signal, scale.noise, scale.ratio] == golden["out"].numbers)

        golden = try goldenCase("misc.json", "probe", "fit_nonneg_line")
        for (key, penalty) in [("lam0", 0.0), ("lam5", 5)] {
            let line = NonNegativeLine(x: golden["x"].numbers, y: golden["y"].numbers, penalty: penalty)
            #expect(deviation([line.intercept, line.slope], golden[key].numbers) < 1e-12, "\(key)")
        }
    }

    @Test("tau-nice SGD on least squares")
    func samplingTheory() throws {
        let golden = try goldenCase("misc.json", "theory", "tau-nice SGD on LSQ")
        let problem = LeastSquares()
        let joined = problem.joined
        let squares = (0..<20).map { joined.design.row($0).squaredNorm }
        let noise = (0..<20).reduce(0) {
            $0 + joined.gradient(at: problem.solution, batch: .rows([$1])).squaredNorm / 20
        }
        let constants = problem.constants
        let sum = FiniteSumProblem(
            examples: 20, strongConvexity: constants.strongConvexity, smoothness: constants.smoothness,
            largestSmoothness: squares.max() ?? 0, gradientNoise: noise)
        #expect(
            deviation([sum.largestSmoothness, noise], golden["Lmax"].numbers + golden["h2"].numbers) < 1e-12)
        for row in golden["rows"].list {
            let rate = MinibatchSampling.subsets.rate(sum, batch: row["tau"].number)
            let values = [rate.expectedSmoothness, rate.gradientNoise, rate.step(accuracy: 0.01)]
            #expect(deviation(values, row["smooth_sigma2_gamma"].numbers) < 1e-11)
        }
        let best = OptimalBatch(problem: sum, sampling: .subsets, accuracy: 0.01).continuous
        #expect(deviation([best], golden["tau_opt"].numbers) < 1e-10)
    }

    @Test("certified radius")
    func certificate() throws {
        let golden = try goldenCase("misc.json", "theory", "certified radius")
        let certificate = CertifiedRadius(successes: 90, votes: 100, level: 0.001, noise: 0.25)
        #expect(deviation([certificate.probability], golden["p_lower"].numbers) < 1e-11)
        #expect(deviation([certificate.radius ?? .nan], golden["radius"].numbers) < 1e-10)
    }
}
