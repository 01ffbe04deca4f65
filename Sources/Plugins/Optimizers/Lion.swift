public import Engine

/// Lion: the sign of a fresh average, while a slower one remembers.
///
///     u = momentum m + (1 - momentum) g
///     x = (1 - learning_rate weight_decay) x - learning_rate sign(u)          sign(0) = 0
///     m = beta2 m + (1 - beta2) g                                             m = 0 at first
///
/// Every coordinate moves by the learning rate, as with `sign-sgd`, which is the case beta2 = momentum up to one step.
///
/// Defaults: momentum 0.9 and beta2 0.99 are the paper's; learning rate 3e-4, because Lion's are 3 to 10 times smaller
/// than Adam's. Decay is off, as everywhere here.
///
/// Reference: X. Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv 2302.06675.
public struct Lion<Scalar: EngineScalar>: Optimizer {
    private let fresh: Scalar
    private let keep: Scalar
    private let decay: Scalar
    private var average: [Scalar]

    init(count: Int, momentum: Double, slowMomentum: Double, weightDecay: Double) {
        fresh = Scalar(momentum)
        keep = Scalar(slowMomentum)
        decay = Scalar(weightDecay)
        average = [Scalar](repeating: 0, count: count)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let rate = context.learningRate
        let (fresh, keep, shrink) = (fresh, keep, 1 - rate * decay)
        withPointers(&parameters.values, &average, mean) { x, m, g in
            Kernels.lionStep(
                x, buffer: m, gradient: g, count: mean.count, fresh: fresh, keep: keep, rate: rate,
                shrink: shrink)
        }
    }

    /// The slow average.
    public var state: [String: [Scalar]] {
        get { ["momentum": average] }
        set { average = newValue["momentum"] ?? average }
    }
}

/// `lion` in sweep files.
public struct LionPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "lion",
        summary: "Sign of a fresh average of the gradient, beside a slow one that remembers.",
        hyperparameters: [
            .learningRate(3e-4, "How far every coordinate moves in a step."),
            .momentum(0.9, "Weight of the slow average in the direction of a step."),
            .init(
                name: "beta2", summary: "Fraction of the slow average kept.",
                kind: .real(min: 0, max: 0.999_999), defaultValue: .real(0.99), scale: .complementLog),
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .sign,
        references: [
            .init(
                "X. Chen et al., Symbolic discovery of optimization algorithms, 2023",
                locator: "arXiv:2302.06675")
        ],
        rule: """
            u = momentum m + (1 - momentum) g
            x = (1 - learning_rate weight_decay) x - learning_rate sign(u)
            m = beta2 m + (1 - beta2) g
            """)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return Lion<Scalar>(
            count: layout.count, momentum: try settings.real("momentum"),
            slowMomentum: try settings.real("beta2"), weightDecay: try settings.real("weight_decay"))
    }
}
