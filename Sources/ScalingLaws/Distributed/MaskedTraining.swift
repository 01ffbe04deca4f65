import Foundation

/// Training a randomly masked model: `f_S(x) = f(v + S(x - v))` with a fresh diagonal mask S every step, each coordinate
/// kept with probability p (dropout, sparse training). f is L-smooth and mu-strongly convex.
///
/// | masks | L_S = max eig(S'S) L | mu_D = min eig(E S'S) mu | step |
/// |---|---|---|---|
/// | rescaled by 1/p (E S = I) | `L/p^2` | `mu/p` | `p^2/L` |
/// | plain | `L` | `p mu` | `1/L` |
///
///     gamma <= 1/L_S:   E|x_t - x*_D|^2 <= (1 - gamma mu_D)^t |x_0 - x*_D|^2 + 2 gamma (L_S/mu_D) (f_D - f_inf)
///
/// where `f_D = min E f_S` and `f_inf = min f`. At the largest step both kinds need `~ 1/p` times the steps.
///
/// **x*_D is not x\***: masked training solves another problem (distance 3.8 at p = 0.5 in a 16-dimensional example), and
/// a smaller step does not bring it back.
///
/// When not to believe it: simulation disagrees near p = 1. On dense Hessians (Bernoulli and fixed-size masks alike)
/// the largest stable step goes as `p^1.99` between p = 1/4 and 1/8, but as `p^1.84` from 1 to 1/8, since p = 1 has a
/// different constant (2 instead of 2.9). The safe step was inside the stable range in every case; the distance bound is
/// two to three orders too large.
///
/// Derivation: f_S is L_S-smooth, so `|grad f_S|^2 <= 2 L_S (f_S - f_inf)`; f_D = E f_S is mu_D-strongly convex.
///
/// Source: the formulation, and which constants decide it, are those of MAST (Y. Demidovich et al. 2023,
/// arXiv 2311.16086); the theorem with its constants is derived here.
public struct MaskedTraining: Sendable, Hashable {
    /// L.
    public var smoothness: Double
    /// mu.
    public var strongConvexity: Double
    /// p, in (0, 1].
    public var keepFraction: Double
    /// Whether kept coordinates are multiplied by 1/p.
    public var isRescaled: Bool

    /// A masked problem; rescaled masks are the usual kind.
    public init(
        smoothness: Double, strongConvexity: Double, keepFraction: Double, isRescaled: Bool = true
    ) {
        precondition(
            strongConvexity > 0 && smoothness >= strongConvexity, "constants must satisfy 0 < mu <= L")
        precondition(keepFraction > 0 && keepFraction <= 1, "the kept fraction must be in (0, 1]")
        self.smoothness = smoothness
        self.strongConvexity = strongConvexity
        self.keepFraction = keepFraction
        self.isRescaled = isRescaled
    }

    /// L_S.
    public var maskedSmoothness: Double {
        isRescaled ? smoothness / (keepFraction * keepFraction) : smoothness
    }

    /// mu_D.
    public var maskedConvexity: Double {
        isRescaled ? strongConvexity / keepFraction : strongConvexity * keepFraction
    }

    /// `1/L_S`.
    public var largestStep: Double { 1 / maskedSmoothness }

    /// The bound on `E|x_t - x*_D|^2`.
    ///
    /// - Parameters:
    ///   - gamma: step, at most `largestStep`.
    ///   - steps: t.
    ///   - squaredDistance: `|x_0 - x*_D|^2`.
    ///   - maskingGap: `f_D - f_inf`, not negative.
    /// - Returns: The bound.
    public func bound(
        step gamma: Double, steps: Double, squaredDistance: Double, maskingGap: Double
    ) -> Double {
        precondition(gamma > 0 && gamma <= largestStep * (1 + 1e-12), "the step exceeds 1/L_S")
        return pow(1 - gamma * maskedConvexity, steps) * squaredDistance
            + 2 * gamma * maskedSmoothness / maskedConvexity * maskingGap
    }

    /// Steps per factor e at the largest step, `L_S/mu_D = L/(p mu)` for both kinds of mask.
    public var stepsPerFactor: Double { maskedSmoothness / maskedConvexity }

    /// The exact limit of stability in mean square on a *diagonal* Hessian of curvature `lambda`: `2p^2/lambda` for
    /// rescaled masks, `2/lambda` for plain ones, from `E(1 - gamma lambda m)^2 < 1`.
    public func diagonalStabilityLimit(curvature lambda: Double) -> Double {
        2 * (isRescaled ? keepFraction * keepFraction : 1) / lambda
    }

    /// `E(1 - gamma lambda m)^2`: the factor per step on a coordinate's second moment, diagonal Hessian.
    public func secondMomentFactor(step gamma: Double, curvature lambda: Double) -> Double {
        let s = gamma * lambda / (isRescaled ? keepFraction * keepFraction : 1)
        return 1 - keepFraction * s * (2 - s)
    }
}
