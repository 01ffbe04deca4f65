public import Engine

/// Scion: averaged momentum, and for every tensor a step to the edge of its own norm ball.
///
///     m = momentum m + (1 - momentum) g                                       alpha = 1 - momentum in the papers
///     x = x - learning_rate radius direction(m)                               unconstrained
///     x = (1 - learning_rate) x - learning_rate radius direction(m)           constrained: stays in the ball
///
/// `direction` is that of the tensor's `LMONorm`, chosen by its role. The constrained form is a conditional-gradient
/// (Frank-Wolfe) step: weight decay of strength one in a ball of the given radius.
///
/// References: T. Pethick et al., "Training deep learning models with norm-constrained LMOs", 2025, arXiv
/// 2502.07529; R. Islamov et al., 2026, arXiv 2603.21191 (momentum conditional gradients). Differs from the authors'
/// code: no constants in denominators, and a kernel of convolution is treated as its flattened matrix,
/// `sqrt(out / (in k^2)) U V^T`, where they divide by one more k.
public struct Scion<Scalar: EngineScalar>: Optimizer {
    /// How one tensor moves.
    struct Ball: Sendable {
        var norm: LMONorm
        var radius: Double
    }

    private let tensors: [ScionTensor]
    private let momentum: Scalar
    private let constrained: Bool
    private let start: MomentumStart
    private var average: [Scalar] = []
    private var direction: [Scalar]
    private var oracle: Orthogonalizer<Scalar>

    /// One ball a tensor, in the order of the layout.
    init(
        layout: ParameterLayout, balls: [Ball], momentum: Double, constrained: Bool, start: MomentumStart,
        oracle: OrthogonalizationOracle, steps: Int, coefficients: NewtonSchulzCoefficients
    ) {
        precondition(
            balls.count == layout.slots.count, "\(balls.count) norms for \(layout.slots.count) tensors")
        tensors = zip(layout.slots, balls).map { slot, ball in
            // A vector is one column; anything of more dimensions is its first one by the rest.
            let rows = max(slot.shape.first ?? 1, 1)
            return ScionTensor(
                start: slot.offset, rows: rows, columns: slot.count / rows, norm: ball.norm,
                radius: ball.radius)
        }
        self.momentum = Scalar(momentum)
        self.constrained = constrained
        self.start = start
        direction = [Scalar](repeating: 0, count: layout.count)
        let spectral = tensors.filter(\.norm.isSpectral).map { ($0.rows, $0.columns) }
        self.oracle = Orthogonalizer(oracle, steps: steps, coefficients: coefficients, shapes: spectral)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let count = mean.count
        let rate = context.learningRate
        let shrink = constrained ? 1 - rate : 1
        let takesFirstWhole = average.isEmpty && start == .gradient
        if average.isEmpty { average = [Scalar](repeating: 0, count: count) }
        let keep = momentum
        let tensors = tensors
        var oracle = Orthogonalizer<Scalar>.idle
        swap(&oracle, &self.oracle)
        defer { swap(&oracle, &self.oracle) }
        withPointers(&parameters.values, &average, &direction, mean) { x, m, d, g in
            Kernels.average(m, gradient: g, count: count, keep: keep, take: takesFirstWhole ? 1 : 1 - keep)
            d.update(from: m, count: count)
            for tensor in tensors where tensor.rows * tensor.columns > 0 {
                tensor.norm.turnIntoDirection(
                    d + tensor.start, rows: tensor.rows, columns: tensor.columns, oracle: &oracle)
                Kernels.move(
                    x + tensor.start, along: d + tensor.start, count: tensor.rows * tensor.columns,
                    factor: -rate * Scalar(tensor.radius), shrink: shrink)
            }
        }
    }

    /// The averaged gradient; empty before the first step.
    public var state: [String: [Scalar]] {
        get { ["momentum": average] }
        set { average = newValue["momentum"] ?? [] }
    }
}

/// One tensor with its ball.
private struct ScionTensor: Sendable {
    var start: Int
    var rows: Int
    var columns: Int
    var norm: LMONorm
    var radius: Double
}
