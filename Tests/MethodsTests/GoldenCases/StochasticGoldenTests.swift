import Engine
import Methods
import ScalingLaws
import Testing

@Suite("Golden: minibatches, samplers, clipping and privacy")
struct StochasticGoldenTests {
    private let problem = LeastSquares()
    private static let seed: UInt64 = 11

    /// A rule behind a transform, with the loader's draws and the noise from one stream.
    private func run(_ name: String, batch: Int, rule: any TensorRule, transform: (any GradientTransform)?)
        throws
    {
        let golden = try goldenCase("stochastic.json", "method", name)
        let joined = problem.joined
        var (rule, transform) = (rule, transform)
        var sampler = RowSampler(.nice(batch), rows: 20)
        var generator = SplitMix64.stream(Self.seed, 0)
        var x = problem.start
        var losses = [joined.loss(at: x)]
        var thresholds: [Double] = []
        for k in 0..<5 {
            let rows = sampler.draw(using: &generator).map(\.row)
            #expect(rows.map(Double.init) == golden["extra"].list[k]["idx"].numbers, "\(name) step \(k)")
            let gradients = ExampleGradients(rows.map { joined.gradient(at: x, batch: .rows([$0])) })
            let gradient = transform?.transform(gradients, using: &generator) ?? gradients.mean
            if let threshold = transform?.threshold { thresholds.append(threshold) }
            let loss = joined.loss(at: x, batch: .rows(rows))
            rule.step(&x, gradient: gradient, loss: loss)
            losses.append(joined.loss(at: x))
        }
        #expect(deviation(losses, golden["f"].numbers) < 1e-12, "\(name)")
        #expect(deviation(x.values, golden["x_last"].numbers) < 1e-10, "\(name)")
        if transform != nil {
            let wanted = golden["extra"].list.flatMap { $0["threshold"].numbers }
            #expect(deviation(thresholds, wanted) < 1e-12, "\(name)")
        }
    }

    @Test("clipped and private rules")
    func transforms() throws {
        #expect(try goldenCases("stochastic.json").count == 15)
        let sgd = SGDRule(learningRate: 0.2)
        func clip(_ c: Double, _ sigma: Double = 0) -> PrivateGradient {
            PrivateGradient(bound: .fixed(c), noiseMultiplier: sigma)
        }
        try run("SGD tau-nice", batch: 4, rule: sgd, transform: nil)
        try run("clipped SGD (batch gradient)", batch: 4, rule: sgd, transform: BatchClipping(bound: 0.3))
        try run("clipped SGD (per example)", batch: 4, rule: sgd, transform: clip(0.3))
        try run("QC-SGD", batch: 6, rule: sgd, transform: PrivateGradient(bound: .quantile(0.5)))
        try run("DP-SGD", batch: 6, rule: sgd, transform: clip(0.3, 0.5))
        try run("DP-SignSGD", batch: 6, rule: SignRule(learningRate: 0.02), transform: clip(0.3, 0.5))
        try run("DP-Adam", batch: 6, rule: AdamRule(learningRate: 0.05), transform: clip(0.3, 0.5))
        try run(
            "DP-QC-SGD", batch: 6, rule: sgd,
            transform: PrivateGradient(bound: .quantile(0.5), noiseMultiplier: 0.5))
        try run("NGN stochastic", batch: 4, rule: NGNRule(scale: 0.5), transform: nil)
    }

    @Test("arbitrary sampling")
    func samplers() throws {
        let joined = problem.joined
        let squares = (0..<20).map { joined.design.row($0).squaredNorm }
        let p = squares.map { $0 / squares.reduce(0, +) }
        let kinds: [(String, RowSampler.Kind)] = [
            ("SGD importance serial sampling p_i ~ L_i", .serial(p)),
            ("SGD independent sampling p_i = min(1, 4 L_i/sum L)", .independent(p.map { min(1, 4 * $0) })),
            (
                "SGD partition sampling, 4 equal blocks",
                .partition((0..<4).map { Array(5 * $0..<5 * $0 + 5) })
            ),
        ]
        for (name, kind) in kinds {
            let golden = try goldenCase("stochastic.json", "method", name)
            var sampler = RowSampler(kind, rows: 20)
            var generator = SplitMix64.stream(Self.seed, 0)
            var x = problem.start
            var losses = [joined.loss(at: x)]
            for k in 0..<5 {
                let draws = sampler.draw(using: &generator)
                #expect(draws.map { Double($0.row) } == golden["extra"].list[k].numbers, "\(name)")
                let g = draws.reduce(Vector.zero(6)) { sum, draw in
                    sum + draw.weight * joined.gradient(at: x, batch: .rows([draw.row]))
                }
                x -= golden["params"]["lr"].number * g
                losses.append(joined.loss(at: x))
            }
            #expect(deviation(losses, golden["f"].numbers) < 1e-12, "\(name)")
            #expect(deviation(x.values, golden["x_last"].numbers) < 1e-10, "\(name)")
        }
    }

    @Test("step switching, adaptive threshold, lower quantile")
    func scalars() throws {
        var golden = try goldenCase("stochastic.json", "method", "stepsize switch")
        let schedule = SwitchingSchedule(
            rate: SampledRate(strongConvexity: 0.2, expectedSmoothness: 1.5, gradientNoise: 0))
        let steps = golden["k"].numbers.map { schedule.learningRate(step: Int($0)) }
        #expect(deviation(steps, golden["gamma"].numbers) < 1e-14)
        golden = try goldenCase("stochastic.json", "method", "adaptive clip (geometric)")
        var tracker = GeometricTracker(threshold: 1, quantile: 0.5, rate: 0.2)
        let thresholds = golden["frac_below"].numbers.map { b in
            tracker.update(fractionBelow: b)
            return tracker.threshold
        }
        #expect(deviation(thresholds, golden["C"].numbers) < 1e-14)
        golden = try goldenCase("stochastic.json", "method", "quantile_lower")
        let values = golden["values"].numbers
        let out = golden["q"].numbers.map { PrivateGradient.lowerQuantile(values, $0) }
        #expect(out == golden["out"].numbers)
    }
}
