/// A number with its bootstrap intervals.
public struct IntervalEstimate: Sendable, Hashable, Codable {
    /// The estimate from all rows.
    public var value: Double
    /// Standard deviation over the resamples; `nil` without resamples.
    public var standardError: Double?
    /// Percentile interval, `[low, high]`.
    public var interval80: [Double]?
    /// Percentile interval, `[low, high]`.
    public var interval95: [Double]?

    enum CodingKeys: String, CodingKey {
        case value
        case standardError = "standard_error"
        case interval80 = "interval_80"
        case interval95 = "interval_95"
    }

    /// An estimate.
    public init(
        value: Double, standardError: Double? = nil, interval80: [Double]? = nil, interval95: [Double]? = nil
    ) {
        self.value = value
        self.standardError = standardError
        self.interval80 = interval80
        self.interval95 = interval95
    }

    /// The percentile intervals of resampled values; without any when fewer than 20 are finite or over 2.5 %
    /// are not, as percentiles of the rest would then be of another question.
    init(_ value: Double, resampled: [Double]) {
        let finite = resampled.filter(\.isFinite)
        guard finite.count >= 20, 40 * (resampled.count - finite.count) <= resampled.count else {
            self.init(value: value)
            return
        }
        let sorted = finite.sorted()
        func at(_ q: Double) -> Double {
            let place: Double = q * Double(sorted.count - 1)
            let low = min(Int(place), sorted.count - 2)
            return sorted[low] + (place - Double(low)) * (sorted[low + 1] - sorted[low])
        }
        let mean: Double = sorted.reduce(0) { $0 + $1 / Double(sorted.count) }
        let square: Double = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.init(
            value: value,
            standardError: square.isFinite ? (square / Double(sorted.count - 1)).squareRoot() : nil,
            interval80: [at(0.1), at(0.9)], interval95: [at(0.025), at(0.975)])
    }
}
