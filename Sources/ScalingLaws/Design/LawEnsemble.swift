import Foundation

/// The posterior draws of a law, arranged for evaluating many runs in all of them.
///
/// Each draw is a law of its own: other coefficients, exponents and curvatures, perhaps another form. The skew is that of
/// the law itself. What a run would report in a draw, up to its cell's floor, is
///
///     excess = sum_a 1/2 curvature_a phi(x_a - optimum_a)
struct LawEnsemble {
    let law: Law
    let count: Int
    /// By axis of the law, then by draw.
    private let formulas: [[Compact]]

    /// One axis in one draw, without dictionaries: a design evaluates it a hundred thousand times.
    private struct Compact {
        var logCoefficient: Double
        var exponents: SIMD8<Double>
        var logLimit: Double
        var halfBatch: Double
        var sharpness: Double
        /// Factor on the law's curvature.
        var stiffness: Double
    }

    /// Where a run stands: log of each variable over its reference, and its log batch size.
    struct Place {
        var logs: SIMD8<Double>
        var logBatch: Double
    }

    /// Arranges the draws of a law.
    ///
    /// - Parameters:
    ///   - law: the law.
    ///   - unseen: beliefs about exponents the law does not have, because its runs never varied them; by axis. Each draw
    ///     gets its own.
    init(law: Law, unseen: [LawAxis: [LawVariable: ExponentPrior]] = [:]) {
        self.law = law
        let draws = law.draws.compactMap { LawDraw($0, law: law) }
            .map { ($0.formulas(law), $0.stiffening) }
        count = draws.count
        var generator = FitRandom(seed: 0x5EED)
        formulas = law.axes.indices.map { a in
            let beliefs = (unseen[law.axes[a].axis] ?? [:]).filter { law.axes[a].exponents[$0.key] == nil }
                .sorted { Self.slot($0.key) < Self.slot($1.key) }
            return draws.map { formulas, stiffening in
                let formula = formulas[a]
                var exponents = SIMD8<Double>.zero
                for exponent in formula.exponents { exponents[Self.slot(exponent.variable)] = exponent.value }
                for (variable, belief) in beliefs {
                    exponents[Self.slot(variable)] = belief.mean + belief.deviation * generator.normal()
                }
                return Compact(
                    logCoefficient: formula.logCoefficient, exponents: exponents,
                    logLimit: formula.logLimit ?? .infinity, halfBatch: formula.halfBatch,
                    sharpness: formula.sharpness, stiffness: exp(stiffening[a]))
            }
        }
    }

    private static func slot(_ variable: LawVariable) -> Int {
        switch variable {
        case .tokenBudget: 0
        case .modelSize: 1
        case .batchSize: 2
        case .momentumComplement: 3
        case .brevity: 4
        }
    }

    /// The place of a run with these values.
    func place(_ values: [LawAxis: Double], in cell: DesignCell) -> Place {
        var logs = SIMD8<Double>.zero
        func set(_ variable: LawVariable, _ value: Double?) {
            guard let scale = law.reference[variable], let value else { return }
            logs[Self.slot(variable)] = log(value / scale)
        }
        set(.tokenBudget, cell.tokenBudget)
        set(.modelSize, cell.modelSize)
        set(.batchSize, values[.batchSize])
        set(.momentumComplement, values[.momentum].map { 1 - $0 })
        logs[Self.slot(.brevity)] =
            Brevity.log(
                tokenBudget: cell.tokenBudget, batchSize: values[.batchSize] ?? law.reference[.batchSize])
            ?? 0
        let batch = values[.batchSize] ?? law.reference[.batchSize] ?? 1
        return Place(logs: logs, logBatch: log(batch))
    }

    /// Log optimum of one axis of the law in every draw.
    func optima(axis a: Int, at place: Place) -> [Double] {
        formulas[a].map { formula in
            let power: Double = formula.logCoefficient + (formula.exponents * place.logs).sum()
            guard formula.logLimit.isFinite else { return power }
            var ceiling: Double = formula.logLimit
            if formula.halfBatch > 0 {
                ceiling -= log1p(exp(log(formula.halfBatch) - place.logBatch))
            }
            let low: Double = min(power, ceiling)
            return low - log1p(exp(-formula.sharpness * abs(power - ceiling))) / formula.sharpness
        }
    }

    /// Curvature of one axis of the law at a place.
    func curvature(axis a: Int, at place: Place) -> Double {
        law.axes[a].curvature { place.logs[Self.slot($0)] }
    }

    /// `sqrt(1/2 share curvature) (x - mean x)` in every draw, whose variance is the expected regret of answering the mean.
    func weighted(_ optima: [Double], axis a: Int, at place: Place, share: Double) -> [Double] {
        let mean: Double = optima.reduce(0, +) / Double(max(1, optima.count))
        let bend: Double = curvature(axis: a, at: place)
        return zip(optima, formulas[a]).map { optimum, formula in
            (0.5 * share * bend * formula.stiffness).squareRoot() * (optimum - mean)
        }
    }

    /// The excess of a run by the law itself.
    func centralExcess(_ run: DesignRun) -> Double {
        let place = self.place(run.values, in: run.cell)
        var sum = 0.0
        for (a, axis) in law.axes.enumerated() {
            guard let value = run.values[axis.axis] else { continue }
            let optima = self.optima(axis: a, at: place).sorted()
            let x: Double = axis.axis.coordinate(of: value) - optima[optima.count / 2]
            sum += 0.5 * curvature(axis: a, at: place) * CurveShape.evaluate(x, skew: axis.skew).value
        }
        return sum
    }

    /// The excess of a run in every draw.
    func excess(_ run: DesignRun) -> [Double] {
        let place = self.place(run.values, in: run.cell)
        var sum = [Double](repeating: 0, count: count)
        for (a, axis) in law.axes.enumerated() {
            guard let value = run.values[axis.axis] else { continue }
            let x: Double = axis.axis.coordinate(of: value)
            let bend: Double = curvature(axis: a, at: place)
            guard bend > 1e-12 else { continue }
            for (d, optimum) in optima(axis: a, at: place).enumerated() {
                sum[d] +=
                    0.5 * bend * formulas[a][d].stiffness
                    * CurveShape.evaluate(x - optimum, skew: axis.skew).value
            }
        }
        return sum
    }
}
