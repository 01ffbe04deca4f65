public import Engine

/// Muon: averaged momentum, orthogonalised on hidden matrices; AdamW on all other tensors.
///
///     m = momentum m + (1 - momentum) g
///     u = nesterov ? momentum m + (1 - momentum) g : m
///     X = (1 - learning_rate weight_decay) X - learning_rate scale(rows, columns) orth(u)
///
/// `orth` is a few Newton-Schulz steps (`NewtonSchulz`), `scale` one of `MuonScale`. Hidden matrices are the
/// two-dimensional tensors of role `hidden` or `convolution`. A model without any is trained by AdamW alone.
///
/// The other tensors take AdamW with the rate `auxiliary_learning_rate_ratio * learning_rate`, so that one learning
/// rate tunes the whole model; their decay is multiplied by their own rate.
///
/// Defaults: learning rate 0.02, momentum 0.95, Nesterov and five quintic steps are the method's own. The ratio 0.1
/// puts AdamW at 2e-3 there: what small transformers take with Adam. Auxiliary momentum 0.9, beta2 0.95 and epsilon
/// 1e-8 are the usual transformer values and not worth a sweep.
///
/// References: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; J. Liu et al.,
/// "Muon is scalable for LLM training", 2025, arXiv 2502.16982 (`rms` scale, weight decay). The norm is clamped at
/// 1e-7 where the first code adds 1e-7 to it.
public struct Muon<Scalar: EngineScalar>: Optimizer {
    private let matrices: [MuonMatrix]
    private let others: [Range<Int>]
    private let momentum: Scalar
    private let decay: Scalar
    private let nesterov: Bool
    private var average: [Scalar]
    private var update: [Scalar]
    private var oracle: Orthogonalizer<Scalar>
    private var auxiliary: MuonAuxiliary<Scalar>

    init(
        layout: ParameterLayout, momentum: Double, nesterov: Bool, weightDecay: Double, scale: MuonScale,
        oracle: OrthogonalizationOracle, steps: Int, coefficients: NewtonSchulzCoefficients,
        auxiliary: MuonAuxiliary<Scalar>, orthogonalizes: (TensorSlot) -> Bool = Self.isHiddenMatrix
    ) {
        var matrices: [MuonMatrix] = []
        var others: [Range<Int>] = []
        for slot in layout.slots {
            if let (rows, columns) = slot.matrix, orthogonalizes(slot) {
                matrices.append(
                    MuonMatrix(
                        start: slot.offset, rows: rows, columns: columns,
                        scale: scale.factor(rows: rows, columns: columns)))
            } else {
                others.append(slot.range)
            }
        }
        self.matrices = matrices
        self.others = others
        self.momentum = Scalar(momentum)
        decay = Scalar(weightDecay)
        self.nesterov = nesterov
        average = [Scalar](repeating: 0, count: layout.count)
        update = [Scalar](repeating: 0, count: layout.count)
        self.oracle = Orthogonalizer(
            oracle, steps: steps, coefficients: coefficients, shapes: matrices.map { ($0.rows, $0.columns) })
        self.auxiliary = auxiliary
    }

    /// The choice of the published method; convolution kernels are stored flattened to two dimensions.
    static func isHiddenMatrix(_ slot: TensorSlot) -> Bool {
        slot.role == .hidden || slot.role == .convolution
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let rate = context.learningRate
        let shrink = 1 - rate * decay
        let keep = momentum
        let looksAhead = nesterov
        let matrices = matrices
        let plain: [Range<Int>] = if case .average = auxiliary { others } else { [] }
        var oracle = Orthogonalizer<Scalar>.idle
        swap(&oracle, &self.oracle)
        defer { swap(&oracle, &self.oracle) }
        withPointers(&parameters.values, &average, &update, mean) { x, m, u, g in
            /// Averages the range and leaves the direction before orthogonalisation in `u`.
            func advance(_ start: Int, _ count: Int) {
                Kernels.average(m + start, gradient: g + start, count: count, keep: keep, take: 1 - keep)
                if looksAhead {
                    Kernels.combine(u + start, keep, m + start, 1 - keep, g + start, count: count)
                } else {
                    (u + start).update(from: m + start, count: count)
                }
            }
            for matrix in matrices {
                advance(matrix.start, matrix.count)
                oracle.orthogonalize(u + matrix.start, rows: matrix.rows, columns: matrix.columns)
                Kernels.move(
                    x + matrix.start, along: u + matrix.start, count: matrix.count,
                    factor: -rate * Scalar(matrix.scale), shrink: shrink)
            }
            for range in plain {
                advance(range.lowerBound, range.count)
                Kernels.move(
                    x + range.lowerBound, along: u + range.lowerBound, count: range.count, factor: -rate,
                    shrink: shrink)
            }
        }
        if case .adam(var rule, let ratio) = auxiliary, !others.isEmpty {
            auxiliary = .average
            rule.step(&parameters.values, gradient: mean, ranges: others, rate: rate * ratio)
            auxiliary = .adam(rule, rateRatio: ratio)
        }
    }

    /// The averaged gradient, and the buffers of AdamW on the other tensors.
    public var state: [String: [Scalar]] {
        get {
            guard case .adam(let rule, _) = auxiliary else { return ["momentum": average] }
            return rule.state.merging(["momentum": average]) { _, new in new }
        }
        set {
            average = newValue["momentum"] ?? average
            if case .adam(var rule, let ratio) = auxiliary {
                rule.state = newValue
                auxiliary = .adam(rule, rateRatio: ratio)
            }
        }
    }
}

/// One orthogonalised tensor.
private struct MuonMatrix: Sendable {
    var start: Int
    var rows: Int
    var columns: Int
    var scale: Double
    var count: Int { rows * columns }
}

/// What moves the tensors that are not orthogonalised.
enum MuonAuxiliary<Scalar: EngineScalar>: Sendable {
    /// AdamW, at a fraction of the learning rate.
    case adam(AdamRule<Scalar>, rateRatio: Scalar)
    /// The averaged gradient itself, at the learning rate.
    case average
}

/// Length of the orthogonalised step of a `rows x columns` matrix.
enum MuonScale: String, CaseIterable, Sendable {
    /// `sqrt(max(1, rows/columns))`: the method as first published.
    case max1
    /// `0.2 sqrt(max(rows, columns))`: entries as large as AdamW's, so that its learning rates carry over.
    case rms
    /// `sqrt(rows/columns)`: a step of length one from root mean square to root mean square, as Scion.
    case spectral
    /// 1.
    case none

    /// The factor of a shape.
    func factor(rows: Int, columns: Int) -> Double {
        let r = Double(rows)
        let c = Double(columns)
        return switch self {
        case .max1: max(1, r / c).squareRoot()
        case .rms: 0.2 * max(r, c).squareRoot()
        case .spectral: (r / c).squareRoot()
        case .none: 1
        }
    }
}
