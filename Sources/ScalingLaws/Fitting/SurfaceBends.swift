import Foundation

/// How the law of an optimum bends along one log variable: hinges between the smallest and the largest value that was run.
///
///     deviation(x) = sum over inner knots k of  bend_k * max(0, knot_k - x)
///     bend_k ~ Student-t(3), scale^2 = s^2 * width around knot_k      s is learnt from the bends (`SurfaceSolver`)
///
/// Beyond the last inner knot the deviation is zero: the power law is the tangent where one extrapolates, its exponent that of the largest
/// cells, and what smaller ones do differently stands in the bends: runs of a few dozen steps want rates that fall
/// steeply with the tokens, and much the same rate once there are a few hundred. Beyond the largest value the slope goes on wandering:
/// a prediction `d` further in log is uncertain by `s d sqrt(min(d, 1.5) / 3)` more (`PosteriorDraws`), that is as a trend of wandering
/// slope over the first factor 4.5, whose slope then stays. Heavy tails let one knot
/// hold a change of regime without making the others distrusted.
///
/// With `s = 0` this is the power law. Source: the local linear trend of structural time series (Harvey 1989), in a log variable.
struct SurfaceBends {
    /// Index of the variable in `SurfacePoint.covariates`.
    let variable: Int
    /// Where the slope changes, ascending, in log of the variable over its reference.
    let knots: [Double]
    /// Smallest and largest value that was run, in the same log.
    let ends: ClosedRange<Double>
    /// First bend in the parameter vector.
    let start: Int

    /// At most so many knots: many distinct budgets (logs of real runs) are joined to their neighbours.
    static let mostKnots = 6

    var count: Int { knots.count }

    /// What `s` is multiplied by, knot by knot: the root of the half widths to either side.
    var units: [Double] {
        let all = [ends.lowerBound] + knots + [ends.upperBound]
        return knots.indices.map { (0.5 * (all[$0 + 2] - all[$0])).squareRoot() }
    }

    /// Inner knots for the values a variable takes; `nil` for fewer than three values, through which only a line can be drawn.
    static func knots(_ values: [Double]) -> (inner: [Double], ends: ClosedRange<Double>)? {
        let sorted = Set(values).sorted()
        guard let first = sorted.first, let last = sorted.last, last - first > 0.2 else { return nil }
        let least: Double = max((last - first) / Double(mostKnots + 1), 0.1)
        var inner: [Double] = []
        for value in sorted
        where value - (inner.last ?? first) >= 0.999 * least && last - value >= 0.999 * least {
            inner.append(value)
        }
        return inner.isEmpty ? nil : (inner, first...last)
    }

    @inline(__always)
    func deviation(_ parameters: UnsafePointer<Double>, at point: SurfacePoint) -> Double {
        let x: Double = point.covariates[variable]
        var sum = 0.0
        for i in 0..<count where x < knots[i] { sum += parameters[start + i] * (knots[i] - x) }
        return sum
    }

    @inline(__always)
    func addGradient(_ scale: Double, at point: SurfacePoint, to gradient: UnsafeMutablePointer<Double>) {
        let x: Double = point.covariates[variable]
        for i in 0..<count where x < knots[i] { gradient[start + i] += scale * (knots[i] - x) }
    }

    /// Where the deviation is told: the smallest value and the inner knots, the last of which has none.
    var corners: [Double] { [ends.lowerBound] + knots }

    /// The variance of the slope's wandering at a place beyond the largest value, for `s = 1`.
    func wandering(to x: Double) -> Double { Self.wandering(over: x - ends.upperBound) }

    /// The same over a distance in log.
    static func wandering(over distance: Double) -> Double {
        let d: Double = max(0, distance)
        return d * d * min(d, 1.5) / 3
    }
}
