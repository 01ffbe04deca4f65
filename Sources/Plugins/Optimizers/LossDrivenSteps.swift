public import Engine

/// Gradient descent whose step follows from the minibatch loss: the Polyak step, and the warm-up that falls out of
/// relaxed smoothness.
///
///     polyak:   s = min(learning_rate, (f - lowest_loss) / (scale |g|^2))
///     warm-up:  s = learning_rate / (1 + slope max(0, f - lowest_loss))
///     x = (1 - learning_rate weight_decay) x - s g
///
/// *Polyak* (SPS_max): scale 1/2 for strongly convex losses, 1 in general; a zero gradient moves nothing.
///
/// *Warm-up*: under `|hessian| <= H0 + H1 (f - f*)` the safe step is `1/(a H0 + b H1 (f - f*))`, which grows as the loss
/// falls. Here `learning_rate = 1/(a H0)`, the step at the bottom, and `slope = b H1/(a H0)`, per nat. Some printed
/// constants of the source have counterexamples: sweep both instead of trusting them. Use it with a constant schedule.
///
/// References: N. Loizou, S. Vaswani, I. Laradji, S. Lacoste-Julien, "Stochastic Polyak step-size for SGD", 2020, arXiv
/// 2002.10542; warm-up through (H0, H1)-smoothness, 2025, arXiv 2510.03164.
public struct LossDrivenDescent<Scalar: EngineScalar>: Optimizer {
    /// How the step follows from the loss.
    enum Step: Sendable {
        case polyak(scale: Double)
        case warmUp(slope: Double)
    }

    private let rule: Step
    private let lowestLoss: Double
    private let decay: Scalar

    init(rule: Step, lowestLoss: Double, weightDecay: Double) {
        self.rule = rule
        self.lowestLoss = lowestLoss
        decay = Scalar(weightDecay)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let gap = max(0, Double(context.loss) - lowestLoss)
        let peak = Double(context.learningRate)
        let shrink = 1 - context.learningRate * decay
        withPointers(&parameters.values, mean) { x, g in
            let step: Double
            switch rule {
            case .polyak(let scale):
                let squares = Kernels.sumOfSquares(g, count: mean.count)
                step = squares > 0 ? min(peak, gap / (scale * squares)) : 0
            case .warmUp(let slope):
                step = peak / (1 + slope * gap)
            }
            Kernels.move(x, along: g, count: mean.count, factor: Scalar(-step), shrink: shrink)
        }
    }

    /// Nothing is remembered.
    public var state: [String: [Scalar]] {
        get { [:] }
        set {}
    }
}

extension HyperparameterDescriptor {
    /// A bound of the minibatch loss from below.
    static let lowestLoss = HyperparameterDescriptor(
        name: "lowest_loss", summary: "Lower bound of the minibatch loss.", kind: .real(min: -1e6, max: 1e6),
        defaultValue: .real(0), unit: "nats")
}

/// `polyak` in sweep files.
public struct PolyakPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources. Scale 1 is the choice for losses that are not strongly convex.
    public let descriptor = OptimizerDescriptor(
        name: "polyak",
        summary: "The Polyak step of each minibatch, bounded by the learning rate (SPS_max).",
        hyperparameters: [
            .learningRate(1, "Longest step per gradient."),
            .factor("scale", 1, 1e-3...1e3, "The step is the loss over scale times the squared gradient."),
            .lowestLoss,
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .gradient,
        references: [
            .init(
                "N. Loizou, S. Vaswani, I. Laradji, S. Lacoste-Julien, Stochastic Polyak step-size for SGD, 2020",
                locator: "arXiv:2002.10542")
        ],
        rule: "x = x - min(learning_rate, (loss - lowest_loss) / (scale |g|^2)) g", maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return LossDrivenDescent<Scalar>(
            rule: .polyak(scale: try settings.real("scale")), lowestLoss: try settings.real("lowest_loss"),
            weightDecay: try settings.real("weight_decay"))
    }
}

/// `loss-warm-up` in sweep files.
public struct LossWarmUpPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources. Slope 1 halves the step one nat above the bottom.
    public let descriptor = OptimizerDescriptor(
        name: "loss-warm-up",
        summary: "SGD whose step grows as the loss falls: a warm-up without a schedule.",
        hyperparameters: [
            .learningRate(0.1, "Step per gradient at the lowest loss."),
            .init(
                name: "slope", summary: "How much a nat of loss shortens the step.",
                kind: .real(min: 0, max: 1e6),
                defaultValue: .real(1), scale: .log, unit: "1/nat"),
            .lowestLoss,
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .gradient,
        references: [.init("Why warm-up: (H0, H1)-smoothness, 2025", locator: "arXiv:2510.03164")],
        rule: "x = x - learning_rate / (1 + slope max(0, loss - lowest_loss)) g", maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return LossDrivenDescent<Scalar>(
            rule: .warmUp(slope: try settings.real("slope")), lowestLoss: try settings.real("lowest_loss"),
            weightDecay: try settings.real("weight_decay"))
    }
}
