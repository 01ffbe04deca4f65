import Foundation

/// A power law through the reports of one run: `L(t) = E + A t^-p`, the token term of the loss laws that are fitted to
/// finished runs (Kaplan et al. 2020, arXiv:2001.08361; Hoffmann et al. 2022, arXiv:2203.15556), here along a run.
///
/// A few reports do not place three parameters, so the end is not predicted by the best curve but by all of them: for
/// each p of a grid E and A are least squares with `A >= 0` (a loss that rises is continued as flat), and the grid is
/// weighted by the marginal likelihood over the noise and a prior on p, log-normal around 0.5 with a factor of 2 as its
/// deviation (exponents of training losses lie between 0.2 and 1). The end is then a mixture of Student t.
///
/// Domhan, Springenberg, Hutter (2015, IJCAI) stop runs by such predictions, with eleven families; one is enough here
/// because the schedule is constant, and it is the family the sweep's answer rests on.
struct LearningCurve: Sendable {
    /// One report: fraction of the budget in (0, 1), and the loss there.
    struct Point: Sendable, Hashable {
        var fraction: Double
        var value: Double
    }

    /// Reports needed: one more than the curve has parameters.
    static let fewestPoints = 4

    /// One exponent: weight, predicted end with its scale, degrees of freedom.
    private struct Component {
        var weight: Double
        var end: Double
        var scale: Double
    }
    private let components: [Component]
    private let degreesOfFreedom: Int

    /// Fits.
    ///
    /// - Parameter points: at least four.
    init?(_ points: [Point]) {
        guard points.count >= Self.fewestPoints, points.allSatisfy({ $0.fraction > 0 && $0.value.isFinite })
        else { return nil }
        let values = points.map(\.value)
        let spread = (values.max() ?? 0) - (values.min() ?? 0)
        // A priori the noise is about 3 % of what the run has gained, worth the observation that p costs. With less,
        // runs of little noise are foretold too surely: a stated 95 % came true in 93 of 100.
        let floor = pow(0.03 * spread, 2) + 1e-24 * pow(values.map(abs).max() ?? 1, 2)
        degreesOfFreedom = points.count - 2
        let nu = Double(degreesOfFreedom)
        var found: [(logWeight: Double, end: Double, scale: Double)] = []
        for step in 0..<Self.exponents.count {
            let p = Self.exponents[step]
            let line = Self.line(points, exponent: p)
            let variance = (line.residual + floor) / nu
            let prior = -0.5 * pow(log(p / 0.5) / log(2), 2)
            found.append(
                (
                    prior - 0.5 * nu * log(line.residual + floor), line.end,
                    (variance * (1 + line.leverage)).squareRoot()
                ))
        }
        let top = found.map(\.logWeight).max() ?? 0
        let total = found.reduce(0) { $0 + exp($1.logWeight - top) }
        components = found.map {
            Component(weight: exp($0.logWeight - top) / total, end: $0.end, scale: $0.scale)
        }
    }

    /// The predicted end: mean of the mixture's centres.
    var end: Double { components.reduce(0) { $0 + $1.weight * $1.end } }

    /// Probability that the measured end is above a value.
    func probability(endAbove value: Double) -> Double {
        components.reduce(0) { sum, part in
            let t = (part.end - value) / part.scale
            return sum + part.weight * StudentT.cumulative(t, degreesOfFreedom: degreesOfFreedom)
        }
    }

    private static let exponents: [Double] = (0..<25).map { 0.08 * pow(2.5 / 0.08, Double($0) / 24) }

    /// Least squares of `E + A x^-p` with `A >= 0`: squared residuals, the end (x = 1), its leverage.
    private static func line(_ points: [Point], exponent p: Double) -> (
        residual: Double, end: Double, leverage: Double
    ) {
        let count = Double(points.count)
        let x = points.map { pow($0.fraction, -p) }
        let meanX = x.reduce(0, +) / count
        let meanY = points.reduce(0) { $0 + $1.value } / count
        var xx = 0.0, xy = 0.0
        for (x, point) in zip(x, points) {
            xx += (x - meanX) * (x - meanX)
            xy += (x - meanX) * (point.value - meanY)
        }
        let slope = xx > 0 ? max(0, xy / xx) : 0
        let residual = zip(x, points).reduce(0) { sum, pair in
            sum + pow(pair.1.value - meanY - slope * (pair.0 - meanX), 2)
        }
        let leverage = 1 / count + (xx > 0 ? (1 - meanX) * (1 - meanX) / xx : 0)
        return (residual, meanY + slope * (1 - meanX), leverage)
    }
}

/// Student's t distribution.
enum StudentT {
    /// `P(T <= t)` for a whole number of degrees of freedom, by the finite sums of Abramowitz and Stegun 26.7.3 and
    /// 26.7.4; exact to rounding.
    ///
    /// - Parameters:
    ///   - t: any number.
    ///   - nu: degrees of freedom, 1 or more.
    /// - Returns: the probability.
    static func cumulative(_ t: Double, degreesOfFreedom nu: Int) -> Double {
        guard t.isFinite else { return t > 0 ? 1 : 0 }
        let theta = atan(t / Double(nu).squareRoot())
        let (sine, cosine) = (sin(theta), cos(theta))
        var within: Double
        if nu % 2 == 1 {
            var sum = 0.0, term = cosine
            for k in stride(from: 1, to: nu - 1, by: 2) {
                sum += term
                term *= cosine * cosine * Double(k + 1) / Double(k + 2)
            }
            within = 2 / Double.pi * (theta + sine * sum)
        } else {
            var sum = 0.0, term = 1.0
            for k in stride(from: 0, to: nu - 1, by: 2) {
                sum += term
                term *= cosine * cosine * Double(k + 1) / Double(k + 2)
            }
            within = sine * sum
        }
        within = min(1, max(-1, within))
        return 0.5 + 0.5 * within
    }
}
