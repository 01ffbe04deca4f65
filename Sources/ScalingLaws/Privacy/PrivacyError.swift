/// Why a privacy loss cannot be computed.
public enum PrivacyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The probability that a record is in a batch is not in [0, 1].
    case samplingRate(Double)
    /// The noise multiplier is negative or not a number.
    case noiseMultiplier(Double)
    /// delta is not in (0, 1).
    case delta(Double)
    /// epsilon is not a positive finite number.
    case epsilon(Double)
    /// The number of steps or trials is negative.
    case count(Int)
    /// Curves of different orders cannot be added.
    case orders
    /// No noise multiplier below 2^60 is enough.
    case unreachable(epsilon: Double)

    /// For people.
    public var description: String {
        switch self {
        case .samplingRate(let q): "the sampling rate \(q) is not between 0 and 1"
        case .noiseMultiplier(let z): "the noise multiplier \(z) is not a number from 0 up"
        case .delta(let delta): "delta \(delta) is not between 0 and 1"
        case .epsilon(let epsilon): "epsilon \(epsilon) is not a positive number"
        case .count(let count): "\(count) is not a number of steps or trials"
        case .orders: "these privacy losses were computed at different Renyi orders"
        case .unreachable(let epsilon): "no noise multiplier reaches epsilon \(epsilon)"
        }
    }
}
