public import Engine

/// Steepest descent in a norm: on every tensor, `x = x - learning_rate |g|_* direction(g)`.
///
/// | norm | step of a tensor |
/// |---|---|
/// | euclid | `g`: gradient descent |
/// | sign | `|g|_1 sign g` |
/// | spectral | `|g|_nuclear U V^T`, on matrices; Euclidean on vectors |
///
/// `normalized` leaves `|g|_*` out: sign descent, and Muon without momentum. `only_largest` moves only the tensor of the
/// largest dual norm: block coordinate descent. With D the smoothness along the step the loss falls if and only if
/// `D < 2/learning_rate`: training sits at that edge, in every one of these norms.
///
/// The spectral direction is exact here; Newton-Schulz would blur the edge.
///
/// Default: learning rate 0.05; no theory knows it without the smoothness.
///
/// Reference: non-Euclidean edge of stability, 2026, arXiv 2603.05002.
public struct SteepestDescent<Scalar: EngineScalar>: Optimizer {
    private let isNormalized: Bool
    private let onlyLargest: Bool
    private let decay: Scalar
    private var directions: BallDirections<Scalar>

    init(
        layout: ParameterLayout, norm: SteepestDescentNorm, normalized: Bool, onlyLargest: Bool,
        weightDecay: Double
    ) {
        isNormalized = normalized
        self.onlyLargest = onlyLargest
        decay = Scalar(weightDecay)
        directions = BallDirections(
            layout.slots.map { slot in
                let isVector = slot.shape.count < 2
                return BallTensor(
                    slot, norm: norm == .spectral && isVector ? .euclid : norm.ball, radius: 1)
            }, count: layout.count, oracle: .exact, steps: 0)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        directions.turn(gradient.mean.values)
        let duals = directions.dualNorms
        let largest = duals.max()
        let rate = Double(context.learningRate)
        let lengths = duals.map { dual -> Double? in
            onlyLargest && dual != largest ? nil : rate * (isNormalized ? 1 : dual)
        }
        directions.move(&parameters.values, lengths: lengths, shrink: 1 - context.learningRate * decay)
    }

    /// Nothing is remembered.
    public var state: [String: [Scalar]] {
        get { [:] }
        set {}
    }
}

/// The norms of `steepest-descent`.
enum SteepestDescentNorm: String, CaseIterable {
    case sign, spectral, euclid

    var ball: LMONorm {
        switch self {
        case .sign: .sign
        case .spectral: .spectral
        case .euclid: .euclid
        }
    }
}

/// `steepest-descent` in sweep files.
public struct SteepestDescentPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "steepest-descent",
        summary: "Steepest descent in the largest entry, the spectral or the Euclidean norm of each tensor.",
        hyperparameters: [
            .learningRate(0.05, "Step per gradient, measured in the norm."),
            .choice("norm", SteepestDescentNorm.sign, "What a step is short in."),
            .flag(
                "normalized", false, "Leave the gradient's length out: a step has the learning rate's length."
            ),
            .flag("only_largest", false, "Move only the tensor whose gradient is longest."),
            .weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."),
        ],
        geometry: .gradient,
        references: [.init("Non-Euclidean edge of stability, 2026", locator: "arXiv:2603.05002")],
        rule: "x = x - learning_rate |g|_* direction(g)          on every tensor", maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return SteepestDescent<Scalar>(
            layout: layout, norm: try settings.choice("norm"), normalized: try settings.flag("normalized"),
            onlyLargest: try settings.flag("only_largest"), weightDecay: try settings.real("weight_decay"))
    }
}
