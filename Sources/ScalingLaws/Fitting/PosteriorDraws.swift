import Foundation

/// Draws coefficients of the law from its posterior.
///
/// Each draw first picks a shape by its weight, so that shapes the runs cannot tell apart widen the interval; then
/// coefficients from a multivariate t around that shape's mode, with the fit's effective degrees of freedom; then what a
/// new cell deviates from the law by.
struct PosteriorDraws {
    var selection: FormSelection
    var generator: FitRandom

    /// A draw of all coefficients of one shape, with the index of the shape.
    mutating func next() -> (candidate: Int, parameters: [Double], deviation: SIMD4<Double>) {
        var pick: Double = generator.uniform()
        var candidate = 0
        for (i, weight) in selection.weights.enumerated() {
            candidate = i
            pick -= weight
            if pick < 0 { break }
        }
        let fit = selection.candidates[candidate].fit
        let freedom: Double = min(max(fit.degreesOfFreedom, 3), 60)
        let stretch: Double = (freedom / generator.chiSquare(freedom)).squareRoot()
        let normals = (0..<fit.factor.order).map { _ in generator.normal() * stretch }
        let shift = fit.factor.backward(normals)
        var deviation = SIMD4<Double>.zero
        for i in 0..<4 { deviation[i] = fit.state.deviation[i] * generator.normal() }
        return (candidate, zip(fit.state.parameters, shift).map { $0 + $1 }, deviation)
    }
}
