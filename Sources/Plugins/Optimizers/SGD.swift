public import Engine

/// Stochastic gradient descent with heavy-ball or Nesterov momentum.
///
///     d = g + weight_decay x                       (coupled; decoupled: x shrinks by 1 - learning_rate weight_decay)
///     b = d at the first step, then momentum b + (1 - dampening) d
///     x = x - learning_rate (nesterov ? d + momentum b : b)
///
/// The buffer *sums*: at `dampening` 0 the effective step is `learning_rate / (1 - momentum)`, so the best rate is
/// nearly proportional to `1 - momentum`. These are the semantics of the SGD of PyTorch, so that rates carry over.
///
/// Defaults: learning rate 0.1 and momentum 0.9 are the values of the image-classification recipes this method is
/// used with; dampening and decay are off.
///
/// Reference: B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; I. Sutskever,
/// J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep learning", 2013.
public struct SGD<Scalar: EngineScalar>: Optimizer {
    private let momentum: Scalar
    private let take: Scalar
    private let nesterov: Bool
    private let coupledDecay: Scalar
    private let decoupledDecay: Scalar
    /// Empty before the first step, and always without momentum.
    private var buffer: [Scalar] = []

    init(
        momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false, weightDecay: Double = 0,
        decoupled: Bool = false
    ) {
        self.momentum = Scalar(momentum)
        take = Scalar(1 - dampening)
        self.nesterov = nesterov
        coupledDecay = Scalar(decoupled ? 0 : weightDecay)
        decoupledDecay = Scalar(decoupled ? weightDecay : 0)
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
        let count = mean.count
        let shrink = 1 - rate * decoupledDecay
        guard momentum != 0 else {
            withPointers(&parameters.values, mean) { x, g in
                Kernels.plainStep(
                    x, gradient: g, count: count, rate: rate, coupledDecay: coupledDecay, shrink: shrink)
            }
            return
        }
        let isFirst = buffer.isEmpty
        if isFirst { buffer = [Scalar](repeating: 0, count: count) }
        let coefficients = Kernels.Momentum(
            coupledDecay: coupledDecay, keep: isFirst ? 0 : momentum, take: isFirst ? 1 : take,
            shrink: shrink, rate: rate, direct: nesterov ? 1 : 0, buffered: nesterov ? momentum : 1)
        withPointers(&parameters.values, &buffer, mean) { x, b, g in
            Kernels.momentumStep(x, buffer: b, gradient: g, count: count, coefficients)
        }
    }

    /// The momentum buffer; empty before the first step.
    public var state: [String: [Scalar]] {
        get { ["momentum": buffer] }
        set { buffer = newValue["momentum"] ?? [] }
    }
}

/// `sgd` in sweep files.
public struct SGDPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "sgd",
        summary: "Stochastic gradient descent with heavy-ball or Nesterov momentum.",
        hyperparameters: [
            .learningRate(
                0.1, "Step per gradient; with momentum the effective step is 1/(1 - momentum) times it."),
            .momentum(0.9, "Fraction of the summing buffer kept."),
            .weightDecay(0, "Added to the gradient as weight_decay x, unless decoupled."),
            .init(
                name: "dampening", summary: "Fraction of a new gradient kept out of the buffer.",
                kind: .real(min: 0, max: 1), defaultValue: .real(0)),
            .flag("nesterov", false, "Look ahead along the buffer."),
            .flag(
                "decoupled_weight_decay", false,
                "Shrink the parameters by learning_rate * weight_decay instead."),
        ],
        geometry: .gradient,
        references: [
            .init("B. Polyak, Some methods of speeding up the convergence of iteration methods, 1964"),
            .init(
                "I. Sutskever, J. Martens, G. Dahl, G. Hinton, On the importance of initialization and momentum in "
                    + "deep learning, 2013"),
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return SGD<Scalar>(
            momentum: try settings.real("momentum"), dampening: try settings.real("dampening"),
            nesterov: try settings.flag("nesterov"), weightDecay: try settings.real("weight_decay"),
            decoupled: try settings.flag("decoupled_weight_decay"))
    }
}
