import Foundation

/// A uniform sample of a stream of unknown length.
///
/// The first `capacity` values are kept; value number i (from 0) then replaces a kept one with probability
/// `capacity / (i + 1)`, so at every moment each value seen so far is kept with the same probability.
///
/// Any quantile read from m kept values has a rank error of at most `sqrt(ln(2/beta) / (2 m))` with probability
/// 1 - beta (`rankError`). It keeps exact values, so it is **not private**. Use it for reports and to estimate a tail;
/// thresholds of a run should come from `GeometricTracker`.
///
/// Source: algorithm R of J. Vitter, "Random sampling with a reservoir", 1985; the rank error is the inequality of
/// Dvoretzky, Kiefer and Wolfowitz with the constant of P. Massart, 1990.
public struct Reservoir: Sendable, Hashable {
    /// Largest number of kept values.
    public let capacity: Int
    /// How many values were read.
    public private(set) var count = 0
    /// The kept values, in no order.
    public private(set) var values: [Double] = []

    /// An empty reservoir.
    ///
    /// - Parameter capacity: at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0, "a reservoir holds at least one value")
        self.capacity = capacity
    }

    /// Reads a value.
    ///
    /// - Parameters:
    ///   - x: the value.
    ///   - generator: where chance comes from; one draw of 64 bits for each value once full. Its remainder is biased by
    ///     less than `count / 2^64`.
    public mutating func add(_ x: Double, using generator: inout some RandomNumberGenerator) {
        count += 1
        if values.count < capacity {
            values.append(x)
            return
        }
        let j = generator.next() % UInt64(count)
        if j < UInt64(capacity) { values[Int(j)] = x }
    }

    /// The kept value of rank `ceil(p m)`; `nil` when empty.
    public func quantile(_ p: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let rank = Int((p * Double(values.count)).rounded(.up))
        return values.sorted()[min(max(1, rank), values.count) - 1]
    }

    /// How far the rank of a quantile can be off, as a fraction, except with probability `failure`.
    ///
    /// - Parameters:
    ///   - m: kept values.
    ///   - beta: probability of a larger error.
    /// - Returns: `sqrt(ln(2/beta) / (2 m))`: 0.17 for 64 values and 5 %.
    public static func rankError(values m: Int, failure beta: Double) -> Double {
        (log(2 / beta) / (2 * Double(m))).squareRoot()
    }
}
