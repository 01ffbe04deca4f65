public import Engine

/// Adam with decoupled weight decay.
///
///     m = momentum m + (1 - momentum) g                      momentum is the usual beta1
///     v = beta2 v + (1 - beta2) g^2
///     x = (1 - learning_rate weight_decay) x
///         - learning_rate (m / (1 - momentum^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)          t = 1, 2, ...
///
/// With `decoupled_weight_decay: false` the decay is added to the gradient instead: the original Adam.
///
/// Defaults are the paper's (1e-3, 0.9, 0.999, 1e-8). Decay is 0, not PyTorch's 0.01: a decay changes the law of the
/// learning rate, so it is only there when it is asked for.
///
/// Single precision computes its square root by Newton steps, 2 units in the last place; see `AdamKernel.swift`.
///
/// References: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2014, arXiv 1412.6980;
/// I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2017, arXiv 1711.05101.
public struct AdamW<Scalar: EngineScalar>: Optimizer {
    private var rule: AdamRule<Scalar>

    init(rule: AdamRule<Scalar>) { self.rule = rule }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        rule.step(&parameters.values, gradient: gradient.mean.values, rate: context.learningRate)
    }

    /// Both moments and the number of steps.
    public var state: [String: [Scalar]] {
        get { rule.state }
        set { rule.state = newValue }
    }
}

/// `adamw` in sweep files.
public struct AdamWPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "adamw",
        summary: "Adam with decoupled weight decay.",
        hyperparameters: [
            .learningRate(1e-3, "About how far every coordinate moves in a step."),
            .momentum(0.9, "Fraction of the averaged gradient kept (beta1)."),
            .beta2(0.999),
            .epsilon(1e-8),
            .weightDecay(0, "The parameters shrink by learning_rate * weight_decay."),
            .flag(
                "decoupled_weight_decay", true,
                "Off: the decay is added to the gradient, as in the first Adam."),
        ],
        geometry: .sign,
        references: [
            .init(
                "D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2014",
                locator: "arXiv:1412.6980"),
            .init(
                "I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2017",
                locator: "arXiv:1711.05101"),
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return AdamW<Scalar>(
            rule: AdamRule(
                count: layout.count, beta1: try settings.real("momentum"), beta2: try settings.real("beta2"),
                epsilon: try settings.real("epsilon"), weightDecay: try settings.real("weight_decay"),
                decoupled: try settings.flag("decoupled_weight_decay")))
    }
}
