import Foundation

/// Whether the noise of batches falls as theory assumes: `variance ~ (B + B0)^-p`, p = 1 for independent examples.
///
/// Every law here rests on p = 1 (noise `~ B^-1/2`), and the flat valley of equally good batch sizes is a knife
/// edge of it: below 1 small batches win, above 1 large ones. |p - 1| > 0.2 is worth a warning: heavy tails,
/// dependent examples, or batches too large for their data. Language models measured p = 0.9 with B0 about 90 in
/// batch, 1.1 with B0 about 35 in sequence length (Islamov et al. 2026, arXiv 2603.21191).
///
/// Fit: least squares of log variance on `log(B + B0)`; B0 from a grid of 200 up to 100 times the largest batch, 0
/// included, and golden section. Exact on exact data to 1e-6 in p from four batch sizes. With two or three sizes B0
/// is held at 0. When not to believe it: p and B0 trade against each other; batch sizes must span a factor of 8.
///
/// Source: form of Islamov et al.; the fit is derived here.
public struct NoiseExponent: Sendable, Hashable {
    /// p.
    public var power: Double
    /// B0, at least 0.
    public var shift: Double
    /// Root mean square residual of log variance.
    public var residual: Double

    /// Whether p is far enough from 1 to doubt the laws.
    public var isUnusual: Bool { abs(power - 1) > 0.2 }

    /// The fit; `nil` for fewer than two different batch sizes or a value that is not positive and finite.
    public static func fit(batchSizes: [Double], variances: [Double]) -> NoiseExponent? {
        guard batchSizes.count == variances.count, Set(batchSizes).count > 1,
            (batchSizes + variances).allSatisfy({ $0.isFinite && $0 > 0 }), let largest = batchSizes.max(),
            let smallest = batchSizes.min()
        else { return nil }
        let logs = variances.map { log($0) }
        func line(_ shift: Double) -> NoiseExponent {
            let x = batchSizes.map { log($0 + shift) }
            let count = Double(x.count)
            let meanX = x.reduce(0, +) / count
            let meanY = logs.reduce(0, +) / count
            let sxx = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
            let sxy = zip(x, logs).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
            let slope = sxy / sxx
            let squares = zip(x, logs).reduce(0) { sum, pair in
                let r = pair.1 - meanY - slope * (pair.0 - meanX)
                return sum + r * r
            }
            return NoiseExponent(power: -slope, shift: shift, residual: (squares / count).squareRoot())
        }
        let plain = line(0)
        guard Set(batchSizes).count > 3 else { return plain }
        let low = log(smallest * 1e-4)
        let width = (log(largest * 100) - low) / 199
        let values = (0..<200).map { line(exp(low + Double($0) * width)).residual }
        let center = values.indices.min { values[$0] < values[$1] } ?? 0
        let best = goldenSection(
            from: low + Double(max(0, center - 1)) * width, to: low + Double(min(199, center + 1)) * width
        ) { line(exp($0)).residual }
        let shifted = line(exp(best))
        // A shift must earn its place: rounding errors alone would choose one.
        return shifted.residual < plain.residual * (1 - 1e-9) - 1e-12 ? shifted : plain
    }
}
