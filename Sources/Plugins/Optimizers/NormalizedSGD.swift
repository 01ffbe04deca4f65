public import Engine

/// Normalised gradient descent with averaged momentum: every step has the length of the learning rate.
///
///     m = momentum m + (1 - momentum) g
///     x = (1 - learning_rate weight_decay) x - learning_rate m / |m|          |.| over all tensors together
///
/// A zero average moves nothing. The method is the LMO step of the Euclidean ball, the simplest the `lmo` theory
/// speaks about.
///
/// Defaults: momentum 0.9 as for signs; learning rate 0.05 in units of parameter length, small against a network's
/// norm (tens to hundreds) and large enough to arrive in some hundred steps.
///
/// Reference: A. Cutkosky, H. Mehta, "Momentum improves normalized SGD", 2020, arXiv 2002.03305.
public struct NormalizedSGD<Scalar: EngineScalar>: Optimizer {
    private let momentum: Scalar
    private let decay: Scalar
    private let start: MomentumStart
    private var average: [Scalar] = []

    init(momentum: Double, weightDecay: Double, start: MomentumStart) {
        self.momentum = Scalar(momentum)
        decay = Scalar(weightDecay)
        self.start = start
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let count = mean.count
        let rate = context.learningRate
        let takesFirstWhole = average.isEmpty && start == .gradient
        if average.isEmpty { average = [Scalar](repeating: 0, count: count) }
        let keep = momentum
        let shrink = 1 - rate * decay
        withPointers(&parameters.values, &average, mean) { x, m, g in
            Kernels.average(m, gradient: g, count: count, keep: keep, take: takesFirstWhole ? 1 : 1 - keep)
            let length = Kernels.sumOfSquares(m, count: count).squareRoot()
            let factor: Scalar = length > 0 ? -rate / Scalar(length) : 0
            Kernels.move(x, along: m, count: count, factor: factor, shrink: shrink)
        }
    }

    /// The averaged gradient; empty before the first step.
    public var state: [String: [Scalar]] {
        get { ["momentum": average] }
        set { average = newValue["momentum"] ?? [] }
    }
}

/// `normalized-sgd` in sweep files.
public struct NormalizedSGDPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "normalized-sgd",
        summary: "Descent along the averaged gradient with steps of a fixed Euclidean length.",
        hyperparameters: [
            .learningRate(0.05, "Euclidean length of a step over all parameters together."),
            .momentum(0.9, "Fraction of the averaging buffer kept."),
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
            .choice("initial_momentum", MomentumStart.zero, "What the average starts from."),
        ],
        geometry: .euclidean,
        references: [
            .init(
                "A. Cutkosky, H. Mehta, Momentum improves normalized SGD, 2020", locator: "arXiv:2002.03305")
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return NormalizedSGD<Scalar>(
            momentum: try settings.real("momentum"), weightDecay: try settings.real("weight_decay"),
            start: try settings.choice("initial_momentum"))
    }
}
