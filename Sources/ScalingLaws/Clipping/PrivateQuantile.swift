import Foundation

/// One quantile of private values, once, by the exponential mechanism.
///
/// Values are clamped to `[lower, upper]` and sorted: `v_0 = lower <= v_1 <= ... <= v_m <= v_(m+1) = upper`. Interval i
/// from v_i to v_(i+1) is drawn with weight
///
///     (v_(i+1) - v_i) exp(-epsilon/2 |i - p m|)
///
/// and a point in it uniformly. Adding or removing a record moves i and p m together by at most one, so one answer costs
/// `epsilon` (delta = 0). Answers compose: a fresh one each step costs epsilon each step; `GeometricTracker` is far
/// cheaper then. Meant for one threshold before a run.
///
/// When not to believe it: with a wide range and few records the outer intervals win; choose the range without
/// looking at the data, epsilon m well above `2 ln(range / resolution)`. Draws through floating-point numbers leak a
/// little more than epsilon.
///
/// Source: F. McSherry, K. Talwar, "Mechanism design via differential privacy", 2007; A. Smith, "Privacy-preserving
/// statistical estimation with optimal convergence rates", 2011 (the quantile score).
public struct PrivateQuantile: Sendable, Hashable {
    /// p.
    public let quantile: Double
    /// Privacy loss of one answer.
    public let epsilon: Double
    /// Where values may lie.
    public let range: ClosedRange<Double>

    /// A mechanism.
    ///
    /// - Parameters:
    ///   - quantile: p, in [0, 1].
    ///   - epsilon: privacy loss, positive and finite.
    ///   - range: where answers lie; finite and not a point.
    public init(quantile: Double, epsilon: Double, range: ClosedRange<Double>) {
        precondition(quantile >= 0 && quantile <= 1, "quantile \(quantile) is not in [0, 1]")
        precondition(epsilon > 0 && epsilon.isFinite, "epsilon \(epsilon) is not positive and finite")
        let width = range.upperBound - range.lowerBound
        precondition(width > 0 && width.isFinite, "the range \(range) has no finite length")
        self.quantile = quantile
        self.epsilon = epsilon
        self.range = range
    }

    /// Probability of each of the m + 1 intervals between the sorted, clamped values.
    ///
    /// - Parameter values: private values; those that are not numbers count as `range.lowerBound`.
    /// - Returns: Probabilities that sum to one. They are as private as the values: never publish them.
    public func probabilities(of values: [Double]) -> [Double] {
        intervals(of: values).probabilities
    }

    /// A private answer.
    ///
    /// - Parameters:
    ///   - values: private values.
    ///   - generator: for a real guarantee a cryptographic one, such as `SystemRandomNumberGenerator`.
    /// - Returns: A point of the range.
    public func draw(from values: [Double], using generator: inout some RandomNumberGenerator) -> Double {
        let (edges, probabilities) = intervals(of: values)
        var rest = Double.random(in: 0..<1, using: &generator)
        var chosen = probabilities.lastIndex { $0 > 0 } ?? 0
        for (i, probability) in probabilities.enumerated() {
            if rest < probability {
                chosen = i
                break
            }
            rest -= probability
        }
        return Double.random(in: edges[chosen]...edges[chosen + 1], using: &generator)
    }

    private func intervals(of values: [Double]) -> (edges: [Double], probabilities: [Double]) {
        let low = range.lowerBound, high = range.upperBound
        let sorted = values.map { $0.isNaN ? low : min(max($0, low), high) }.sorted()
        let edges = [low] + sorted + [high]
        let target = quantile * Double(values.count)
        let weights = (0...values.count).map { i in
            log(edges[i + 1] - edges[i]) - epsilon / 2 * abs(Double(i) - target)
        }
        let total = SpecialFunctions.logSumExp(weights)
        return (edges, weights.map { exp($0 - total) })
    }
}
