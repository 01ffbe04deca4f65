/// How the peak of a learning-rate schedule compares with the best constant rate.
///
/// For a shape phi on [0, 1] with `phi1 = integral phi` and `phi2 = integral phi^2`, slowly varying against the
/// momentum, the first term of the bound becomes `D/(eta K phi1)` and the terms in `L eta` gain `phi2/phi1`. So
///
///     best peak = best constant rate / sqrt(phi2)
///     bound without its noise terms grows by sqrt(phi2) / phi1
///
/// and the exponents stay. Use: converting a tuned peak between schedules. Not: choosing a schedule, because a bound on
/// the average gradient cannot see what decay does for the final loss (the value factor is never below 1).
///
/// Source: derived here.
public struct ScheduleFactors: Sendable, Hashable {
    /// Integral of the shape.
    public var mean: Double
    /// Integral of its square.
    public var meanSquare: Double

    /// The decay after an optional linear warm-up.
    public enum Shape: Sendable, Hashable {
        /// No decay.
        case constant
        /// A line to zero.
        case linear
        /// Half a cosine to zero.
        case cosine
        /// Constant, then a line to zero over the last fraction.
        case wsd(decayFraction: Double)
    }

    /// Factors of a shape.
    ///
    /// A warm-up over a fraction p takes `p/2` from the mean and `2p/3` from the mean square, as if the shape were 1
    /// there; good to second order in p.
    public init(_ shape: Shape, warmupFraction p: Double = 0) {
        let (first, second): (Double, Double) =
            switch shape {
            case .constant: (1, 1)
            case .linear: (1.0 / 2, 1.0 / 3)
            case .cosine: (1.0 / 2, 3.0 / 8)
            case .wsd(let d): (1 - d / 2, 1 - 2 * d / 3)
            }
        mean = first - p / 2
        meanSquare = second - 2 * p / 3
    }

    /// Best peak over best constant rate.
    public var peakFactor: Double { 1 / meanSquare.squareRoot() }
    /// Growth of the bound's noise-free part.
    public var valueFactor: Double { meanSquare.squareRoot() / mean }
}
