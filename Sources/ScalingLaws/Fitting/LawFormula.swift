import Foundation

/// The numbers of one axis's formula, from a law or from one of its draws.
struct AxisFormula {
    var axis: LawAxis
    var logCoefficient: Double
    var exponents: [(variable: LawVariable, value: Double)]
    var logLimit: Double?
    var halfBatch: Double
    var sharpness: Double
    var deviations: [Deviation]

    /// A `LawDeviation` in logs of the variable over its reference.
    struct Deviation {
        var variable: LawVariable
        var knots: [Double]
        var values: [Double]
        /// Log of the largest value that was run.
        var largest: Double
        /// What the optimum wanders by beyond it, over the root of `SurfaceBends.wandering`.
        var wander: Double

        func value(at x: Double) -> Double {
            guard let last = knots.last, x < last else {
                return wander * SurfaceBends.wandering(over: x - largest).squareRoot()
            }
            // Below the first knot the first segment goes on.
            let upper: Int = max(knots.firstIndex(where: { x < $0 }) ?? 0, 1)
            guard upper < knots.count else { return values.first ?? 0 }
            let share: Double = (knots[upper] - x) / (knots[upper] - knots[upper - 1])
            return values[upper] + share * (values[upper - 1] - values[upper])
        }
    }

    init(_ law: AxisLaw, reference: [LawVariable: Double]) {
        axis = law.axis
        logCoefficient = log(law.coefficient)
        exponents = law.sortedExponents.map { ($0.variable, $0.estimate.value) }
        logLimit = law.ceiling.map { log($0.limit) }
        halfBatch = law.ceiling?.halfBatch ?? 0
        sharpness = law.sharpness
        deviations = law.deviations.map { deviation in
            let scale: Double = reference[deviation.variable] ?? 1
            return Deviation(
                variable: deviation.variable, knots: deviation.knots.map { log($0 / scale) },
                values: deviation.values, largest: log(deviation.largest / scale), wander: 0)
        }
    }

    /// The same without wandering: what the runs leave open, and not what may come beyond them.
    var steady: AxisFormula {
        var result = self
        for i in result.deviations.indices { result.deviations[i].wander = 0 }
        return result
    }

    /// Log optimum at a point, given as the log of each variable over its reference, and a batch size.
    func logOptimum(_ logs: [LawVariable: Double], batch: Double?) -> Double {
        var power: Double = logCoefficient
        for exponent in exponents { power += exponent.value * (logs[exponent.variable] ?? 0) }
        for deviation in deviations { power += deviation.value(at: logs[deviation.variable] ?? 0) }
        guard var ceiling = logLimit else { return power }
        if let batch, halfBatch > 0 { ceiling += log(batch / (batch + halfBatch)) }
        let low: Double = min(power, ceiling)
        return low - log1p(exp(-sharpness * abs(power - ceiling))) / sharpness
    }
}

extension AxisLaw {
    /// Exponents in the order of `LawVariable.allCases`.
    var sortedExponents: [(variable: LawVariable, estimate: ExponentEstimate)] {
        LawVariable.allCases.compactMap { variable in exponents[variable].map { (variable, $0) } }
    }

    /// Curvature where the variables stand, `curvature * product of variables^exponents`.
    ///
    /// Summed in the order of `LawVariable.allCases`: in that of a dictionary its last bit would differ between two runs of
    /// the program, and with it which trials a sweep makes.
    ///
    /// - Parameter log: logarithm of a variable over its reference; 0 where it is not known.
    /// - Returns: the curvature, within `exp(-60)...exp(60)`.
    func curvature(at log: (LawVariable) -> Double) -> Double {
        var bend: Double = Foundation.log(max(curvature, 1e-300))
        for variable in LawVariable.allCases {
            if let exponent = curvatureExponents[variable] { bend += exponent * log(variable) }
        }
        return exp(min(max(bend, -60), 60))
    }
}

/// One posterior draw as it is stored in `Law.draws`:
///
///     [ form, per axis (log c, exponents..., per deviation (values..., wander)), log limit, halfBatch,
///       loss (`LossLawDraw.encoded`), bend, per axis stiffening ]
///
/// `form` is 0 without a ceiling, 1 with a constant one, 2 with one that depends on the batch size. Without a loss law
/// the loss numbers are 0. `bend` is `LossLawDraw.bend`; `stiffening` is by what factor the axis curves more than the law says, as a logarithm.
struct LawDraw {
    var form: LawForm
    var axes: [[Double]]
    var logLimit: Double
    var halfBatch: Double
    var loss: [Double]
    var bend: Double
    var stiffening: [Double]

    var encoded: [Double] {
        [Double(form.rawValue)] + axes.flatMap { $0 } + [logLimit, halfBatch] + loss + [bend]
            + stiffening
    }

    init(
        form: LawForm, axes: [[Double]], logLimit: Double, halfBatch: Double, loss: [Double],
        bend: Double, stiffening: [Double]
    ) {
        self.form = form
        self.axes = axes
        self.logLimit = logLimit
        self.halfBatch = halfBatch
        self.loss = loss
        self.bend = bend
        self.stiffening = stiffening
    }

    /// Reads a draw of a law; `nil` when it does not have that law's length.
    init?(_ numbers: [Double], law: Law) {
        let lengths = law.axes.map { axis in
            1 + axis.exponents.count + axis.deviations.reduce(0) { $0 + $1.values.count + 1 }
        }
        guard numbers.count == 4 + LossLawDraw.length + lengths.reduce(0, +) + lengths.count,
            let form = LawForm(rawValue: Int(numbers[0]))
        else {
            return nil
        }
        self.form = form
        var position = 1
        axes = []
        for length in lengths {
            axes.append(Array(numbers[position..<position + length]))
            position += length
        }
        logLimit = numbers[position]
        halfBatch = numbers[position + 1]
        position += 2
        loss = Array(numbers[position..<position + LossLawDraw.length])
        position += LossLawDraw.length
        bend = numbers[position]
        stiffening = Array(numbers[position + 1..<position + 1 + lengths.count])
    }

    /// The formulas of this draw.
    func formulas(_ law: Law) -> [AxisFormula] {
        zip(law.axes, axes).map { axis, numbers in
            var formula = AxisFormula(axis, reference: law.reference)
            formula.logCoefficient = numbers[0]
            for i in formula.exponents.indices { formula.exponents[i].value = numbers[i + 1] }
            var position: Int = 1 + formula.exponents.count
            for i in formula.deviations.indices {
                let count = formula.deviations[i].values.count
                formula.deviations[i].values = Array(numbers[position..<position + count])
                formula.deviations[i].wander = numbers[position + count]
                position += count + 1
            }
            let saturates = axis.axis == .learningRate && form != .plain
            formula.logLimit = saturates ? logLimit : nil
            formula.halfBatch = saturates && form == .batchCeiling ? halfBatch : 0
            return formula
        }
    }
}
