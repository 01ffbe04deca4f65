import Foundation

/// Warm-up that follows the loss:
///
///     eta_k = eta_peak / (1 + (f_k - f*) / D_c),     D_c = H0 / (2 H1),     eta_peak = m / (10 H0)
///
/// This is m times the theory step of `LossSmoothness`, written with the two numbers a tuner fits: the peak and D_c.
///
/// m lies in [1, 20). One is safe. The last phase is gradient descent at rate `m/(10 H0)` on curvature H0, stable iff
/// `m < 20`. Tuned values were 12 to 13.
///
/// The length of the warm-up depends on the start and on the problem, **not on the horizon**: exponent 0 in steps.
///
/// | gradients near | length in steps | form |
/// |---|---|---|
/// | `|grad f|^2 = 2 mu gap` (PL is tight) | `~ H1 D / (mu m)` | `flowLength`, `lengthBound` |
/// | `|grad f| = c gap` (exponential tails) | `~ ln(D / D_c)` | `exponentialTailLength` |
///
/// When not to believe it: dividing the PL bound by m for m > 1 is heuristic. f* must be known to a fraction of D_c.
///
/// Source: arXiv 2510.03164 for m = 1; form, lengths and multiplier derived here.
public struct LossWarmUp: Sendable, Hashable {
    /// H0 and H1.
    public var smoothness: LossSmoothness
    /// m.
    public var multiplier: Double

    /// A schedule; the multiplier must be positive. 1 is the theory step.
    public init(smoothness: LossSmoothness, multiplier: Double = 1) {
        precondition(multiplier > 0, "the multiplier must be positive")
        self.smoothness = smoothness
        self.multiplier = multiplier
    }

    /// Multipliers at or above this diverge near the minimum.
    public static let unstableMultiplier = 20.0

    /// eta_peak.
    public var peak: Double { multiplier / (10 * smoothness.base) }

    /// eta at a loss gap `f - f*`; a negative gap counts as zero.
    public func learningRate(gap: Double) -> Double { multiplier * smoothness.step(gap: gap) }

    /// Whether the gap is still above D_c.
    public func isWarmingUp(gap: Double) -> Bool { gap > smoothness.criticalGap }

    /// `40 H1 D / (mu m)`: at most so many steps above D_c under PL; 0 when the start is below D_c already.
    public func lengthBound(gap: Double, polyak: Double) -> Double {
        guard isWarmingUp(gap: gap) else { return 0 }
        return 40 * smoothness.slope * gap / (polyak * multiplier)
    }

    /// Steps above D_c on gradient flow where PL is tight:
    ///
    ///     [10 H0 ln(D/D_c) + 20 H1 (D - D_c)] / (2 mu m)
    ///
    /// from `d gap/dk = -eta 2 mu gap`.
    public func flowLength(gap: Double, polyak: Double) -> Double {
        guard isWarmingUp(gap: gap) else { return 0 }
        let critical = smoothness.criticalGap
        let travelled = 10 * smoothness.base * log(gap / critical) + 20 * smoothness.slope * (gap - critical)
        return travelled / (2 * polyak * multiplier)
    }

    /// Steps above D_c on gradient flow where the gradient grows like the gap, `|grad f| = c gap`:
    ///
    ///     20 H1/(m c^2) [ln(D/D_c) + 1 - D_c/D]
    ///
    /// from `d gap/dk = -eta (c gap)^2`. On `2 exp(|w|-1) - 1` (c = 1) starting at w = 10 instead of 8 costs 39 steps;
    /// this gives 40.
    public func exponentialTailLength(gap: Double, gradientPerGap c: Double) -> Double {
        guard isWarmingUp(gap: gap) else { return 0 }
        let ratio = gap / smoothness.criticalGap
        return 20 * smoothness.slope / (multiplier * c * c) * (log(ratio) + 1 - 1 / ratio)
    }
}
