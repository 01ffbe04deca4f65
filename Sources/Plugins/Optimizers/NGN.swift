public import Engine
internal import Foundation

/// How gradients are weighed by the NGN family.
enum NGNVariant: String, CaseIterable, Sendable {
    /// One step for all: NGN, and NGN-M with momentum.
    case scalar
    /// A step a coordinate: NGN-D.
    case diagonal
    /// One step in Adam's metric: NGN-MDv1.
    case preconditioned
    /// A step a coordinate in Adam's metric: NGN-MDv2.
    case preconditionedDiagonal = "preconditioned_diagonal"

    var usesSquares: Bool { self == .preconditioned || self == .preconditionedDiagonal }
    var isDiagonal: Bool { self == .diagonal || self == .preconditionedDiagonal }
}

/// The NGN family: steps that cannot outrun a non-negative loss. c is the scheduled learning rate.
///
/// | variant | step |
/// |---|---|
/// | scalar | `s = c/(1 + c |g|^2/(2 f))` |
/// | diagonal | `s_j = c/(1 + c g_j^2/(2 f))` |
/// | preconditioned | `s_j = s/D_j`, `s = c/(1 + c/(2 f) sum g_j^2/D_j)` |
/// | preconditioned_diagonal | `s_j = (c/D_j)/(1 + (c/D_j) g_j^2/(2 f))` |
///
///     x+ = (1 - c weight_decay) x - (1 - momentum) s g + momentum (x - x_prev)
///     D = epsilon + sqrt(v/(1 - beta2^t)),   v = beta2 v + (1 - beta2) g^2
///
/// f is the minibatch loss; a loss that is not positive leaves the inertia alone. `s` of the scalar form lies in
/// `[c/(1 + c L), c]`, so that a c far too large still converges: a sweep over it has a wide flat valley. The place of D
/// in the last variant is our reading of the paper.
///
/// Defaults: c = 1 on the scale of the loss (a value that is "too large" is what the method is for); momentum 0.9 is
/// NGN-M, beta2 0.999 and epsilon 1e-8 are Adam's.
///
/// References: A. Orvieto, L. Xiao, "NGN", 2024, arXiv 2407.04358; R. Islamov, N. Ajroldi, A. Orvieto, A. Lucchi,
/// "NGN-M", 2025, arXiv 2508.15071.
public struct NGN<Scalar: EngineScalar>: Optimizer {
    private let variant: NGNVariant
    private let momentum: Scalar
    private let beta2: Double
    private let epsilon: Scalar
    private let decay: Scalar
    /// The parameters before the last step; empty before the first.
    private var last: [Scalar] = []
    private var second: [Scalar]
    private var metric: [Scalar]
    private var steps = 0

    init(
        count: Int, variant: NGNVariant, momentum: Double, beta2: Double, epsilon: Double, weightDecay: Double
    ) {
        self.variant = variant
        self.momentum = Scalar(momentum)
        self.beta2 = beta2
        self.epsilon = Scalar(epsilon)
        decay = Scalar(weightDecay)
        second = [Scalar](repeating: 0, count: variant.usesSquares ? count : 0)
        metric = [Scalar](repeating: 1, count: count)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        steps += 1
        let mean = gradient.mean.values
        let count = mean.count
        if last.isEmpty { last = parameters.values }
        if variant.usesSquares {
            let (keep, epsilon) = (Scalar(beta2), epsilon)
            let correction = Scalar(1 / (1 - pow(beta2, Double(steps))))
            withPointers(&metric, &second, mean) { d, v, g in
                Kernels.adamMetric(
                    d, second: v, gradient: g, count: count, keep: keep, inverseCorrection: correction,
                    epsilon: epsilon)
            }
        }
        let loss = Double(context.loss)
        let rate = context.learningRate
        var scale: Scalar = 0
        var halfInverseLoss: Scalar?
        if loss > 0, variant.isDiagonal {
            scale = rate
            halfInverseLoss = Scalar(1 / (2 * loss))
        } else if loss > 0 {
            var squares = 0.0
            withPointers(&metric, mean) { d, g in
                squares = Kernels.squaresInMetric(g, metric: UnsafePointer(d), count: count)
            }
            scale = Scalar(Double(rate) / (1 + Double(rate) * squares / (2 * loss)))
        }
        let (keep, shrink) = (momentum, 1 - rate * decay)
        withPointers(&parameters.values, &last, &metric, mean) { x, last, d, g in
            Kernels.ngnStep(
                x, last: last, metric: UnsafePointer(d), gradient: g, count: count, scale: scale,
                halfInverseLoss: halfInverseLoss, keep: keep, shrink: shrink)
        }
    }

    /// The last parameters, mean squares and the number of steps (exact in `Float` up to 16.7 million).
    public var state: [String: [Scalar]] {
        get { ["last_parameters": last, "second_moment": second, "steps": [Scalar(steps)]] }
        set {
            last = newValue["last_parameters"] ?? last
            second = newValue["second_moment"] ?? second
            steps = newValue["steps"]?.first.map { Int($0) } ?? steps
        }
    }
}

/// `ngn` in sweep files.
public struct NGNPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "ngn",
        summary: "Steps bounded by the minibatch loss: NGN, NGN-M, NGN-D, NGN-MDv1 and NGN-MDv2.",
        hyperparameters: [
            .learningRate(1, "c: no step is longer than c times the (preconditioned) gradient."),
            .momentum(0.9, "Fraction of the last move repeated; 0 is NGN and NGN-D."),
            .choice(
                "variant", NGNVariant.scalar,
                "One step for all, one a coordinate, or either in Adam's metric."),
            .beta2(0.999), .epsilon(1e-8),
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .gradient,
        references: [
            .init("A. Orvieto, L. Xiao, NGN, 2024", locator: "arXiv:2407.04358"),
            .init(
                "R. Islamov, N. Ajroldi, A. Orvieto, A. Lucchi, NGN-M, 2025", locator: "arXiv:2508.15071"),
        ],
        rule: """
            s = c / (1 + c |g|^2 / (2 loss)),   c = learning_rate
            x+ = (1 - c weight_decay) x - (1 - momentum) s g + momentum (x - x_prev)
            """,
        maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return NGN<Scalar>(
            count: layout.count, variant: try settings.choice("variant"),
            momentum: try settings.real("momentum"), beta2: try settings.real("beta2"),
            epsilon: try settings.real("epsilon"), weightDecay: try settings.real("weight_decay"))
    }
}
