import Foundation

/// Constants of `LMOConstants` from a short run before any sweep: formulas only, measured norms come in.
///
/// All norms are dual (gradients) or primal (steps) norms of the optimizer. Typical probe: 60 small steps and 64
/// gradients, averages over 8 to 10 points after the first tenth.
///
/// | constant | from | measured over true on toy problems |
/// |---|---|---|
/// | s | pairs of batches at one point | 0.99 to 1.07, B = 8 to 128 |
/// | L | same-batch secants at two batch sizes, extrapolated | 0.94 to 1.08 at (32, 128), 0.98 to 1.69 at (8, 32) |
/// | L | same-batch secants at one batch size | 1.0 to 3.5 too large |
/// | L | secants between different batches | 17 to 294 too large: that is noise; never use |
///
/// Source: derived here.
public enum ProbeEstimators {
    /// A mean with its standard error.
    public struct Estimate: Sendable, Hashable {
        /// The estimate.
        public var value: Double
        /// Standard error; infinite from one point.
        public var standardError: Double
    }

    /// s from pairs of independent batches at one point: `s = sqrt(B) mean |g1 - g2|_* / sqrt(2)`.
    ///
    /// The difference has twice the variance of one batch's noise. No full gradient is needed.
    ///
    /// - Parameters:
    ///   - differenceNorms: `|g1 - g2|_*` of each pair.
    ///   - batchSize: B of each of the two.
    /// - Returns: s; `nil` without pairs or with a norm that is negative or not finite.
    public static func noise(differenceNorms: [Double], batchSize: Double) -> Estimate? {
        guard !differenceNorms.isEmpty, batchSize > 0,
            differenceNorms.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return nil }
        let count = Double(differenceNorms.count)
        let mean = differenceNorms.reduce(0, +) / count
        let squares = differenceNorms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let factor = (batchSize / 2).squareRoot()
        let error = count > 1 ? (squares / (count - 1) / count).squareRoot() : .infinity
        return Estimate(value: factor * mean, standardError: factor * error)
    }

    /// L at one batch size: the median over steps of `|g(x + Delta; batch) - g(x; batch)|_* / |Delta|`.
    ///
    /// The same batch in both gradients. `nil` when no step has a positive finite length and difference.
    public static func secantSmoothness(gradientDifferences: [Double], stepLengths: [Double]) -> Double? {
        let ratios = zip(gradientDifferences, stepLengths).compactMap { difference, length -> Double? in
            let ratio = difference / length
            return length > 0 && difference >= 0 && ratio.isFinite ? ratio : nil
        }.sorted()
        guard !ratios.isEmpty else { return nil }
        let middle = ratios.count / 2
        return ratios.count % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2
    }

    /// L without the noise of small batches, from two batch sizes: `L(B)^2 = L_inf^2 + k/B`.
    ///
    /// A batch's Hessian is the true one plus noise of variance ~ 1/B, and squares of norms add. By chance the larger
    /// batch can look noisier (then the value is the geometric mean of the two) or the extrapolation fall to zero or
    /// below (then it is that of the larger batch, an upper bound); `isReliable` is false in both cases.
    public struct ExtrapolatedSmoothness: Sendable, Hashable {
        /// L_inf.
        public var value: Double
        /// k, at least 0.
        public var noiseCoefficient: Double
        /// Whether the two values were consistent with the form.
        public var isReliable: Bool
    }

    /// The extrapolation; batch sizes in any order, `nil` when they are equal or a value is not positive.
    public static func extrapolatedSmoothness(
        _ first: (batchSize: Double, smoothness: Double), _ second: (batchSize: Double, smoothness: Double)
    ) -> ExtrapolatedSmoothness? {
        let values = [first.batchSize, first.smoothness, second.batchSize, second.smoothness]
        guard values.allSatisfy({ $0 > 0 && $0.isFinite }), first.batchSize != second.batchSize else {
            return nil
        }
        let (small, large) = first.batchSize < second.batchSize ? (first, second) : (second, first)
        let difference = small.smoothness * small.smoothness - large.smoothness * large.smoothness
        let k = difference / (1 / small.batchSize - 1 / large.batchSize)
        if k < 0 {
            let mean = (small.smoothness * large.smoothness).squareRoot()
            return ExtrapolatedSmoothness(value: mean, noiseCoefficient: 0, isReliable: false)
        }
        let square = large.smoothness * large.smoothness - k / large.batchSize
        guard square > 0 else {
            return ExtrapolatedSmoothness(value: large.smoothness, noiseCoefficient: k, isReliable: false)
        }
        return ExtrapolatedSmoothness(value: square.squareRoot(), noiseCoefficient: k, isReliable: true)
    }
}
