public import Engine

/// Sign descent with averaged momentum (Signum): every coordinate moves by exactly the learning rate.
///
///     m = momentum m + (1 - momentum) g
///     x = (1 - learning_rate weight_decay) x - learning_rate sign(m)          sign(0) = 0
///
/// Without momentum this is signSGD. The LMO step of the max-norm ball, and the limit of Adam for small epsilon and
/// equal, slowly forgetting averages, which is why the `lmo` theory is used for Adam too.
///
/// Defaults: momentum 0.9 and learning rate 1e-3, Adam's, because the steps have Adam's size.
///
/// Reference: J. Bernstein, Y. Wang, K. Azizzadenesheli, A. Anandkumar, "signSGD: compressed optimisation for
/// non-convex problems", 2018, arXiv 1802.04434.
public struct SignSGD<Scalar: EngineScalar>: Optimizer {
    private let momentum: Scalar
    private let decay: Scalar
    private var average: [Scalar]

    init(count: Int, momentum: Double, weightDecay: Double) {
        self.momentum = Scalar(momentum)
        decay = Scalar(weightDecay)
        average = [Scalar](repeating: 0, count: count)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        step(&parameters, mean: gradient.mean.values, rate: context.learningRate)
    }

    /// One step with an already reduced gradient: what methods that only change the gradient build on.
    mutating func step(_ parameters: inout ParameterVector<Scalar>, mean: [Scalar], rate: Scalar) {
        let keep = momentum
        let shrink = 1 - rate * decay
        withPointers(&parameters.values, &average, mean) { x, m, g in
            Kernels.signStep(
                x, buffer: m, gradient: g, count: mean.count, keep: keep, take: 1 - keep, rate: rate,
                shrink: shrink)
        }
    }

    /// The averaged gradient.
    public var state: [String: [Scalar]] {
        get { ["momentum": average] }
        set { average = newValue["momentum"] ?? average }
    }
}

/// `sign-sgd` in sweep files.
public struct SignSGDPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "sign-sgd",
        summary: "Sign of the averaged gradient: every coordinate moves by the learning rate (Signum).",
        hyperparameters: [
            .learningRate(1e-3, "How far every coordinate moves in a step."),
            .momentum(0.9, "Fraction of the averaging buffer kept; 0 is signSGD."),
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .sign,
        references: [
            .init(
                "J. Bernstein, Y. Wang, K. Azizzadenesheli, A. Anandkumar, signSGD: compressed optimisation for "
                    + "non-convex problems, 2018", locator: "arXiv:1802.04434")
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return SignSGD<Scalar>(
            count: layout.count, momentum: try settings.real("momentum"),
            weightDecay: try settings.real("weight_decay"))
    }
}
