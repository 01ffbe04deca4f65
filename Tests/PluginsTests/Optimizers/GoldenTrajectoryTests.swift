import Engine
import Foundation
import Testing

@testable import Plugins

/// Five steps of every method against an independent implementation, in double precision.
@Suite("Golden trajectories") struct GoldenTrajectoryTests {
    @Test func generatorsRebuildTheProblems() throws {
        for expected in try goldenCases("problems.json") {
            let problem = expected["name"]?.text == "LSQ-4x5x6" ? TestProblem.leastSquares() : .network()
            #expect(deviation([problem.loss(problem.start)], expected["f0"]?.numbers ?? []) < 1e-13)
            #expect(deviation(problem.gradient(problem.start), expected["g0"]?.numbers ?? []) < 1e-12)
            let mean = problem.perExample(problem.start)
            #expect(mean.count % problem.layout.count == 0)
        }
    }

    @Test func everyCaseIsReproduced() throws {
        let cases = try goldenCases("optimizers.json")
        #expect(cases.count == 33)
        for golden in cases {
            let method = try #require(golden["method"]?.text)
            let settings = try #require(golden["params"])
            let problem = golden["problem"]?.text == "LSQ-4x5x6" ? TestProblem.leastSquares() : .network()
            var optimizer = try makeOptimizer(method, settings, problem.layout)
            let run = problem.train(&optimizer, rate: settings["lr"]?.number ?? .nan, steps: 5)
            let label: Comment = "\(method) on \(golden["problem"]?.text ?? "")"
            #expect(deviation(run.losses, golden["f"]?.numbers ?? []) < 1e-9, label)
            #expect(deviation(run.last, golden["p_last"]?.numbers ?? []) < 1e-9, label)
        }
    }

    @Test func quantileClippingIsReproduced() throws {
        let golden = try #require(
            try goldenCases("quantile-clipping.json").first { $0["method"]?.text == "QC-SGD" })
        let problem = TestProblem.leastSquares()
        var optimizer = try QuantileClippedSGDPlugin().makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: ["clipping_quantile": .real(0.5)])
        var parameters = ParameterVector(layout: problem.layout, values: problem.start)
        var generator = SplitMix64.stream(11, 0)
        var losses = [problem.loss(problem.start)]
        for step in 0..<5 {
            let rows = problem.perExample(parameters.values)
            let batch = generator.sample(20, 6).flatMap { rows[($0 * 6)..<($0 * 6 + 6)] }
            let gradient = MinibatchGradient(
                mean: ParameterVector<Double>(layout: problem.layout), perExample: batch)
            optimizer.step(
                &parameters, gradient: gradient,
                context: StepContext(learningRate: 0.2, step: step, totalSteps: 5, loss: losses[step]))
            losses.append(problem.loss(parameters.values))
        }
        #expect(deviation(losses, golden["f"]?.numbers ?? []) < 1e-12)
        #expect(deviation(parameters.values, golden["x_last"]?.numbers ?? []) < 1e-12)
    }

    private func makeOptimizer(
        _ method: String, _ settings: JSONValue, _ layout: ParameterLayout
    ) throws -> any Optimizer<Double> {
        func real(_ name: String, _ fallback: Double) -> Double { settings[name]?.number ?? fallback }
        let decay = HyperparameterValue.real(real("weight_decay", 0))
        switch method.split(separator: " ")[0] {
        case "SGD":
            return try make(
                SGDPlugin(), layout,
                [
                    "momentum": .real(real("momentum", 0)), "dampening": .real(real("dampening", 0)),
                    "weight_decay": decay, "nesterov": .flag(settings["nesterov"]?.isTrue ?? false),
                ])
        case "NormalizedSGD":
            return try make(
                NormalizedSGDPlugin(), layout,
                [
                    "momentum": .real(real("beta", 0.9)),
                    "initial_momentum": .text(settings["init"]?.text == "grad" ? "gradient" : "zero"),
                ])
        case "signSGD", "Signum":
            return try make(
                SignSGDPlugin(), layout, ["momentum": .real(real("beta", 0)), "weight_decay": decay])
        case "Adam", "AdamW":
            let betas = settings["betas"]?.numbers ?? [0.9, 0.999]
            return try make(
                AdamWPlugin(), layout,
                [
                    "momentum": .real(betas[0]), "beta2": .real(betas[1]), "weight_decay": decay,
                    "decoupled_weight_decay": .flag(settings["decoupled"]?.isTrue ?? false),
                ])
        case "NonEuclideanGD":
            return SteepestDescent(norm: try #require(LMONorm(rawValue: settings["norm"]?.text ?? "")))
        case "Muon":
            return Muon<Double>(
                layout: layout, momentum: real("beta", 0.95),
                nesterov: settings["nesterov"].map(\.isTrue) ?? true,
                weightDecay: real("weight_decay", 0),
                scale: try #require(MuonScale(rawValue: settings["scale"]?.text ?? "max1")),
                oracle: settings["oracle"]?.text == "svd" ? .exact : .newtonSchulz,
                steps: Int(real("ns_steps", 5)), coefficients: .muon, auxiliary: .average,
                orthogonalizes: { $0.shape.count == 2 })
        default:
            let norms = (settings["norms"]?.list ?? []).compactMap {
                $0.text.flatMap(LMONorm.init(rawValue:))
            }
            let radii = settings["radii"]?.numbers ?? []
            return Scion<Double>(
                layout: layout, balls: zip(norms, radii).map { .init(norm: $0, radius: $1) },
                momentum: 1 - real("alpha", 0.1), constrained: !(settings["unconstrained"]?.isTrue ?? false),
                start: settings["init"]?.text == "grad" ? .gradient : .zero,
                oracle: settings["oracle"]?.text == "ns" ? .newtonSchulz : .exact, steps: 5,
                coefficients: .muon)
        }
    }

    private func make(
        _ plugin: any OptimizerPlugin, _ layout: ParameterLayout, _ values: [String: HyperparameterValue]
    ) throws -> any Optimizer<Double> {
        try plugin.makeOptimizer(Double.self, layout: layout, hyperparameters: values)
    }
}

/// `x - rate |g|_* direction(g)`: a rule of the goldens that no plugin has, made of the same directions.
private struct SteepestDescent: Optimizer {
    var norm: LMONorm
    var oracle = Orthogonalizer<Double>.idle
    var state: [String: [Double]] = [:]

    mutating func step(
        _ parameters: inout ParameterVector<Double>, gradient: MinibatchGradient<Double>,
        context: StepContext<Double>
    ) {
        var direction = gradient.mean.values
        let count = direction.count
        let length = norm.dualNorm(direction, rows: count, columns: 1)
        direction.withUnsafeMutableBufferPointer { d in
            guard let base = d.baseAddress else { return }
            norm.turnIntoDirection(base, rows: count, columns: 1, oracle: &oracle)
        }
        for i in direction.indices { parameters.values[i] -= context.learningRate * length * direction[i] }
    }
}
