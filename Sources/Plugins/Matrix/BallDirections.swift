internal import Engine

/// One tensor seen as `rows x columns` with its norm and radius.
struct BallTensor: Sendable {
    var start: Int
    var rows: Int
    var columns: Int
    var norm: LMONorm
    var radius: Double
    var count: Int { rows * columns }

    /// A vector is one column; anything of more dimensions is its first one by the rest.
    init(_ slot: TensorSlot, norm: LMONorm, radius: Double) {
        rows = max(slot.shape.first ?? 1, 1)
        columns = slot.count / rows
        start = slot.offset
        self.norm = norm
        self.radius = radius
    }
}

/// Directions and dual norms of all tensors of a model, each in its own norm.
struct BallDirections<Scalar: EngineScalar>: Sendable {
    let tensors: [BallTensor]
    /// The directions of the last `turn`, laid out as the model.
    private(set) var directions: [Scalar]
    /// `<u, direction(u)>` of every tensor of the last `turn`.
    private(set) var dualNorms: [Double]
    private var oracle: Orthogonalizer<Scalar>

    init(_ tensors: [BallTensor], count: Int, oracle: OrthogonalizationOracle, steps: Int) {
        self.tensors = tensors
        directions = [Scalar](repeating: 0, count: count)
        dualNorms = [Double](repeating: 0, count: tensors.count)
        let spectral = tensors.filter(\.norm.isSpectral).map { ($0.rows, $0.columns) }
        self.oracle = Orthogonalizer(oracle, steps: steps, shapes: spectral)
    }

    /// Finds directions and dual norms of `u`.
    mutating func turn(_ u: [Scalar]) {
        directions = u
        var oracle = Orthogonalizer<Scalar>.idle
        swap(&oracle, &self.oracle)
        defer { swap(&oracle, &self.oracle) }
        let tensors = tensors
        var lengths = [Double](repeating: 0, count: tensors.count)
        withPointers(&directions, u) { d, u in
            for (k, tensor) in tensors.enumerated() where tensor.count > 0 {
                tensor.norm.turnIntoDirection(
                    d + tensor.start, rows: tensor.rows, columns: tensor.columns, oracle: &oracle)
                lengths[k] = Kernels.dot(
                    UnsafePointer(d + tensor.start), u + tensor.start, count: tensor.count)
            }
        }
        dualNorms = lengths
    }

    /// `x <- shrink x - length_k direction_k` on every tensor k; a length of `nil` leaves a tensor alone.
    func move(_ x: inout [Scalar], lengths: [Double?], shrink: Scalar = 1) {
        withPointers(&x, directions) { x, d in
            for (tensor, length) in zip(tensors, lengths) {
                guard let length, tensor.count > 0 else { continue }
                Kernels.move(
                    x + tensor.start, along: d + tensor.start, count: tensor.count, factor: Scalar(-length),
                    shrink: shrink)
            }
        }
    }
}

extension Kernels {
    /// `<a, b>` in double precision.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func dot<Scalar: EngineScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int
    ) -> Double {
        var sum = 0.0
        for i in 0..<count { sum += Double(a[i]) * Double(b[i]) }
        return sum
    }
}
