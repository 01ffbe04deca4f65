import Foundation

/// The linear coefficients of a loss law, given everything else: normal, and none of them negative.
///
/// With flat beliefs in the p coefficients and `errorFreedom` degrees in the errors' common factor k^2, both integrated out,
/// n cells have the density
///
///     |Sigma|^-1/2 |M|^-1/2 Gamma(m/2) (f/2)^(f/2) / Gamma(f/2) ((f + misfit)/2)^(-m/2) (2 pi)^(-(n-p)/2)
///
/// with `M = X' Sigma^-1 X` and `m = f + n - p`. The share of it where all coefficients are positive is estimated with one
/// draw, coefficient by coefficient (Geweke 1991; Hajivassiliou and McFadden 1998): each is drawn from its normal cut off
/// at 0 given those before, and the product of what was not cut off is the weight. It is unbiased, so the weights are right
/// on average over the points of a grid.
struct LossLawNormal {
    /// Free coefficients.
    let order: Int
    /// Sum of squared whitened residuals at the best coefficients, positive or not.
    let misfit: Double
    private var factor: (Double, Double, Double, Double, Double, Double) = (1, 0, 1, 0, 0, 1)
    private(set) var mean: (Double, Double, Double) = (0, 0, 0)

    /// Solves the normal equations; `nil` when the columns are the same to working accuracy.
    ///
    /// - Parameters:
    ///   - order: 1 to 3.
    ///   - m: M as (11, 21, 22, 31, 32, 33).
    ///   - right: `X' Sigma^-1 y`.
    ///   - total: `y' Sigma^-1 y`.
    init?(
        order: Int, matrix m: (Double, Double, Double, Double, Double, Double),
        right: (Double, Double, Double), total: Double
    ) {
        self.order = order
        guard m.0 > 0, m.0.isFinite else { return nil }
        factor.0 = m.0.squareRoot()
        let y0: Double = right.0 / factor.0
        var y1 = 0.0
        var y2 = 0.0
        if order > 1 {
            factor.1 = m.1 / factor.0
            let pivot: Double = m.2 - factor.1 * factor.1
            guard pivot > 1e-12 * m.2, pivot.isFinite else { return nil }
            factor.2 = pivot.squareRoot()
            y1 = (right.1 - factor.1 * y0) / factor.2
        }
        if order > 2 {
            factor.3 = m.3 / factor.0
            factor.4 = (m.4 - factor.3 * factor.1) / factor.2
            let pivot: Double = m.5 - factor.3 * factor.3 - factor.4 * factor.4
            guard pivot > 1e-12 * m.5, pivot.isFinite else { return nil }
            factor.5 = pivot.squareRoot()
            y2 = (right.2 - factor.3 * y0 - factor.4 * y1) / factor.5
        }
        misfit = max(0, total - y0 * y0 - y1 * y1 - y2 * y2)
        mean.2 = order > 2 ? y2 / factor.5 : 0
        mean.1 = order > 1 ? (y1 - factor.4 * mean.2) / factor.2 : 0
        mean.0 = (y0 - factor.1 * mean.1 - factor.3 * mean.2) / factor.0
    }

    /// Log density of the cells with the coefficients integrated out over all numbers, without |Sigma|.
    func logEvidence(cells: Int) -> Double {
        let freedom: Double = LossLawFit.errorFreedom
        let left: Double = Double(cells - order)
        let m: Double = freedom + left
        var determinant: Double = log(factor.0)
        if order > 1 { determinant += log(factor.2) }
        if order > 2 { determinant += log(factor.5) }
        return -determinant - m / 2 * log((freedom + misfit) / 2) + SpecialFunctions.logGamma(m / 2)
            - left / 2 * log(2 * .pi)
    }

    /// What the log share of the density with positive coefficients cannot exceed: that of each coefficient alone.
    func logPositiveBound(cells: Int) -> Double {
        let scale: Double = variance(cells: cells).squareRoot()
        // Columns of L^-1: standard errors of the coefficients.
        let i0: Double = 1 / factor.0
        let i1: Double = 1 / factor.2
        let i2: Double = 1 / factor.5
        let l10: Double = order > 1 ? -factor.1 * i0 * i1 : 0
        let l21: Double = order > 2 ? -factor.4 * i1 * i2 : 0
        let l20: Double = order > 2 ? -(factor.3 * i0 + factor.4 * l10) * i2 : 0
        var least: Double = SpecialFunctions.logNormalCDF(
            mean.0 / (scale * (i0 * i0 + l10 * l10 + l20 * l20).squareRoot()))
        if order > 1 {
            least = min(
                least,
                SpecialFunctions.logNormalCDF(mean.1 / (scale * (i1 * i1 + l21 * l21).squareRoot())))
        }
        if order > 2 { least = min(least, SpecialFunctions.logNormalCDF(mean.2 / (scale * i2))) }
        return least
    }

    private func variance(cells: Int) -> Double {
        let m: Double = LossLawFit.errorFreedom + Double(cells - order)
        return (LossLawFit.errorFreedom + misfit) / m
    }

    /// Positive coefficients, the errors' factor k they were drawn with, and the log of their weight.
    func draw(
        cells: Int, generator: inout FitRandom
    ) -> (values: (Double, Double, Double), errorScale: Double, logWeight: Double) {
        let m: Double = LossLawFit.errorFreedom + Double(cells - order)
        let scale: Double = ((LossLawFit.errorFreedom + misfit) / generator.chiSquare(m)).squareRoot()
        var weight = 0.0
        var values: (Double, Double, Double) = (0, 0, 0)
        func positive(_ middle: Double, _ deviation: Double) -> Double {
            weight += SpecialFunctions.logNormalCDF(middle / deviation)
            return max(middle + deviation * generator.normal(above: -middle / deviation), 0)
        }
        if order > 2 { values.2 = positive(mean.2, scale / factor.5) }
        let shift2: Double = values.2 - mean.2
        if order > 1 { values.1 = positive(mean.1 - factor.4 / factor.2 * shift2, scale / factor.2) }
        let shift1: Double = values.1 - mean.1
        values.0 = positive(
            mean.0 - (factor.1 * shift1 + factor.3 * shift2) / factor.0, scale / factor.0)
        return (values, scale, weight)
    }
}

extension FitRandom {
    /// Standard normal, given that it lies above `low` (Robert 1995).
    mutating func normal(above low: Double) -> Double {
        if low < 0.4 {
            while true {
                let z = normal()
                if z >= low { return z }
            }
        }
        let rate: Double = (low + (low * low + 4).squareRoot()) / 2
        while true {
            let z: Double = low - log(uniform()) / rate
            if log(uniform()) <= -0.5 * (z - rate) * (z - rate) { return z }
        }
    }
}
