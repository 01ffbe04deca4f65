import Foundation

/// One draw of the coefficients of one member of the family.
struct DrawnForm {
    var fitted: FittedForm
    var parameters: [Double]
    /// What a new cell deviates from the law by, by term.
    var deviation: SIMD4<Double>
    /// By term and variable, how the slope wanders beyond the largest value.
    var wanders: [[Double]]
}

/// Draws coefficients of the law, with everything that widens an answer.
///
/// Each draw takes one admissible weighting of the runs in turn; picks a shape by its weight, so that shapes the runs
/// cannot tell apart widen the interval; takes coefficients from a multivariate t around that shape's mode, with the
/// scatter of `SurfaceSpread`; and adds what a new cell deviates from the law by.
struct PosteriorDraws {
    /// The fit that answers, then the other admissible ones.
    var selections: [FormSelection]
    var generator: FitRandom
    private var turn = 0

    init(selections: [FormSelection], generator: FitRandom) {
        self.selections = selections
        self.generator = generator
    }

    /// A draw of all coefficients of one fitted shape of the weighting whose turn it is.
    mutating func next() -> DrawnForm {
        turn += 1
        return next(of: selections[(turn - 1) % selections.count])
    }

    /// A draw of all coefficients of one shape of a weighting.
    mutating func next(of selection: FormSelection) -> DrawnForm {
        var pick: Double = generator.uniform()
        var fitted = selection.candidates[0]
        for (candidate, weight) in zip(selection.candidates, selection.weights) {
            fitted = candidate
            pick -= weight
            if pick < 0 { break }
        }
        let fit = fitted.fit
        let stretch = Self.stretch(fit.degreesOfFreedom, &generator)
        let normals = (0..<fitted.spread.order).map { _ in generator.normal() * stretch }
        var shift = fitted.spread.multiplied(normals)
        var deviation = SIMD4<Double>.zero
        for i in 0..<4 { deviation[i] = fitted.deviation[i] * generator.normal() }
        var wanders: [[Double]] = []
        for (t, term) in fitted.problem.terms.enumerated() {
            let wider: Double = selection.stretch[t]
            for i in term.start..<term.curvatureIndex { shift[i] *= wider }
            wanders.append(fitted.bendScales(term: t).map { wider * $0 * generator.normal() })
        }
        return DrawnForm(
            fitted: fitted, parameters: zip(fit.state.parameters, shift).map { $0 + $1 },
            deviation: deviation,
            wanders: wanders)
    }

    /// Degrees of freedom of the tails: misfit of the surface is never normal, however many runs there are.
    private static let tailFreedom = 5.0

    /// Factor of a multivariate t draw: the 80 % range is that of the fit's own degrees of freedom, the tails are heavier.
    private static func stretch(_ degreesOfFreedom: Double, _ generator: inout FitRandom) -> Double {
        let freedom: Double = min(max(degreesOfFreedom, 3), 60)
        let tail: Double = min(freedom, tailFreedom)
        let mixed: Double = (tail / generator.chiSquare(tail)).squareRoot()
        return mixed * upperTenth(freedom) / upperTenth(tail)
    }

    /// 90 % quantile of Student's t, within 3 % from three degrees of freedom on.
    private static func upperTenth(_ freedom: Double) -> Double { 1.2816 + 0.95 / freedom }
}
