import Foundation

/// Which fraction of examples to clip at a learning rate, with and without privacy noise.
///
///     a_k = max( c1 L gamma_k / B,  c sqrt(L gamma_k sigma_DP^2) ),     c = sqrt(4 / (3 (q-1))),     at most 1/2
///
/// The second part is the best a of Theorem A (`QuantileClippingBound.optimum`), where privacy noise grows with the
/// threshold. The first is that of Theorem B: with the sharp second moment of `ClippedGradient` the noise of the batch
/// is `L gamma sigma^2 a^(-(2-q)/q) / B`, which the bias `a^(2-2/q)` balances at `a ~ L gamma / B`.
///
/// Units: gamma times L has none; sigma_DP^2 is `PrivateBudget.noiseVariance`. c1 is not known from theory: 1 is the
/// prior, and runs must correct it.
///
/// When not to believe it: for q = 2 without privacy noise the batch noise does not depend on a, and not clipping at
/// all is best; the rule then still clips a little.
///
/// Accuracy: exponents only. On Pareto 1.6 noise the schedule of Theorem B reached slope -0.39 in K (theory -0.4).
///
/// Source: derived here for the setting of arXiv 2412.19916.
public struct CombinedClippingRule: Sendable, Hashable {
    /// L.
    public var smoothness: Double
    /// q, in (1, 2].
    public var moment: Double
    /// B, examples.
    public var batchSize: Double
    /// sigma_DP^2; 0 without privacy noise.
    public var privacyVariance: Double
    /// c1.
    public var batchFactor: Double

    /// A rule.
    public init(
        smoothness: Double, moment: Double = 2, batchSize: Double, privacyVariance: Double = 0,
        batchFactor: Double = 1
    ) {
        precondition(moment > 1 && moment <= 2, "moment \(moment) is not in (1, 2]")
        precondition(smoothness > 0 && batchSize > 0, "smoothness and batch size are positive")
        precondition(privacyVariance >= 0 && batchFactor >= 0, "variances are not negative")
        self.smoothness = smoothness
        self.moment = moment
        self.batchSize = batchSize
        self.privacyVariance = privacyVariance
        self.batchFactor = batchFactor
    }

    /// a_k at gamma_k.
    public func clippedFraction(learningRate gamma: Double) -> Double {
        let scale = smoothness * gamma
        let fromBatch = batchFactor * scale / batchSize
        let fromPrivacy = (4 / (3 * (moment - 1)) * scale * privacyVariance).squareRoot()
        return min(0.5, max(fromBatch, fromPrivacy))
    }
}
