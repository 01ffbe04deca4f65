import Foundation

/// Draws coefficients of the law, with everything that widens an answer.
///
/// Each draw takes one admissible weighting of the runs in turn; picks a shape by its weight, so that shapes the runs
/// cannot tell apart widen the interval; takes coefficients from a multivariate t around that shape's mode, with the
/// scatter of `SurfaceSpread` and the fit's effective degrees of freedom; and adds what a new cell deviates from the law by.
struct PosteriorDraws {
    /// The fit that answers, then the other admissible ones.
    var selections: [FormSelection]
    var generator: FitRandom
    private var turn = 0

    init(selections: [FormSelection], generator: FitRandom) {
        self.selections = selections
        self.generator = generator
    }

    /// A draw of all coefficients of one fitted shape.
    mutating func next() -> (fitted: FittedForm, parameters: [Double], deviation: SIMD4<Double>) {
        let selection = selections[turn % selections.count]
        turn += 1
        var pick: Double = generator.uniform()
        var fitted = selection.candidates[0]
        for (candidate, weight) in zip(selection.candidates, selection.weights) {
            fitted = candidate
            pick -= weight
            if pick < 0 { break }
        }
        let fit = fitted.fit
        let freedom: Double = min(max(fit.degreesOfFreedom, 3), 60)
        let stretch: Double = (freedom / generator.chiSquare(freedom)).squareRoot()
        let normals = (0..<fitted.spread.order).map { _ in generator.normal() * stretch }
        let shift = fitted.spread.multiplied(normals)
        var deviation = SIMD4<Double>.zero
        for i in 0..<4 { deviation[i] = fit.state.deviation[i] * generator.normal() }
        return (fitted, zip(fit.state.parameters, shift).map { $0 + $1 }, deviation)
    }
}
