import Engine
import Methods
import ScalingLaws
import Testing

@testable import Plugins

/// The rules of sweeps against the references of `Methods`, whose trajectories are golden: ten steps in double precision.
@Suite("Optimizers are the reference rules") struct ReferenceRuleTests {
    private let problem = TestProblem.network()

    @Test func lionIsTheReference() throws {
        try compare(
            LionPlugin(), ["momentum": .real(0.8), "beta2": .real(0.95), "weight_decay": .real(0.1)], 0.02,
            LionRule(learningRate: 0.02, freshMomentum: 0.8, momentum: 0.95, weightDecay: 0.1))
    }

    @Test func rmspropIsTheReference() throws {
        for (inside, decoupled, momentum) in [(false, true, 0.0), (true, false, 0.5)] {
            try compare(
                RMSpropPlugin(),
                [
                    "momentum": .real(momentum), "weight_decay": .real(0.1), "epsilon": .real(1e-3),
                    "epsilon_inside": .flag(inside), "decoupled_weight_decay": .flag(decoupled),
                ], 0.01,
                RMSpropRule(
                    learningRate: 0.01, epsilon: 1e-3, epsilonInside: inside, momentum: momentum,
                    weightDecay: 0.1, decoupled: decoupled))
        }
    }

    @Test func ngnIsTheReferenceInAllVariants() throws {
        let pairs: [(NGNVariant, NGNRule.Variant)] = [
            (.scalar, .scalar), (.diagonal, .diagonal), (.preconditioned, .preconditioned),
            (.preconditionedDiagonal, .preconditionedDiagonal),
        ]
        for (own, reference) in pairs {
            try compare(
                NGNPlugin(),
                [
                    "variant": .text(own.rawValue), "momentum": .real(0.6), "beta2": .real(0.9),
                    "weight_decay": .real(0.05),
                ], 0.3,
                NGNRule(
                    scale: 0.3, variant: reference, momentum: 0.6, squareMomentum: 0.9, weightDecay: 0.05))
        }
    }

    @Test func polyakAndWarmUpAreTheReferences() throws {
        try compare(
            PolyakPlugin(), ["scale": .real(0.5), "lowest_loss": .real(0.01)], 0.7,
            PolyakStepRule(largestStep: 0.7, scale: 0.5, lowestLoss: 0.01))
        // eta = 1/(10 H0 + 20 H1 f) with H0 = 0.5, H1 = 2: learning rate 0.2, slope 8.
        try compare(LossWarmUpPlugin(), ["slope": .real(8)], 0.2, WarmUpRule(base: 0.5, slope: 2))
    }

    @Test func steepestDescentIsTheReferenceInEveryNorm() throws {
        for (own, ball) in [(SteepestDescentNorm.sign, UnitBall.sign), (.euclid, .euclid)] {
            for (normalized, largest) in [(false, false), (true, false), (false, true)] {
                try compare(
                    SteepestDescentPlugin(),
                    [
                        "norm": .text(own.rawValue), "normalized": .flag(normalized),
                        "only_largest": .flag(largest),
                    ], 0.05,
                    SteepestDescentRule(
                        learningRate: 0.05, ball: ball, normalized: normalized, onlyLargest: largest))
            }
        }
        // Of a column the spectral direction is the Euclidean one, so the whole model can take the spectral ball.
        try compare(
            SteepestDescentPlugin(), ["norm": .text("spectral")], 0.05,
            SteepestDescentRule(learningRate: 0.05, ball: .spectral))
    }

    @Test func gluonIsTheReferenceInBothLengths() throws {
        let balls: [UnitBall] = [.spectralMax, .biasRMS, .signIn, .biasRMS]
        let radii = [1.0, 1, 50, 1]
        let rate = 0.004
        try compare(
            GluonPlugin(), ["saturation": .real(0.3), "oracle": .text("exact")], rate,
            GluonRule(
                balls: balls,
                mode: .adaptive(
                    constant: radii.map { 0.3 / (rate * $0) }, proportional: radii.map { 1 / (rate * $0) })))
        try compare(
            GluonPlugin(), ["length": .text("decaying"), "oracle": .text("exact")], rate,
            GluonRule(balls: balls, mode: .decaying(radii.map { rate * $0 })))
    }

    // MARK: Private methods

    @Test(arguments: [0.0, 1.5]) func privateDescentIsTheReference(noise: Double) throws {
        let values: [String: HyperparameterValue] = [
            "noise_multiplier": .real(noise), "clipping_norm": .real(0.4),
        ]
        let front = PrivateGradient(bound: .fixed(0.4), noiseMultiplier: noise)
        try comparePrivate("dp-sgd", values, 0.2, front, SGDRule(learningRate: 0.2))
        try comparePrivate("dp-sign-sgd", values, 0.01, front, SignRule(learningRate: 0.01))
        try comparePrivate(
            "dp-adam", values, 0.01, front, Methods.AdamRule(learningRate: 0.01, decoupled: true))
    }

    @Test func trackedThresholdFollowsTheReference() throws {
        // The front's multiplier is what is left of 1.5 beside a count noise of 0.8 * 8 examples.
        let left = try #require(GeometricTracker.remainingMultiplier(1.5, countNoise: 6.4))
        let tracker = GeometricTracker(threshold: 0.4, quantile: 0.7, rate: 0.3)
        try comparePrivate(
            "dp-qc-sgd",
            [
                "noise_multiplier": .real(1.5), "clipping_norm": .real(0.4), "clipping_quantile": .real(0.7),
                "threshold_rate": .real(0.3), "count_noise": .real(0.8),
            ], 0.2, PrivateGradient(bound: .tracked(tracker, countNoise: 6.4), noiseMultiplier: left),
            SGDRule(learningRate: 0.2))
    }

    @Test func epsilonIsTheAccountantsAndSurvivesACheckpoint() throws {
        let plugin = try #require(OptimizerRegistry.builtIn.plugin(named: "dp-sgd"))
        var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: ["noise_multiplier": .real(2)])
        #expect(optimizer.metrics["epsilon"] == nil)
        func run(_ steps: Range<Int>, of examples: Int?, _ optimizer: inout any Optimizer<Double>) {
            var parameters = ParameterVector(layout: problem.layout, values: problem.start)
            for step in steps {
                let context = StepContext<Double>(
                    learningRate: 0.1, step: step, totalSteps: 40, loss: 1, trainingExamples: examples)
                optimizer.step(
                    &parameters, gradient: problem.minibatch(at: parameters.values, perExample: true),
                    context: context)
            }
        }
        run(0..<10, of: 400, &optimizer)
        var resumed: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: ["noise_multiplier": .real(2)])
        resumed.state = optimizer.state
        run(10..<40, of: 400, &resumed)
        let expected = try RDPAccountant.whole.guarantee(
            samplingRate: 8.0 / 400, noiseMultiplier: 2, steps: 40, delta: 1e-5)
        #expect(resumed.metrics["epsilon"] == expected.epsilon)

        // A stream shows every example once: the run costs what one step without sampling costs, whatever its length.
        var stream: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: ["noise_multiplier": .real(2)])
        run(0..<40, of: nil, &stream)
        let once = try RDPAccountant.whole.guarantee(
            samplingRate: 1, noiseMultiplier: 2, steps: 1, delta: 1e-5)
        #expect(stream.metrics["epsilon"] == once.epsilon)
    }

    @Test func clippedFractionFallsWithTheSteps() {
        let clipping = QuantileClipping<Double>(quantile: 0.6, decay: 0.5, count: 1)
        #expect(abs(clipping.quantile(step: 0) - 0.6) < 1e-15)
        #expect(abs(clipping.quantile(step: 99) - 0.96) < 1e-15)
        let constant = QuantileClipping<Double>(quantile: 0.6, count: 1)
        #expect(constant.quantile(step: 99) == constant.quantile(step: 0))
    }

    // MARK: Help

    private func tensors(_ x: [Double]) -> [Matrix] {
        problem.layout.slots.map { slot in
            let values = Array(x[slot.range])
            return slot.matrix.map { Matrix(rows: $0.rows, columns: $0.columns, values) }
                ?? Matrix(column: Vector(values))
        }
    }

    private func compare(
        _ plugin: any OptimizerPlugin, _ values: [String: HyperparameterValue], _ rate: Double,
        _ reference: some TensorRule
    ) throws {
        var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: values)
        let actual = problem.train(&optimizer, rate: rate, steps: 10).last
        var rule = reference
        var x = tensors(problem.start)
        for _ in 0..<10 {
            let flat = x.flatMap(\.values)
            rule.step(&x, gradient: tensors(problem.gradient(flat)), loss: problem.loss(flat))
        }
        #expect(deviation(actual, x.flatMap(\.values)) < 1e-10, "\(plugin.descriptor.name) \(values)")
    }

    private func comparePrivate(
        _ name: String, _ values: [String: HyperparameterValue], _ rate: Double, _ front: PrivateGradient,
        _ reference: some TensorRule
    ) throws {
        let plugin = try #require(OptimizerRegistry.builtIn.plugin(named: name))
        var optimizer: any Optimizer<Double> = try plugin.makeOptimizer(
            Double.self, layout: problem.layout, hyperparameters: values)
        let actual = problem.train(&optimizer, rate: rate, steps: 10, perExample: true, seed: 5).last
        var (front, rule) = (front, reference)
        var x = tensors(problem.start)
        for step in 0..<10 {
            let flat = x.flatMap(\.values)
            let rows = problem.perExample(flat)
            let count = flat.count
            let examples = ExampleGradients(
                (0..<(rows.count / count)).map { Vector(Array(rows[($0 * count)..<(($0 + 1) * count)])) })
            var generator = SplitMix64.stream(5, step)
            let mean = front.transform(examples, using: &generator)
            rule.step(&x, gradient: tensors(mean.values), loss: problem.loss(flat))
        }
        #expect(deviation(actual, x.flatMap(\.values)) < 1e-9, "\(name) \(values)")
    }
}
