import Foundation

/// The few special functions the laws need, accurate to about 1e-14 where they do not underflow.
enum SpecialFunctions {
    /// `log Gamma(x)` for positive x. (`Foundation.lgamma` returns a pair with a sign on some platforms.)
    static func logGamma(_ x: Double) -> Double {
        // Stirling's series after shifting the argument above 12: error below 1e-14.
        var shift = 0.0
        var z = x
        while z < 12 {
            shift += log(z)
            z += 1
        }
        let r = 1 / (z * z)
        let inner = 1 / 1260.0 - r * (1 / 1680.0 - r / 1188)
        let series = (1 / 12.0 - r * (1 / 360.0 - r * inner)) / z
        return (z - 0.5) * log(z) - z + 0.5 * log(2 * .pi) + series - shift
    }

    /// `Phi(x)`, the distribution function of the standard normal.
    static func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// `log Phi(x)`. Below -35, where Phi nears the smallest numbers, by its asymptotic series
    /// `-x^2/2 - log(-x) - log(2 pi)/2 + log(1 - 1/x^2 + 3/x^4 - 15/x^6 + 105/x^8)`; what is left out is below 4e-13.
    static func logNormalCDF(_ x: Double) -> Double {
        if x > -35 { return log(normalCDF(x)) }
        let r = 1 / (x * x)
        let series = -r * (1 - r * (3 - r * (15 - 105 * r)))
        return -x * x / 2 - log(-x) - 0.5 * log(2 * .pi) + log1p(series)
    }

    /// `log(exp(x) - 1)` for positive x, without overflow.
    static func logExpm1(_ x: Double) -> Double {
        x > 30 ? x + log1p(-exp(-x)) : log(expm1(x))
    }

    /// `log(1 + exp(x))`, without overflow.
    static func softplus(_ x: Double) -> Double {
        x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
    }

    /// `log sum_i exp(x_i)`; minus infinity for nothing.
    static func logSumExp(_ terms: [Double]) -> Double {
        guard let top = terms.max(), top > -.infinity else { return -.infinity }
        guard top < .infinity else { return .infinity }
        var sum = 0.0
        for term in terms { sum += exp(term - top) }
        return top + log(sum)
    }
}
