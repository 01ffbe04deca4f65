import Foundation

/// Convergence of NGN-M on convex, L-smooth minibatch losses from `R = |x0 - x*|` in K steps:
///
///     E f(x_avg) - f* <= R^2 (1+cL)(1+2cL)/(cK) + cL(1+cL)(6 + 2(1+2cL)) sigma_int^2 + 2cL max(0, 2cL-1) sigma_pos^2
///     sigma_int^2 = E[f(x*) - min f_S]      zero under interpolation
///     sigma_pos^2 = E[min f_S]              zero when every minibatch loss can reach zero
///
/// for momentum `beta = l/(1+l)`, `l <= min(cL, 1/(2 (1+cL)(1+2cL)))`. It holds for **every** c: a large one only widens
/// the neighbourhood. `c ~ 1/sqrt(K)` gives rate `1/sqrt(K)`.
///
/// When not to believe it: from `cL > 1` on it is loose by orders of magnitude (at c = 1, L = 17.6: 930 for a measured
/// 0.028); the momentum it allows is far below the 0.9 that works in practice.
///
/// Source: R. Islamov et al. 2025, theorem 4.3 (that it holds, and its orders); the constants are derived here along its
/// proof, from `gamma^2 |g|^2 <= 4cL/(1+2cL) gamma (f - min f) + 2c^2 L/(1+cL) max(0, (2cL-1)/(2cL+1)) min f`
/// (no violation on 200 000 random quadratics).
public struct NGNBound: Sendable, Hashable {
    /// L, the largest smoothness of a minibatch loss.
    public var smoothness: Double
    /// R^2.
    public var squaredDistance: Double
    /// sigma_int^2.
    public var interpolationGap: Double
    /// sigma_pos^2.
    public var positivityGap: Double

    /// A problem; everything not negative, the smoothness positive.
    public init(
        smoothness: Double, squaredDistance: Double, interpolationGap: Double, positivityGap: Double = 0
    ) {
        precondition(smoothness > 0, "the smoothness must be positive")
        precondition(
            squaredDistance >= 0 && interpolationGap >= 0 && positivityGap >= 0,
            "distances and gaps cannot be negative")
        self.smoothness = smoothness
        self.squaredDistance = squaredDistance
        self.interpolationGap = interpolationGap
        self.positivityGap = positivityGap
    }

    /// The bound.
    public func value(c: Double, steps: Double) -> Double {
        let u = c * smoothness
        let start = squaredDistance * (1 + u) * (1 + 2 * u) / (c * steps)
        let noise = u * (1 + u) * (6 + 2 * (1 + 2 * u)) * interpolationGap
        return start + noise + 2 * u * max(0, 2 * u - 1) * positivityGap
    }

    /// Where the bound's first-order part is smallest: `sqrt(R^2 / (8 L sigma_int^2 K))`, exponent -1/2 in K.
    ///
    /// Valid while `cL` is well below 1; infinite under interpolation, where no c is too large for the noise terms.
    public func bestC(steps: Double) -> Double {
        (squaredDistance / (8 * smoothness * interpolationGap * steps)).squareRoot()
    }

    /// The largest momentum the theorem covers at c.
    public func largestMomentum(c: Double) -> Double {
        let u = c * smoothness
        let l = min(u, 1 / (2 * (1 + u) * (1 + 2 * u)))
        return l / (1 + l)
    }

    /// Under interpolation: the largest c that keeps momentum beta covered, `1/(4 l L)` with `l = beta/(1-beta)`.
    ///
    /// The source states it for beta = 0.9 as l >= 9; other momenta are our reading of the same condition.
    public func interpolationCap(momentum beta: Double) -> Double {
        precondition(beta > 0 && beta < 1, "momentum must be in (0, 1)")
        return (1 - beta) / (4 * beta * smoothness)
    }

    /// The momentum from which NGN-M is stable for **all** c >= 1/2 on `f = x^2 (1 + p(x)^2)` in one dimension:
    ///
    ///     beta >= ((2(1+C) - 1) / (2(1+C) + 1))^2,     C = sup x p p'/(1 + p^2)
    ///
    /// `f = x^2 + x^4` has C = 1, hence 9/25.
    public static func stableMomentum(growth C: Double) -> Double {
        precondition(C >= 0, "the growth constant cannot be negative")
        let root = (2 * (1 + C) - 1) / (2 * (1 + C) + 1)
        return root * root
    }
}
