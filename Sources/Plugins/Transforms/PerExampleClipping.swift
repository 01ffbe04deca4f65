internal import Engine

/// Lengths of single examples' gradients, and their mean after clipping each to a length.
///
///     result = 1/B sum_i min(1, C / |g_i|) g_i
///
/// Lengths are over all parameters together.
struct PerExampleClipping<Scalar: EngineScalar>: Sendable {
    /// `|g_i|` of the last `measure`.
    private(set) var norms: [Double] = []
    private var clipped: [Scalar]

    /// For gradients of `count` elements.
    init(count: Int) { clipped = [Scalar](repeating: 0, count: count) }

    /// Measures `examples x count` row-major gradients. Traps when they are not whole gradients.
    mutating func measure(_ rows: [Scalar]) {
        let count = clipped.count
        let examples = count == 0 ? 0 : rows.count / count
        precondition(
            examples * count == rows.count, "\(rows.count) numbers are not whole gradients of \(count)")
        norms.removeAll(keepingCapacity: true)
        rows.withUnsafeBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            for i in 0..<examples {
                norms.append(Kernels.sumOfSquares(base + i * count, count: count).squareRoot())
            }
        }
    }

    /// The clipped mean of the rows measured last.
    mutating func mean(_ rows: [Scalar], threshold: Double) -> [Scalar] {
        let lengths = norms
        let count = clipped.count
        clipped.withUnsafeMutableBufferPointer { clipped in
            rows.withUnsafeBufferPointer { rows in
                guard let out = clipped.baseAddress, let base = rows.baseAddress else { return }
                for i in lengths.indices {
                    let factor = lengths[i] <= threshold ? 1 : threshold / lengths[i]
                    Kernels.move(
                        out, along: base + i * count, count: count,
                        factor: Scalar(factor / Double(lengths.count)), shrink: i == 0 ? 0 : 1)
                }
            }
        }
        return clipped
    }
}
