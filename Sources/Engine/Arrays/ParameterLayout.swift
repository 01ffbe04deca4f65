/// What a tensor does in its model; optimizers choose their norm by it.
public enum TensorRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// First linear map, applied to the data.
    case input
    /// Linear map between hidden layers: the matrices Muon and Scion orthogonalise.
    case hidden
    /// Last linear map, giving logits or predictions.
    case output
    /// Lookup table, one row per token.
    case embedding
    /// Additive vector.
    case bias
    /// Convolution kernel, stored as `out x (in * k * k)`.
    case convolution
    /// Gain of a normalisation, or any other per-coordinate scale.
    case scale
}

/// One tensor of a model: where it lies in the flat parameter vector, its shape and its role.
public struct TensorSlot: Sendable, Hashable, Codable {
    /// Name within the model, for example `blocks.0.attention.qkv`.
    public var name: String
    /// Shape, outermost first; a linear map is `[d_out, d_in]`.
    public var shape: [Int]
    /// What the tensor does.
    public var role: TensorRole
    /// First element in the flat vector.
    public var offset: Int

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// The elements in the flat vector.
    public var range: Range<Int> { offset..<(offset + count) }
    /// Rows and columns of a two-dimensional tensor, else `nil`.
    public var matrix: (rows: Int, columns: Int)? { shape.count == 2 ? (shape[0], shape[1]) : nil }
}

/// All tensors of a model in the order of one flat vector.
public struct ParameterLayout: Sendable, Hashable, Codable {
    /// The tensors, in order, without gaps.
    public private(set) var slots: [TensorSlot] = []
    /// Total number of parameters: the model size.
    public private(set) var count = 0

    /// An empty layout.
    public init() {}

    /// Appends a tensor and returns its place.
    @discardableResult
    public mutating func add(_ name: String, shape: [Int], role: TensorRole) -> TensorSlot {
        let slot = TensorSlot(name: name, shape: shape, role: role, offset: count)
        slots.append(slot)
        count += slot.count
        return slot
    }
}

/// Parameters, a gradient or an optimizer buffer: one flat vector with the layout that names its parts.
public struct ParameterVector<Scalar: EngineScalar>: Sendable {
    /// Names and shapes.
    public let layout: ParameterLayout
    /// The numbers, `layout.count` of them.
    public var values: [Scalar]

    /// A vector of zeros.
    public init(layout: ParameterLayout) {
        self.layout = layout
        values = [Scalar](repeating: 0, count: layout.count)
    }

    /// A vector with the given numbers.
    ///
    /// Traps when their count is not the layout's: that is a programming error.
    public init(layout: ParameterLayout, values: [Scalar]) {
        precondition(values.count == layout.count, "\(values.count) values for a layout of \(layout.count)")
        self.layout = layout
        self.values = values
    }
}
