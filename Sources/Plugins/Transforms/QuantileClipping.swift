internal import Engine
internal import Foundation

/// Clips every example's gradient to a quantile of the batch's gradient norms and averages.
///
///     tau = smallest order statistic of |g_1| ... |g_B| with at least a fraction q at or below it
///     result = 1/B sum_i min(1, tau / |g_i|) g_i
///     1 - q = (1 - quantile) (k + 1)^(-decay)                      at step k, counted from 0
///
/// Which quantile: of the batch at hand, over all parameters together. The theory means the quantile of the true
/// distribution at the current point; that of a small batch is a noisy stand-in, and `q B` is rounded up, so below
/// `q = 1/B` the smallest norm is used. For q < 1 the mean is biased, for any batch size; the bias goes away as q
/// goes to 1, which is what a positive decay is for. An exact quantile of the batch is **not private**.
///
/// Reference: E. Shulgin, P. Richtarik, "On the convergence of DP-SGD with adaptive clipping", 2024, arXiv
/// 2412.19916.
struct QuantileClipping<Scalar: EngineScalar>: Sendable {
    private let clippedFraction: Double
    private let decay: Double
    private var clipping: PerExampleClipping<Scalar>

    /// Clipping at a quantile in 0...1 for vectors of `count` elements.
    init(quantile: Double, decay: Double = 0, count: Int) {
        precondition((0...1).contains(quantile), "quantile \(quantile)")
        clippedFraction = 1 - quantile
        self.decay = decay
        clipping = PerExampleClipping(count: count)
    }

    /// The threshold of sorted norms.
    ///
    /// Products such as `0.1 * 30` that come out a rounding error above a whole number do not count as above it.
    static func threshold(ascending norms: [Double], quantile: Double) -> Double {
        let rank = max(1, Int((quantile * Double(norms.count) - 1e-12).rounded(.up)))
        return norms.isEmpty ? 0 : norms[min(rank, norms.count) - 1]
    }

    /// q at a step.
    func quantile(step: Int) -> Double { 1 - clippedFraction * pow(Double(step + 1), -decay) }

    /// The clipped mean of `examples x count` row-major gradients.
    mutating func clippedMean(_ rows: [Scalar], step: Int = 0) -> [Scalar] {
        clipping.measure(rows)
        let threshold = Self.threshold(ascending: clipping.norms.sorted(), quantile: quantile(step: step))
        return clipping.mean(rows, threshold: threshold)
    }
}
