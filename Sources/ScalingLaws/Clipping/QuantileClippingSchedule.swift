import Foundation

/// Steps and quantiles that remove the bias of clipping:
///
///     gamma_k = gamma_1 (k+1)^(-rho_gamma)
///     p_k = 1 - min(1/2, max(a_min, a_1 (k+1)^(-rho_p)))                    k = 0, 1, ...
///
/// The bias goes away iff `a_k -> 0`, `sum gamma_k = inf` and `gamma_k S a_k^(-2/q) -> 0`. Nearly no clipping from the
/// start is ruinous under privacy noise, whose size follows the threshold.
public struct QuantileClippingSchedule: Sendable, Hashable {
    /// gamma_1.
    public var firstLearningRate: Double
    /// rho_gamma.
    public var learningRateDecay: Double
    /// a_1.
    public var firstClippedFraction: Double
    /// rho_p.
    public var clippedFractionDecay: Double
    /// a_min. Thresholds that follow a tracker need `GeometricTracker.smallestClippedFraction` or more.
    public var smallestClippedFraction: Double

    /// A schedule.
    public init(
        firstLearningRate: Double, learningRateDecay: Double, firstClippedFraction: Double,
        clippedFractionDecay: Double, smallestClippedFraction: Double = 0
    ) {
        self.firstLearningRate = firstLearningRate
        self.learningRateDecay = learningRateDecay
        self.firstClippedFraction = firstClippedFraction
        self.clippedFractionDecay = clippedFractionDecay
        self.smallestClippedFraction = smallestClippedFraction
    }

    /// A schedule with a theorem's exponents in K as its decays.
    public init(
        firstLearningRate: Double, firstClippedFraction: Double, exponents: QuantileClippingExponents,
        smallestClippedFraction: Double = 0
    ) {
        self.init(
            firstLearningRate: firstLearningRate, learningRateDecay: -exponents.learningRateInSteps,
            firstClippedFraction: firstClippedFraction,
            clippedFractionDecay: -exponents.clippedFractionInSteps,
            smallestClippedFraction: smallestClippedFraction)
    }

    /// gamma_k; k counts from 0.
    public func learningRate(step k: Int) -> Double {
        firstLearningRate * pow(Double(k + 1), -learningRateDecay)
    }

    /// a_k = 1 - p_k.
    public func clippedFraction(step k: Int) -> Double {
        let fraction = firstClippedFraction * pow(Double(k + 1), -clippedFractionDecay)
        return min(0.5, max(smallestClippedFraction, fraction))
    }

    /// p_k.
    public func quantile(step k: Int) -> Double { 1 - clippedFraction(step: k) }
}

/// How the optimum of quantile clipping moves with steps K and `S = 1/B + sigma_DP^2`.
///
/// | theorem | gamma in K | gamma in S | 1-p in K | 1-p in S | squared gradient in K |
/// |---|---|---|---|---|---|
/// | A | `-q/(2q-1)` | `-(q-1)/(2q-1)` | `-q/(2(2q-1))` | `q/(2(2q-1))` | `-(q-1)/(2q-1)` |
/// | B | `-q/(3q-2)` | - | `-q/(3q-2)` | - | `-2(q-1)/(3q-2)` |
///
/// A holds always and is sharp under privacy noise; B uses a sharper second moment and holds without it: then
/// `1 - p ~ L gamma / B`. In simulation with Pareto 1.6 noise B's schedule reached slope -0.39 (theory -0.4).
/// B's exponents in S, with `S = 1/B`, follow from its three balanced terms.
///
/// Source: derived here for the setting of arXiv 2412.19916.
public struct QuantileClippingExponents: Sendable, Hashable {
    /// d log gamma / d log K.
    public var learningRateInSteps: Double
    /// d log gamma / d log S.
    public var learningRateInInverseBatch: Double
    /// d log(1-p) / d log K.
    public var clippedFractionInSteps: Double
    /// d log(1-p) / d log S.
    public var clippedFractionInInverseBatch: Double
    /// d log(mean squared gradient norm) / d log K.
    public var valueInSteps: Double

    /// Theorem A.
    public static func general(moment q: Double) -> QuantileClippingExponents {
        let d = 2 * q - 1
        return QuantileClippingExponents(
            learningRateInSteps: -q / d, learningRateInInverseBatch: -(q - 1) / d,
            clippedFractionInSteps: -q / (2 * d), clippedFractionInInverseBatch: q / (2 * d),
            valueInSteps: -(q - 1) / d)
    }

    /// Theorem B: no privacy noise.
    ///
    /// With `a ~ gamma S` both remaining terms are `(gamma S)^(2(q-1)/q)`, so
    /// `gamma ~ K^(-q/(3q-2)) S^(-2(q-1)/(3q-2))` and `a ~ (S/K)^(q/(3q-2))`.
    public static func withoutPrivacyNoise(moment q: Double) -> QuantileClippingExponents {
        let d = 3 * q - 2
        return QuantileClippingExponents(
            learningRateInSteps: -q / d, learningRateInInverseBatch: -2 * (q - 1) / d,
            clippedFractionInSteps: -q / d, clippedFractionInInverseBatch: q / d,
            valueInSteps: -2 * (q - 1) / d)
    }

    /// d log gamma / d log T at fixed batch size without privacy noise: the exponent in K.
    public var learningRateInTokens: Double { learningRateInSteps }
    /// d log gamma / d log B at fixed T without privacy noise: `K = T/B`, `S = 1/B`.
    public var learningRateInBatch: Double { -learningRateInSteps - learningRateInInverseBatch }
}
