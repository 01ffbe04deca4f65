import Foundation

/// Curvature that falls with the loss: (H0, H1)-smoothness, the reason why learning-rate warm-up helps.
///
///     |hess f(w)| <= H0 + H1 (f(w) - f*)
///     theory step    eta_k = 1 / (10 H0 + 20 H1 (f_k - f*))
///
/// H0 has units of curvature, H1 of curvature per unit of loss. Below the critical gap `H0 / (2 H1)` the constant
/// part decides and the step is within a factor two of `1/(10 H0)`; above it the step must follow the loss.
///
/// What identifies them: curvature secants at many losses (`SecantSmoothnessFit`).
///
/// When not to believe it: curvature must fall as the loss falls. Under progressive sharpening (the edge of stability)
/// it does the opposite once warm-up is over, so use this for the first phase of a run only. The constants 10 and 20
/// are safe: on `2 exp(|w|-1) - 1` the step could be multiplied by 20.0, whatever the start.
///
/// Source: the condition, the step and the statements of theorems 4.1 to 4.3 are those of arXiv 2510.03164, taken from
/// an independent audit of that paper; the stochastic theorem is not covered.
public struct LossSmoothness: Sendable, Hashable {
    /// H0, curvature at the minimum. Positive.
    public var base: Double
    /// H1, curvature per unit of loss above the minimum. Zero is ordinary smoothness.
    public var slope: Double

    /// A condition; `base` must be positive and `slope` not negative, both finite.
    public init(base: Double, slope: Double) {
        precondition(base > 0 && base.isFinite, "H0 must be positive and finite, not \(base)")
        precondition(slope >= 0 && slope.isFinite, "H1 must be finite and not negative, not \(slope)")
        self.base = base
        self.slope = slope
    }

    /// `H0 / (2 H1)`, the loss gap at which warm-up ends; infinite for H1 = 0 (no warm-up at all).
    public var criticalGap: Double { base / (2 * slope) }

    /// `H0 + H1 gap`, the largest curvature at a gap.
    public func curvature(gap: Double) -> Double { base + slope * max(0, gap) }

    /// `1 / (10 H0 + 20 H1 gap)`; a negative gap (f* overestimated) counts as zero.
    public func step(gap: Double) -> Double { 1 / (10 * base + 20 * slope * max(0, gap)) }

    /// Steps to accuracy epsilon on convex functions (theorem 4.2):
    ///
    ///     K <= 40 H0 R^2 / epsilon + 40 H1 R^2,     R = |w0 - w*|
    ///
    /// The second term does not depend on epsilon: warm-up costs a constant number of steps.
    ///
    /// - Parameters:
    ///   - squaredDistance: R^2.
    ///   - accuracy: epsilon, a loss gap; positive.
    /// - Returns: The bound; far above what PL functions need, whose count grows with `ln(1/epsilon)` only.
    public func convexSteps(squaredDistance: Double, accuracy: Double) -> Double {
        precondition(accuracy > 0, "the accuracy must be positive")
        return 40 * base * squaredDistance / accuracy + 40 * slope * squaredDistance
    }

    /// Steps to accuracy epsilon under a Polyak-Lojasiewicz constant mu (theorem 4.3):
    ///
    ///     K <= 40 H1 D / mu + (20 H0 / mu) ln(H0 / (2 H1 epsilon)),     D = f(w0) - f*
    ///
    /// Why: above the critical gap the step is at least `1/(40 H1 gap)`, so the loss falls by `mu/(40 H1)` a step;
    /// below it the step is at least `1/(20 H0)`, so the gap contracts by `1 - mu/(20 H0)`.
    ///
    /// - Parameters:
    ///   - polyak: mu, with `|grad f|^2 >= 2 mu (f - f*)`; positive.
    ///   - gap: D.
    ///   - accuracy: epsilon; positive.
    /// - Returns: The bound, or `nil` for `epsilon > H0/(2 H1)`: the printed formula turns negative there. With H1 = 0
    ///   the logarithm is that of `D / epsilon`.
    public func polyakSteps(polyak: Double, gap: Double, accuracy: Double) -> Double? {
        precondition(polyak > 0 && accuracy > 0, "mu and the accuracy must be positive")
        guard slope > 0 else { return 20 * base / polyak * max(0, log(gap / accuracy)) }
        guard accuracy <= criticalGap else { return nil }
        return 40 * slope * gap / polyak + 20 * base / polyak * max(0, log(criticalGap / accuracy))
    }

    /// Steps a *fixed* rate needs (theorem 4.1): `H1/(4 mu) D/(ln D + 1) ln(D/epsilon)`.
    ///
    /// Shows the size of what warm-up saves. Not a guarantee: an audit exhibits a counterexample to its constant.
    /// `nil` unless `D > 1` and `epsilon < D`.
    public func fixedStepScale(polyak: Double, gap: Double, accuracy: Double) -> Double? {
        guard polyak > 0, accuracy > 0, gap > 1, accuracy < gap else { return nil }
        return slope / (4 * polyak) * gap / (log(gap) + 1) * log(gap / accuracy)
    }
}
