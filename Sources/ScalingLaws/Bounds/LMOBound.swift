import Foundation

/// Upper bounds on `min_k E |grad f(x_k)|_*` of momentum LMO methods. All have one shape:
///
///     F = D/(eta K) + s/sqrt(B) noise(alpha, K) + L eta drift(alpha)
///
/// | form | noise | drift |
/// |---|---|---|
/// | `kovalev` | `2 sqrt(alpha) + 2/(alpha K)` | `c1 + 2/alpha` |
/// | `refined` | `2 mean_k sqrt(v_k)` | `1/2 + 2 (1 - alpha)/alpha` |
/// | `refinedClosed` | `2 sqrt(alpha/(2 - alpha)) + 2 (1 - (1-alpha)^K)/(alpha K)` | the same |
/// | `nesterov` | `2 sqrt((1-beta^2)^2 + alpha beta^4/(1+beta)) + 2 (1-beta^K)/(alpha K)` | `1/2 + 2 beta^2/alpha` |
/// | `weightDecay` | as `kovalev` | `2 + 4/alpha` |
///
///     v_k = (1-alpha)^(2k) + alpha/(2-alpha) (1 - (1-alpha)^(2k))
///
/// The first term is what is left of the start, 2/(alpha K) the burn-in of the momentum, sqrt(alpha) its remaining
/// noise, 2/alpha its lag behind the moving gradient.
///
/// When not to believe them: they bound the smallest *gradient norm*, not the loss; they assume a constant rate,
/// fresh data, a fixed model and uniform smoothness; they see no stability limit and no use in decaying the rate.
/// Measured values are below 0.85 of `refined` on random quadratics, and the noise term is pessimistic: tuned alpha
/// came out 6 to 15 times larger than predicted. Trust exponents over values.
///
/// Sources: Kovalev 2025, arXiv 2503.12645, theorem 2 and lemma 3 (`kovalev`, c1 = 3/2); the others derived here
/// with the same proof: `refined` keeps the sums of the averages exact, `weightDecay` bounds the Frank-Wolfe gap
/// over the radius for `x <- (1 - lambda eta) x + eta lmo(m)` with `|x0| <= 1/lambda`, which amounts to L -> 2L, c1
/// = 1 (u halves, w shrinks by sqrt 2, exponents stay). `nesterov` is for steps along `beta m + (1-beta) g`, whose
/// weight on the newest gradient is `1 - beta^2` and on the one j steps older `(1-beta) beta^(j+1)`: the noise is
/// the root of the sum of their squares, the lag their mean age. Its burn-in is that of `refinedClosed`, slightly
/// too large.
public enum LMOBound: Sendable, Hashable {
    /// The published bound with the coefficient of its smallest term.
    case kovalev(c1: Double)
    /// Without slack in the averages' sums; takes time in K until the momentum has settled.
    case refined
    /// Closed form slightly above `refined`.
    case refinedClosed
    /// As `refinedClosed` for Nesterov's momentum: beta times the lag, the same exponents.
    case nesterov
    /// Decoupled weight decay.
    case weightDecay

    /// Kovalev's with c1 = 3/2: what regimes and transfers are derived from.
    public static let standard = LMOBound.kovalev(c1: 1.5)

    /// Factor of `L eta`.
    public func drift(momentumComplement alpha: Double) -> Double {
        switch self {
        case .kovalev(let c1): c1 + 2 / alpha
        case .refined, .refinedClosed: 0.5 + 2 * (1 - alpha) / alpha
        case .nesterov: 0.5 + 2 * (1 - alpha) * (1 - alpha) / alpha
        case .weightDecay: 2 + 4 / alpha
        }
    }

    /// Factor of `s / sqrt(B)`.
    public func noise(momentumComplement alpha: Double, steps: Double) -> Double {
        switch self {
        case .kovalev, .weightDecay:
            return 2 * alpha.squareRoot() + 2 / (alpha * steps)
        case .refinedClosed:
            let forgotten = -expm1(steps * log1p(-alpha))
            return 2 * (alpha / (2 - alpha)).squareRoot() + 2 * forgotten / (alpha * steps)
        case .nesterov:
            let beta = 1 - alpha
            let newest = alpha * (1 + beta)
            let older = alpha * beta * beta * beta * beta / (1 + beta)
            let forgotten = -expm1(steps * log1p(-alpha))
            return 2 * (newest * newest + older).squareRoot() + 2 * forgotten / (alpha * steps)
        case .refined:
            return 2 * Self.meanDeviation(momentumComplement: alpha, steps: max(1, steps.rounded()))
        }
    }

    /// The bound at a setting.
    public func value(_ constants: LMOConstants, at point: LMOPoint) -> Double {
        let eta = point.learningRate
        let alpha = point.momentumComplement
        let start = constants.gap / (eta * point.steps)
        let noise = constants.noise / point.batchSize.squareRoot()
        return start + noise * self.noise(momentumComplement: alpha, steps: point.steps)
            + constants.smoothness * eta * drift(momentumComplement: alpha)
    }

    /// The published bound in natural units, `F / Fs` with `y = eta/sqrt(u)`, `b = B/w^2`:
    ///
    ///     1/(y K) + y (c1/2 + 1/alpha) + 2/sqrt(b) (sqrt(alpha) + 1/(alpha K))
    public static func dimensionless(
        step y: Double, momentumComplement alpha: Double, batch b: Double, steps: Double, c1: Double = 1.5
    ) -> Double {
        let start = 1 / (y * steps)
        let smooth = y * (c1 / 2 + 1 / alpha)
        return start + smooth + 2 / b.squareRoot() * (alpha.squareRoot() + 1 / (alpha * steps))
    }

    /// `1/K sum_{k<K} sqrt(v_k)`; the sum stops once the momentum has settled to rounding.
    private static func meanDeviation(momentumComplement alpha: Double, steps: Double) -> Double {
        let settled = alpha / (2 - alpha)
        let decay = (1 - alpha) * (1 - alpha)
        var power = 1.0
        var sum = 0.0
        var k = 0.0
        while k < steps, power > 1e-18 {
            sum += (power + settled * (1 - power)).squareRoot()
            power *= decay
            k += 1
        }
        return (sum + (steps - k) * settled.squareRoot()) / steps
    }
}
