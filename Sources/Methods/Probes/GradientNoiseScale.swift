/// The simple noise scale `tr Sigma/|G|^2` from mean squared gradient norms at two batch sizes.
///
///     |G|^2 = (B G_B - b G_b)/(B - b),   tr Sigma = (G_b - G_B)/(1/b - 1/B)
///
/// Both are unbiased, their ratio is not: average numerator and denominator over time, then divide. Batches of about this
/// size cost twice the examples of small ones. Source: S. McCandlish et al., 2018, arXiv 1812.06162.
public struct GradientNoiseScale: Sendable, Hashable {
    /// `|G|^2`; may be negative by noise.
    public let signal: Double
    /// `tr Sigma`.
    public let noise: Double

    /// From mean squares at batch sizes b < B.
    public init(smallBatch b: Double, smallMeanSquare: Double, largeBatch: Double, largeMeanSquare: Double) {
        precondition(b > 0 && b < largeBatch, "two batch sizes, the smaller first")
        signal = (largeBatch * largeMeanSquare - b * smallMeanSquare) / (largeBatch - b)
        noise = (smallMeanSquare - largeMeanSquare) / (1 / b - 1 / largeBatch)
    }

    /// `tr Sigma/|G|^2`.
    public var ratio: Double { noise / signal }
}
