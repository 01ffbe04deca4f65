internal import Engine

/// Clips every example's gradient to a quantile of the batch's gradient norms and averages.
///
///     tau = smallest order statistic of |g_1| ... |g_B| with at least a fraction q at or below it
///     result = 1/B sum_i min(1, tau / |g_i|) g_i
///
/// Which quantile: of the batch at hand, over all parameters together. The theory means the quantile of the true
/// distribution at the current point; that of a small batch is a noisy stand-in, and `q B` is rounded up, so below
/// `q = 1/B` the smallest norm is used. For q < 1 the mean is biased, for any batch size; the bias goes away as q
/// goes to 1. An exact quantile of the batch is **not private**.
///
/// Reference: E. Shulgin, P. Richtarik, "On the convergence of DP-SGD with adaptive clipping", 2024, arXiv
/// 2412.19916.
struct QuantileClipping<Scalar: EngineScalar>: Sendable {
    private let quantile: Double
    private var norms: [Double] = []
    private var sorted: [Double] = []
    private var clipped: [Scalar]

    /// Clipping at a quantile in 0...1 for vectors of `count` elements.
    init(quantile: Double, count: Int) {
        precondition((0...1).contains(quantile), "quantile \(quantile)")
        self.quantile = quantile
        clipped = [Scalar](repeating: 0, count: count)
    }

    /// The threshold of sorted norms.
    ///
    /// Products such as `0.1 * 30` that come out a rounding error above a whole number do not count as above it.
    static func threshold(ascending norms: [Double], quantile: Double) -> Double {
        let rank = max(1, Int((quantile * Double(norms.count) - 1e-12).rounded(.up)))
        return norms.isEmpty ? 0 : norms[min(rank, norms.count) - 1]
    }

    /// The clipped mean of `examples x count` row-major gradients.
    mutating func clippedMean(_ rows: [Scalar]) -> [Scalar] {
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
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: norms)
        sorted.sort()
        let threshold = Self.threshold(ascending: sorted, quantile: quantile)
        let lengths = norms
        clipped.withUnsafeMutableBufferPointer { clipped in
            rows.withUnsafeBufferPointer { rows in
                guard let out = clipped.baseAddress, let base = rows.baseAddress else { return }
                for i in 0..<examples {
                    let factor = lengths[i] <= threshold ? 1 : threshold / lengths[i]
                    Kernels.move(
                        out, along: base + i * count, count: count, factor: Scalar(factor / Double(examples)),
                        shrink: i == 0 ? 0 : 1)
                }
            }
        }
        return clipped
    }
}
