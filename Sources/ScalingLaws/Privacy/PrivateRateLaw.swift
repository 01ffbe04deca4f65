import Foundation

/// How the best learning rate of private training moves with the noise s and the number of steps K.
///
///     DP-SGD:      eta ~ s^(-2/(1+A))       K^(-A/(1+A))
///     DP-SignSGD:  eta ~ s^((A-1)/(1+A))    K^(-A/(1+A))
///
/// A describes the problem: the initial loss left after a "time" t = eta K falls as `t^-A`, while noise adds eta s^2
/// (sign: time runs as t/s, noise adds eta s). Balancing `t^-A` against the noise gives the exponents. For a spectrum
/// `lambda_i = i^-b` with `lambda_i x0_i^2 = i^-c`, A = c/b. A = 1 is the smooth case with a bounded distance, where the
/// rates of the bound `f0/(eta K) + eta L d s^2/2` are
///
///     DP-SGD:  (1/s) sqrt(2 f0 / (L K d)),     DP-SignSGD:  sqrt(2 f0 / (L K d)): no s
///
/// which is what "linear in epsilon" and "independent of epsilon" mean. At a fixed privacy loss over n records
/// `s ~ sqrt(K)/(n epsilon)`, and then for **every** A `eta ~ K^-1` (DP-SGD), `K^-1/2` (DP-SignSGD), whatever B is.
///
/// What identifies A: two or more noise levels or horizons. Prior: A ~ N(1, 0.25^2).
///
/// Model rates in s or z, never in epsilon: `z(epsilon)` is not a power (`RDPAccountant.noiseExponent`).
///
/// Accuracy: exact recursions on power-law spectra reproduce the exponents within 0.05 for A from 0.75 to 1.5.
///
/// When not to believe it. **Disagrees** for steep spectra (b = 4, A = 1/2: DP-SGD measured -0.59, law -1.33), where the
/// best rate meets the stability limit. **Disagrees** at extreme noise: on a logistic regression with z from 4 to 128 the
/// DP-SGD exponent was -1.09 (-1.28 over z >= 16), the DP-SignSGD exponent -0.22 (about 0 up to z = 32, -0.44 over
/// z >= 16). Strongly convex problems have no power law: `stronglyConvexRate`.
///
/// Source: setting and the A = 1 claim of arXiv 2603.03226; the laws in A are derived here.
public struct PrivateRateLaw: Sendable, Hashable {
    /// A, positive.
    public var decay: Double

    /// A law.
    public init(decay: Double = 1) {
        precondition(decay > 0, "the decay exponent is positive")
        self.decay = decay
    }

    /// A of a power-law spectrum: c/b.
    public init(spectrum b: Double, initialLoss c: Double) {
        self.init(decay: c / b)
    }

    /// d log eta / d log s.
    public func rateInNoise(_ method: PrivateMethod) -> Double {
        switch method {
        case .gradient: -2 / (1 + decay)
        case .sign: (decay - 1) / (1 + decay)
        }
    }

    /// d log eta / d log K at fixed noise.
    public var rateInSteps: Double { -decay / (1 + decay) }

    /// d log eta / d log K at fixed epsilon, delta and records, where privacy noise dominates: -1 or -1/2.
    ///
    /// `rateInSteps + rateInNoise / 2`, in which A cancels.
    public static func rateInStepsAtFixedPrivacy(_ method: PrivateMethod) -> Double {
        method == .gradient ? -1 : -0.5
    }

    /// What is believed about A before any run: 1 for a smooth problem, wide enough for the measured 0.75 to 1.5.
    public static let decayPrior = ExponentPrior(mean: 1, deviation: 0.25)

    /// What is believed about `rateInNoise` before any run: A ~ N(1, 0.25^2) to first order, `|d/dA| = 1/2` at A = 1.
    public static func noisePrior(_ method: PrivateMethod) -> ExponentPrior {
        ExponentPrior(mean: method == .gradient ? -1 : 0, deviation: 0.125)
    }

    /// What is believed about `rateInSteps`: `|d/dA| = 1/4` at A = 1.
    public static let stepsPrior = ExponentPrior(mean: -0.5, deviation: 0.0625)

    /// The rate that minimises the bound of the smooth case at a fixed horizon.
    ///
    /// - Parameters:
    ///   - method: how it steps.
    ///   - gap: f0, loss to lose.
    ///   - smoothness: L.
    ///   - steps: K.
    ///   - dimension: d.
    ///   - noise: s; sign steps do not depend on it.
    /// - Returns: eta; good for its exponents, its prefactor only to a small factor.
    public static func smoothRate(
        _ method: PrivateMethod, gap: Double, smoothness: Double, steps: Double, dimension: Double,
        noise: Double
    ) -> Double {
        precondition(gap > 0 && smoothness > 0 && steps > 0 && dimension > 0 && noise > 0, "all are positive")
        let length = (2 * gap / (smoothness * steps * dimension)).squareRoot()
        return method == .gradient ? length / noise : length
    }

    /// The best DP-SGD rate on a strongly convex problem at a fixed horizon: logarithmic in s only.
    ///
    ///     loss ~ f0 e^(-2 mu eta K) + eta d s^2 / 4     =>     eta = ln(8 mu K f0 / (d s^2)) / (2 mu K)
    ///
    /// - Parameters:
    ///   - gap: f0.
    ///   - convexity: mu.
    ///   - steps: K.
    ///   - dimension: d.
    ///   - noise: s.
    /// - Returns: eta, 0.2 % above the exact optimum on a round quadratic; `nil` when the noise is so large that no
    ///   step helps (logarithm of less than 1).
    public static func stronglyConvexRate(
        gap: Double, convexity: Double, steps: Double, dimension: Double, noise: Double
    ) -> Double? {
        precondition(gap > 0 && convexity > 0 && steps > 0 && dimension > 0 && noise > 0, "all are positive")
        let ratio = 8 * convexity * steps * gap / (dimension * noise * noise)
        return ratio > 1 ? log(ratio) / (2 * convexity * steps) : nil
    }
}
