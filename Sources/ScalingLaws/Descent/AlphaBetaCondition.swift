/// The alpha-beta condition: how benign a trajectory is, without convexity. For every minibatch loss f_i, with P(x) the
/// nearest minimiser of f:
///
///     <grad f_i(x), x - P(x)> >= alpha (f_i(x) - f_i(P(x))) - beta (f_i(x) - f_i*),       alpha > beta >= 0
///
/// Convex losses have alpha = 1, beta = 0. Then SGD with `gamma <= (alpha - beta)/(2L)` satisfies
///
///     min_k E[f(x_k) - f*] <= dist^2/(K gamma (alpha-beta)) + 2 (L gamma + beta) sigma^2/(alpha - beta)
///     sigma^2 = f* - mean f_i*
///
/// Derivation: expand `dist^2(x_{k+1})`, use the condition on the inner product and `|grad f_i|^2 <= 2L(f_i - f_i*)`,
/// sum over k. The floor `2 beta sigma^2/(alpha - beta)` does **not** vanish with gamma.
///
/// Use: `largestStep` as a cap on the rate of a fitted trajectory (`AlphaBetaFit`), `alpha - beta` large and beta small
/// as a diagnostic. It says nothing about exponents beyond -1/2 in K.
///
/// When not to believe it: P(x) is unknown, and the last iterate stands in for it; the bound was 11 to 93 times
/// above the measured average gap on a small non-convex sum.
///
/// Source: the condition is that of R. Islamov et al. 2024 (arXiv 2410.12455, number not verified), whose results for
/// adaptive methods are not covered; the theorem is derived here.
public struct AlphaBetaCondition: Sendable, Hashable {
    /// alpha.
    public var alpha: Double
    /// beta.
    public var beta: Double

    /// A pair; needs `alpha > beta >= 0`.
    public init(alpha: Double, beta: Double) {
        precondition(beta >= 0 && alpha > beta && alpha.isFinite, "the condition needs alpha > beta >= 0")
        self.alpha = alpha
        self.beta = beta
    }

    /// `alpha - beta`; 1 for convex losses.
    public var margin: Double { alpha - beta }

    /// `(alpha - beta)/(2L)`; L is the smoothness of a minibatch loss.
    public func largestStep(smoothness L: Double) -> Double { margin / (2 * L) }

    /// `2 beta sigma^2/(alpha - beta)`: the loss gap that no rate and no horizon removes.
    public func floor(interpolationGap: Double) -> Double { 2 * beta * interpolationGap / margin }

    /// The bound on the best gap among K steps.
    ///
    /// - Parameters:
    ///   - gamma: rate, at most `largestStep`.
    ///   - steps: K.
    ///   - squaredDistance: dist^2 of the start to the minimisers.
    ///   - L: smoothness of a minibatch loss.
    ///   - interpolationGap: sigma^2.
    /// - Returns: The bound, in units of the loss.
    public func bound(
        step gamma: Double, steps: Double, squaredDistance: Double, smoothness L: Double,
        interpolationGap: Double
    ) -> Double {
        precondition(
            gamma > 0 && gamma <= largestStep(smoothness: L) * (1 + 1e-12),
            "the step exceeds (alpha - beta)/(2L)")
        return squaredDistance / (steps * gamma * margin)
            + 2 * (L * gamma + beta) * interpolationGap / margin
    }

    /// The rate with the smallest bound: `sqrt(dist^2/(2 L K sigma^2))`, cut to `largestStep`. Exponent -1/2 in K.
    public func bestStep(
        steps: Double, squaredDistance: Double, smoothness L: Double, interpolationGap: Double
    ) -> Double {
        let free = (squaredDistance / (2 * L * steps * interpolationGap)).squareRoot()
        return min(free, largestStep(smoothness: L))
    }
}
