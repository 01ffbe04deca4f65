public import Engine

/// RMSprop and RMSpropW: gradients over their running root mean squares.
///
///     v = beta2 v + (1 - beta2) g^2                           v = 0 at first, no bias correction
///     u = g / (sqrt(v) + epsilon)                             epsilon_inside: g / sqrt(v + epsilon)
///     b = momentum b + u                                      the buffer sums
///     x = x - learning_rate b
///
/// Decay is decoupled (RMSpropW), or added to the gradient (`decoupled_weight_decay: false`). The first step is
/// `1/sqrt(1 - beta2)` times longer than later ones: give long runs a warm-up.
///
/// Defaults: 1e-3, beta2 0.99, epsilon 1e-8, momentum 0: those of PyTorch, but for its learning rate of 1e-2.
///
/// References: T. Hinton, lecture notes, 2012; S. Malladi et al., 2022, arXiv 2205.10287 (its SDE).
public struct RMSprop<Scalar: EngineScalar>: Optimizer {
    private let keep: Scalar
    private let epsilon: Scalar
    private let isEpsilonInside: Bool
    private let momentum: Scalar
    private let coupledDecay: Scalar
    private let decoupledDecay: Scalar
    private var second: [Scalar]
    private var buffer: [Scalar]

    init(
        count: Int, beta2: Double, epsilon: Double, epsilonInside: Bool, momentum: Double,
        weightDecay: Double, decoupled: Bool
    ) {
        keep = Scalar(beta2)
        self.epsilon = Scalar(epsilon)
        isEpsilonInside = epsilonInside
        self.momentum = Scalar(momentum)
        coupledDecay = Scalar(decoupled ? 0 : weightDecay)
        decoupledDecay = Scalar(decoupled ? weightDecay : 0)
        second = [Scalar](repeating: 0, count: count)
        buffer = second
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let rate = context.learningRate
        let coefficients = Kernels.RMSprop(
            coupledDecay: coupledDecay, keep: keep, inside: isEpsilonInside ? epsilon : 0,
            outside: isEpsilonInside ? 0 : epsilon, inertia: momentum, rate: rate,
            shrink: 1 - rate * decoupledDecay)
        withPointers(&parameters.values, &second, &buffer, mean) { x, v, b, g in
            Kernels.rmspropStep(x, second: v, buffer: b, gradient: g, count: mean.count, coefficients)
        }
    }

    /// Mean squares and the buffer.
    public var state: [String: [Scalar]] {
        get { ["second_moment": second, "momentum": buffer] }
        set {
            second = newValue["second_moment"] ?? second
            buffer = newValue["momentum"] ?? buffer
        }
    }
}

/// `rmsprop` in sweep files.
public struct RMSpropPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "rmsprop",
        summary: "Gradients over their running root mean squares; with decoupled decay RMSpropW.",
        hyperparameters: [
            .learningRate(1e-3, "About how far every coordinate moves in a step."),
            .momentum(0, "Fraction of the summing buffer kept."),
            .beta2(0.99), .epsilon(1e-8),
            .flag("epsilon_inside", false, "Add epsilon under the root, as analyses by SDEs do."),
            .weightDecay(0, "The parameters shrink by learning_rate * weight_decay."),
            .flag("decoupled_weight_decay", true, "Off: the decay is added to the gradient."),
        ],
        geometry: .sign,
        references: [
            .init("T. Hinton, Neural networks for machine learning, lecture notes, 2012"),
            .init(
                "S. Malladi et al., On the SDEs and scaling rules for adaptive gradient algorithms, 2022",
                locator: "arXiv:2205.10287"),
        ],
        rule: """
            v = beta2 v + (1 - beta2) g^2
            b = momentum b + g / (sqrt(v) + epsilon)
            x = (1 - learning_rate weight_decay) x - learning_rate b
            """)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return RMSprop<Scalar>(
            count: layout.count, beta2: try settings.real("beta2"), epsilon: try settings.real("epsilon"),
            epsilonInside: try settings.flag("epsilon_inside"), momentum: try settings.real("momentum"),
            weightDecay: try settings.real("weight_decay"),
            decoupled: try settings.flag("decoupled_weight_decay"))
    }
}
