/// Finds a pair (alpha, beta) that a finished run satisfies. For sampled steps k, with x_K the last iterate:
///
///     p = <g_i(x_k), x_k - x_K>,   d = f_i(x_k) - f_i(x_K),   e = f_i(x_k) - f_i*        (f_i* = 0 if unknown)
///     beta(alpha) = max(0, max_k (alpha d - p)/e)                                        convex, piecewise linear
///     choose the first minimiser of beta/(alpha - beta) over alpha = 0.05 j, j = 1...200, with alpha > beta
///
/// The ratio is what multiplies the floor of the bound. **Maximising alpha - beta instead is wrong**: without
/// interpolation that difference grows without limit in alpha and the scan runs to the end of its grid.
///
/// The ratio is quasi-convex in alpha, and the grid's step costs little: on four non-convex hills the scan gives 2.49
/// where a finer one gives 2.36.
///
/// When not to believe it: x_K is only near a minimiser; few samples make any run look benign (a maximum over samples
/// can only grow). Use at least a hundred, spread over the run.
///
/// Source: quantities of R. Islamov et al. 2024 (arXiv 2410.12455, number not verified) as summarised publicly; the
/// choice of the pair is ours, theirs is not known here.
public struct AlphaBetaFit: Sendable, Hashable {
    /// One sampled step.
    public struct Sample: Sendable, Hashable {
        /// p.
        public var alignment: Double
        /// d; may be negative.
        public var descent: Double
        /// e, not negative.
        public var gap: Double

        /// A triple.
        public init(alignment: Double, descent: Double, gap: Double) {
            self.alignment = alignment
            self.descent = descent
            self.gap = gap
        }
    }

    /// The samples; those with a number that is not finite are left out.
    public let samples: [Sample]

    /// A run.
    public init(samples: [Sample]) {
        self.samples = samples.filter { $0.alignment.isFinite && $0.descent.isFinite && $0.gap.isFinite }
    }

    /// beta(alpha): the smallest beta for which all samples satisfy the condition.
    ///
    /// A sample without a gap (`e <= 0`) cannot be helped by beta: it makes the answer infinite where `alpha d > p`.
    public func beta(alpha: Double) -> Double {
        var beta = 0.0
        for sample in samples {
            let excess = alpha * sample.descent - sample.alignment
            if sample.gap > 0 {
                beta = max(beta, excess / sample.gap)
            } else if excess > 0 {
                return .infinity
            }
        }
        return beta
    }

    /// The pair with the smallest `beta/(alpha - beta)`; `nil` when no alpha of the grid exceeds its beta.
    ///
    /// A later alpha must be better by 1e-15 to replace an earlier one, so equal ratios keep the smallest alpha.
    public func best() -> AlphaBetaCondition? {
        guard !samples.isEmpty else { return nil }
        var best: AlphaBetaCondition?
        var smallest = Double.infinity
        for j in 1...200 {
            let alpha = 0.05 * Double(j)
            let beta = beta(alpha: alpha)
            guard alpha > beta else { continue }
            let ratio = beta / (alpha - beta)
            if ratio < smallest - 1e-15 {
                smallest = ratio
                best = AlphaBetaCondition(alpha: alpha, beta: beta)
            }
        }
        return best
    }
}
