import Foundation

/// The loss at the fitted optima over budgets (and model sizes), as a density over its coefficients:
///
///     loss = F0 + a (u + (1 - u) ((1 - v) (T/T0)^-e + v (N/N0)^-g))
///
/// F0 is the least loss possible, a how far the loss at the reference point lies above it, u the share of a that never
/// goes away, v the share of the rest that is due to model size. u = 0 is a form of its own, *floor known*: a range of u
/// alone has no probability at 0, so that every draw would lie above F0 and the prediction far ahead would be biased
/// upwards. The two forms are mixed by their evidence.
///
/// Coordinates are `logit u, log s, logit v, log s'` with the slopes `s = e (1 - u)(1 - v)` and `s' = g (1 - u) v` of
/// `log(loss - F0)` at the reference point. The runs tell slopes well and u badly; in slopes the two hardly correlate,
/// while u and e would trade along a thin ridge. Since `d log s = d log e` at fixed shares, priors need no Jacobian.
///
/// | belief | why |
/// |---|---|
/// | u, v uniform in 0...1 | nothing is known, and shares have no unit |
/// | log e, log g: Student-t, median 0.35, scale 0.6, 3 degrees | language models 0.28 (Hoffmann et al. 2022, arXiv 2203.15556), bounds 1/4, convex problems 0.5 to 1 |
/// | a: 1/a | scale-free; integrated out, as the model is linear in it |
/// | errors: given up to a common factor with `errorFreedom` degrees | integrated out; a bent law widens itself |
struct LossLawFit {
    struct Cell {
        var tokenBudget: Double
        var modelSize: Double?
        var loss: Double
        /// Relative standard error.
        var error: Double
    }

    /// The lines of the model at one point: coefficients without the scale a.
    struct Shape {
        /// u; 0 when the floor is known.
        var floorShare: Double
        /// v; 0 without model sizes.
        var modelShare: Double
        var exponent: Double
        var modelExponent: Double
    }

    /// What the cells say about a shape.
    struct Score {
        /// Log posterior density of the shape, a and the error scale integrated out, up to a constant.
        var logDensity: Double
        /// Best a and, at error scale 1, its precision, the latter with losses in units of `unit`.
        var scale: Double
        var precision: Double
        /// Sum of squared relative residuals at the best a.
        var misfit: Double
    }

    var cells: [Cell]
    /// F0.
    var lossFloor: Double
    /// T0.
    var reference: Double
    /// N0; `nil` when one model size was run.
    var modelReference: Double?

    private static let exponentPrior = (median: 0.35, scale: 0.6, freedom: 3.0)
    /// Degrees of freedom of the belief in the cells' errors.
    static let errorFreedom = 4.0
    /// Factor on the errors of fitted losses: floors of neighbouring budgets share errors of the curve's shape.
    static let errorStretch = 1.2

    /// A typical loss: squares of weights must neither overflow nor vanish.
    var unit: Double { cells.map { abs($0.loss) }.max().flatMap { $0 > 0 ? $0 : nil } ?? 1 }

    /// Coordinates of a form.
    func dimension(floorKnown: Bool) -> Int {
        (floorKnown ? 1 : 2) + (modelReference == nil ? 0 : 2)
    }

    /// Reads coordinates.
    func shape(_ x: [Double], floorKnown: Bool) -> Shape {
        let head: Int = floorKnown ? 0 : 1
        let u: Double = floorKnown ? 0 : Self.logistic(x[0])
        guard modelReference != nil else {
            return Shape(floorShare: u, modelShare: 0, exponent: exp(x[head]) / (1 - u), modelExponent: 0)
        }
        let v: Double = Self.logistic(x[head + 1])
        return Shape(
            floorShare: u, modelShare: v, exponent: exp(x[head]) / ((1 - u) * (1 - v)),
            modelExponent: exp(x[head + 2]) / ((1 - u) * v))
    }

    /// How well a shape explains the cells.
    func score(_ shape: Shape, floorKnown: Bool) -> Score? {
        var squares = 0.0
        var cross = 0.0
        var total = 0.0
        let unit = unit
        for cell in cells {
            let loss: Double = cell.loss / unit
            let weight: Double = 1 / max(Self.errorStretch * cell.error * abs(loss), 1e-300)
            let x: Double = weight * rise(shape, tokenBudget: cell.tokenBudget, modelSize: cell.modelSize)
            let y: Double = weight * (loss - lossFloor / unit)
            squares += x * x
            cross += x * y
            total += y * y
        }
        let scale: Double = cross / squares
        guard squares.isFinite, squares > 0, scale > 0 else { return nil }
        let misfit: Double = max(0, total - scale * cross)
        let freedom: Double = Self.errorFreedom + Double(cells.count - 1)
        var density: Double = -0.5 * freedom * log(Self.errorFreedom + misfit)
        density -= 0.5 * log(squares) + log(scale)
        density += Self.logPrior(exponent: shape.exponent)
        if !floorKnown { density += log(shape.floorShare) + log1p(-shape.floorShare) }
        if modelReference != nil {
            density += log(shape.modelShare) + log1p(-shape.modelShare)
            density += Self.logPrior(exponent: shape.modelExponent)
        }
        guard density.isFinite else { return nil }
        return Score(logDensity: density, scale: scale * unit, precision: squares, misfit: misfit)
    }

    /// The law of a shape and a scale.
    func law(_ shape: Shape, scale: Double) -> LossLaw {
        let reducible: Double = scale * (1 - shape.floorShare)
        return LossLaw(
            floor: lossFloor + scale * shape.floorShare, amplitude: reducible * (1 - shape.modelShare),
            exponent: shape.exponent, reference: reference,
            modelTerm: modelReference.map {
                LossLaw.ModelTerm(
                    amplitude: reducible * shape.modelShare, exponent: shape.modelExponent, reference: $0)
            })
    }

    /// Rough centre and width of a form's coordinates, for a sampler to start from.
    func start(floorKnown: Bool) -> (centre: [Double], width: [Double]) {
        let largest = cells.map(\.loss).max() ?? 1
        let points = cells.map { cell -> (x: Double, y: Double) in
            (
                log(cell.tokenBudget / reference),
                log(max(cell.loss - lossFloor, 1e-3 * max(largest - lossFloor, 1e-300)))
            )
        }
        let n = Double(points.count)
        let mx: Double = points.reduce(0) { $0 + $1.x } / n
        let my: Double = points.reduce(0) { $0 + $1.y } / n
        let sxx: Double = points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }
        let sxy: Double = points.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) }
        let slope: Double = log(min(max(sxx > 0 ? -sxy / sxx : 0.1, 0.01), 2))
        guard modelReference != nil else {
            return floorKnown ? ([slope], [0.7]) : ([0, slope], [1.8, 0.7])
        }
        return floorKnown
            ? ([slope, 0, slope], [1, 1.5, 1]) : ([0, slope, 0, slope], [1.8, 1, 1.5, 1])
    }

    @inline(__always)
    private func rise(_ shape: Shape, tokenBudget: Double, modelSize: Double?) -> Double {
        var fading: Double = exp(-shape.exponent * log(tokenBudget / reference))
        if let modelReference {
            let own: Double = exp(-shape.modelExponent * log((modelSize ?? modelReference) / modelReference))
            fading += shape.modelShare * (own - fading)
        }
        return shape.floorShare + (1 - shape.floorShare) * fading
    }

    private static func logPrior(exponent: Double) -> Double {
        let prior = exponentPrior
        let z: Double = (log(exponent) - log(prior.median)) / prior.scale
        return -(prior.freedom + 1) / 2 * log1p(z * z / prior.freedom)
    }

    private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
