import Foundation

/// Convergence of SGD whose examples are clipped at a quantile of their gradient norms, with or without privacy noise.
///
///     x <- x - gamma (mean_i clip_tau(g_i) + tau w),   tau = p-quantile of |g|,   a = 1 - p,   S = 1/B + sigma_DP^2
///
/// Theorem A. If `gamma <= p / (4 L (1 + S))` then
///
///     1/K sum_k E|grad f(x_k)|^2 <= 4 D/(p gamma K) + 3 sigma^2 a^(2-2/q)/p^2 + 4 L gamma S sigma^2 a^(-2/q)/p
///                                   start             bias of clipping           variance and privacy noise
///
/// for noise with `E|g - grad f|^q <= sigma^q`, q in (1, 2]. It rests on the lemmas of `ClippedGradient`: the mean
/// clipping factor is at least p; the bias is at most `sigma a^(1-1/q)`; the threshold is at most
/// `|grad f| + sigma a^(-1/q)`.
///
/// A fixed p leaves a bias floor `sigma a^(1-1/q) / p` that no number of steps removes (measured exponent in a on
/// Pareto 1.6 noise: 0.376, theory 0.375). So p must go to 1 as gamma goes to 0: `QuantileClippingSchedule`.
///
/// When not to believe it: the measured left side is 9 to 100 times below the bound. Use exponents, not values.
/// Without privacy noise and q = 2 its variance term is crude: there not clipping at all is best.
///
/// Source: the setting is that of E. Shulgin, P. Richtarik, "On the convergence of DP-SGD with adaptive clipping",
/// 2024, arXiv 2412.19916; statement and constants are derived here and may differ from the printed ones.
public struct QuantileClippingBound: Sendable, Hashable {
    /// D = f(x0) - inf f.
    public var gap: Double
    /// L.
    public var smoothness: Double
    /// sigma.
    public var noise: Double
    /// q, in (1, 2]; 2 for finite variance, about 0.9 times the tail index of the norms otherwise.
    public var moment: Double

    /// A problem.
    public init(gap: Double, smoothness: Double, noise: Double, moment: Double = 2) {
        precondition(moment > 1 && moment <= 2, "moment \(moment) is not in (1, 2]")
        self.gap = gap
        self.smoothness = smoothness
        self.noise = noise
        self.moment = moment
    }

    /// Theorem A at a constant step and `clippedFraction` a = 1 - p.
    public func value(
        learningRate gamma: Double, clippedFraction a: Double, steps: Double, inverseBatch S: Double
    ) -> Double {
        let p = 1 - a
        let variance = noise * noise
        let start = 4 * gap / (p * gamma * steps)
        let bias = 3 * variance * pow(a, 2 - 2 / moment) / (p * p)
        return start + bias + 4 * smoothness * gamma * S * variance * pow(a, -2 / moment) / p
    }

    /// The same for steps and fractions that change, for the average weighted by `gamma_k p_k`:
    ///
    ///     [4 D + sum_k (3 gamma_k sigma^2 a_k^(2-2/q)/p_k + 4 L gamma_k^2 S sigma^2 a_k^(-2/q))] / sum_k gamma_k p_k
    public func anytimeValue(_ schedule: QuantileClippingSchedule, steps: Int, inverseBatch S: Double)
        -> Double
    {
        let variance = noise * noise
        var top = 4 * gap
        var bottom = 0.0
        for k in 0..<steps {
            let gamma = schedule.learningRate(step: k)
            let a = schedule.clippedFraction(step: k)
            top += 3 * gamma * variance * pow(a, 2 - 2 / moment) / (1 - a)
            top += 4 * smoothness * gamma * gamma * S * variance * pow(a, -2 / moment)
            bottom += gamma * (1 - a)
        }
        return top / bottom
    }

    /// The largest step Theorem A allows.
    public func largestLearningRate(clippedFraction a: Double, inverseBatch S: Double) -> Double {
        (1 - a) / (4 * smoothness * (1 + S))
    }

    /// The best constant step and fraction, with p = 1 in denominators:
    ///
    ///     c = sqrt(4/(3(q-1))),  e = 1 - 1/q,  W = 3 c^(2-2/q) + 4 c^(-2/q)
    ///     a = c sqrt(L gamma S),     gamma = (4 D / (K e sigma^2 W (L S)^e))^(1/(1+e))
    ///     value = 4 D/(gamma K) + sigma^2 W (L S gamma)^e
    ///
    /// `a` then does not depend on sigma or D. The step is cut to `largestLearningRate` and a to one half; the value is
    /// that of the surrogate at the step used.
    public func optimum(steps: Double, inverseBatch S: Double) -> QuantileClippingOptimum {
        let c = (4 / (3 * (moment - 1))).squareRoot()
        let e = 1 - 1 / moment
        let weight = 3 * pow(c, 2 - 2 / moment) + 4 * pow(c, -2 / moment)
        let variance = noise * noise
        let free = pow(4 * gap / (steps * e * variance * weight * pow(smoothness * S, e)), 1 / (1 + e))
        var a = min(0.5, c * (smoothness * free * S).squareRoot())
        let gamma = min(free, largestLearningRate(clippedFraction: a, inverseBatch: S))
        a = min(0.5, c * (smoothness * gamma * S).squareRoot())
        return QuantileClippingOptimum(
            learningRate: gamma, clippedFraction: a,
            value: 4 * gap / (gamma * steps) + variance * weight * pow(smoothness * S * gamma, e))
    }
}

/// The best constant setting of quantile clipping.
public struct QuantileClippingOptimum: Sendable, Hashable {
    /// gamma.
    public var learningRate: Double
    /// a = 1 - p.
    public var clippedFraction: Double
    /// The bound on the mean squared gradient norm.
    public var value: Double
}
