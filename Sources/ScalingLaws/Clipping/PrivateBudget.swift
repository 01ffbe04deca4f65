import Foundation

/// Quantile clipping with Gaussian privacy noise at a token budget T = B K.
///
///     sigma_DP^2 = d z^2 / B^2      noise of std z tau per coordinate on the sum over a batch of expected size B
///     S = 1/B + sigma_DP^2,         S/K = (1 + d z^2 / B) / T
///
/// The bound falls with `S/K`: with B until `criticalBatch = d z^2`, then it is flat. At fixed (epsilon, delta) over n
/// records, `z ~ c (B/n) sqrt(K ln(1/delta)) / epsilon` makes sigma_DP^2 independent of B and growing with K, so useful
/// steps end at `usefulSteps`.
///
/// When not to believe it: whether the dimension d belongs inside sigma_DP is not settled between sources. The formulas
/// in epsilon hold for z above about 2 only: there c is 1.0 to 1.4; at z = 1 it is 1.5 to 1.9 and at z = 0.6 it is 3
/// to 5. Not for reporting a privacy loss: that needs `RDPAccountant`.
///
/// Source: derived here for arXiv 2412.19916.
public struct PrivateBudget: Sendable, Hashable {
    /// d, number of parameters.
    public var dimension: Double
    /// z.
    public var noiseMultiplier: Double

    /// A mechanism.
    public init(dimension: Double, noiseMultiplier: Double) {
        self.dimension = dimension
        self.noiseMultiplier = noiseMultiplier
    }

    /// sigma_DP^2.
    public func noiseVariance(batchSize: Double) -> Double {
        dimension * noiseMultiplier * noiseMultiplier / (batchSize * batchSize)
    }

    /// S.
    public func inverseBatch(batchSize: Double) -> Double {
        1 / batchSize + noiseVariance(batchSize: batchSize)
    }

    /// `d z^2`: larger batches gain nothing at fixed T and z.
    public var criticalBatch: Double { dimension * noiseMultiplier * noiseMultiplier }

    /// `c (B/n) sqrt(K ln(1/delta)) / epsilon`: the noise multiplier of a privacy loss, roughly.
    public static func roughMultiplier(
        records: Double, epsilon: Double, delta: Double, batchSize: Double, steps: Double,
        accountingConstant c: Double = 1.2
    ) -> Double {
        c * batchSize / records * (steps * log(1 / delta)).squareRoot() / epsilon
    }

    /// `n^2 epsilon^2 / (B d c^2 ln(1/delta))`: more steps only add noise at a fixed privacy loss.
    public static func usefulSteps(
        records: Double, epsilon: Double, delta: Double, batchSize: Double, dimension: Double,
        accountingConstant c: Double = 1.2
    ) -> Double {
        records * records * epsilon * epsilon / (batchSize * dimension * c * c * log(1 / delta))
    }
}
