import Foundation

/// The loss at the fitted optima over budgets (and model sizes), as a density over its coefficients:
///
///     loss = F0 + E + A (T/T0)^-e + B (N/N0)^-g + bend(T) + bend(N) + error
///
/// F0 is the least loss possible, E how far the floor lies above it. E = 0 is a form of its own, *floor known*: a range of
/// E alone has no probability at 0, so that every draw would lie above F0 and the prediction far ahead would be biased
/// upwards. The two forms are mixed by their evidence. What real losses do besides is in `LossLawBend`.
///
/// | belief | why |
/// |---|---|
/// | a = E + A + B, the loss above F0 at the reference point: 1/a | scale-free |
/// | u = E/a and v = B/(A + B) uniform in 0...1 | nothing is known, and shares have no unit |
/// | log e, log g: Student-t, median 0.3, scale 0.6, 3 degrees | language models 0.28 (Hoffmann et al. 2022, arXiv 2203.15556), bounds 1/4, convex problems 0.5 to 1 |
/// | errors: given up to a common factor with `errorFreedom` degrees | a law whose cells scatter more widens itself |
struct LossLawFit {
    struct Cell {
        var tokenBudget: Double
        var modelSize: Double?
        var loss: Double
        /// Relative standard error.
        var error: Double
        /// Relative errors shared with other cells, as weights on independent standard normal numbers.
        var shared: [Double] = []
    }

    /// What is linear in a law: E, A and B.
    struct Coefficients {
        var floor = 0.0
        var amplitude = 0.0
        var modelAmplitude = 0.0
    }

    var cells: [Cell]
    /// F0.
    var lossFloor: Double
    /// T0.
    var reference: Double
    /// N0; `nil` when one model size was run.
    var modelReference: Double?

    private static let exponentPrior = (median: 0.3, scale: 0.6, freedom: 3.0)
    /// Exponents looked at.
    static let exponentRange = (low: 0.01, high: 4.0)
    /// Degrees of freedom of the belief in the cells' errors.
    static let errorFreedom = 4.0
    /// Factor on the errors of fitted losses: floors of neighbouring budgets share errors of the curve's shape.
    static let errorStretch = 1.4

    /// A typical loss: squares of weights must neither overflow nor vanish.
    var unit: Double { cells.map { abs($0.loss) }.max().flatMap { $0 > 0 ? $0 : nil } ?? 1 }

    /// Log of the belief in an exponent, as a density of its logarithm.
    static func logPrior(exponent: Double) -> Double {
        let prior = exponentPrior
        let z: Double = (log(exponent) - log(prior.median)) / prior.scale
        return -(prior.freedom + 1) / 2 * log1p(z * z / prior.freedom)
    }

    /// Log of the belief in coefficients, as a density of E, A and B, those that are free.
    func logPrior(_ c: Coefficients, floorKnown: Bool) -> Double {
        let fading: Double = c.amplitude + c.modelAmplitude
        let all: Double = c.floor + fading
        // da du = dE dA / a, and da du dv = dE dA dB / (a (A + B)).
        var density: Double = -log(all)
        if !floorKnown { density -= log(all) }
        if modelReference != nil { density -= log(fading) }
        return density
    }

    /// Values of `(T/T0)^-e` at the cells.
    func tokenColumn(_ exponent: Double) -> [Double] {
        cells.map { exp(-exponent * log($0.tokenBudget / reference)) }
    }

    /// Values of `(N/N0)^-g` at the cells.
    func modelColumn(_ exponent: Double) -> [Double] {
        guard let modelReference else { return cells.map { _ in 0 } }
        return cells.map { exp(-exponent * log(($0.modelSize ?? modelReference) / modelReference)) }
    }

    /// The law of exponents and coefficients.
    func law(_ exponents: (tokens: Double, model: Double), _ c: Coefficients) -> LossLaw {
        LossLaw(
            floor: lossFloor + c.floor, amplitude: c.amplitude, exponent: exponents.tokens,
            reference: reference,
            modelTerm: modelReference.map {
                LossLaw.ModelTerm(amplitude: c.modelAmplitude, exponent: exponents.model, reference: $0)
            })
    }
}
