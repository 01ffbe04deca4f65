import Foundation

/// How the loss departs from its power law: the exponent drifts with log tokens, and with log size.
///
///     bend(T) = integral over s from 0 to log(Tmax/T) of slope(s) eta(s) ds,   eta a random walk, eta(0) = 0,
///     d eta = rate (1 + early s) dw
///
/// with slope(s) the fall of the loss per factor e of tokens, s factors e below the largest budget. So the law's
/// coefficients are those at the largest budget, smaller ones say the less about them the more real curves bend, and what
/// comes beyond drifts on with the same rate. `early` > 0 lets the smallest budgets bend more than the largest: short runs
/// pass through stages (a plateau, unigrams, bigrams) that do not last.
///
/// Do not believe it for a break that comes all at once and beyond every budget that was run.
struct LossLawBend {
    /// One belief about bends, with its probability before any run.
    struct Setting {
        /// Standard deviation of the exponent's drift over the first factor e, relative to it.
        var rate: Double
        var early: Double
        var odds: Double
    }

    /// Places between the smallest and the largest budget (or size) where a bend is kept.
    static let tokenPlaces = 4
    static let modelPlaces = 3

    /// Probability, before any run, that a loss does not bend at all.
    private static let exactOdds = 0.35

    /// What is believed of bends: rates a factor of two apart, alike in probability, with early stages and without.
    static let settings: [Setting] = {
        let exact = [Setting(rate: 0, early: 0, odds: exactOdds)]
        let rates = [0.05, 0.12, 0.27, 0.6]
        return exact
            + rates.flatMap { rate in
                [0.0, 1].map {
                    Setting(rate: rate, early: $0, odds: (1 - exactOdds) / Double(2 * rates.count))
                }
            }
    }()

    /// Degrees of freedom of the drift beyond the runs.
    static let breakFreedom = 4.0

    /// Steps of the random walk.
    private static let steps = 24

    /// A random walk's bend at given distances below the end, as weights on independent standard normal numbers, for
    /// `rate` 1: one row per distance.
    static func weights(_ distances: [Double], slope: (Double) -> Double, early: Double) -> [[Double]] {
        let far = distances.max() ?? 0
        guard far > 0 else { return distances.map { _ in [] } }
        let step: Double = far / Double(steps)
        return distances.map { distance in
            // The walk's step j happens at (j + 1/2) step; it is felt from there to the distance.
            (0..<steps).map { j in
                let at: Double = (Double(j) + 0.5) * step
                guard distance > at else { return 0 }
                let pieces = 6
                let width: Double = (distance - at) / Double(pieces)
                let integral: Double = (0..<pieces).reduce(0) {
                    $0 + slope(at + (Double($1) + 0.5) * width) * width
                }
                return integral * (1 + early * at) * step.squareRoot()
            }
        }
    }

    /// Evenly spaced distances where a bend is kept: the farthest first, the end itself (always 0) left out.
    static func places(_ count: Int, to far: Double) -> [Double] {
        (0..<count).map { far * Double(count - $0) / Double(count) }
    }

    /// A bend between its places; the farthest one goes on beyond.
    static func value(_ kept: ArraySlice<Double>, at distance: Double, of far: Double) -> Double {
        guard far > 0, distance > 0, !kept.isEmpty else { return 0 }
        let position: Double = Double(kept.count) * max(0, 1 - distance / far)
        let index: Int = min(Int(position), kept.count - 1)
        let left: Double = kept[kept.startIndex + index]
        let right: Double = index + 1 < kept.count ? kept[kept.startIndex + index + 1] : 0
        return left + (right - left) * (position - Double(index))
    }
}
