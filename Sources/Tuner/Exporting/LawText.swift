import Foundation
public import ScalingLaws

/// A law in readable lines.
///
///     learning_rate = 0.0042 * (T/2.83M)^-0.31 * (B/8.19k)^0.5, at most 0.05 * B/(B + 2.05k)
///     batch_size_tokens = 7900 * (T/2.83M)^0.4
///     validation_loss = 1.6 + 0.75 * (T/2.83M)^-0.42
///
/// `T` is the token budget, `N` the model size, `B` the batch size in tokens; for momentum the line is that of
/// `1 - momentum`.
public enum LawText {
    /// A line for each axis, then one for the loss when it is known.
    public static func lines(of law: Law, metric: String) -> [String] {
        var lines = law.axes.map { line(of: $0, reference: law.reference) }
        if let loss = law.lossLaw {
            var line =
                "\(metric) = \(short(loss.floor)) + \(short(loss.amplitude)) * "
                + "(T/\(count(loss.reference)))^\(short(-loss.exponent))"
            if let model = loss.modelTerm {
                line +=
                    " + \(short(model.amplitude)) * (N/\(count(model.reference)))^\(short(-model.exponent))"
            }
            lines.append(line)
        }
        return lines
    }

    /// What a law was fitted to: `54 runs`, or `20 runs and 33 shorter ones inside them`.
    public static func runs(of law: Law) -> String {
        let runs = law.runs == 1 ? "1 run" : "\(law.runs) runs"
        guard let shorter = law.shorterRuns, shorter > 0 else { return runs }
        return "\(runs) and \(shorter) shorter \(shorter == 1 ? "one" : "ones") inside them"
    }

    /// The line of one axis.
    public static func line(of axis: AxisLaw, reference: [LawVariable: Double]) -> String {
        let left = axis.axis == .momentum ? "1 - momentum" : axis.axis.rawValue
        var line = "\(left) = \(short(axis.coefficient))"
        for variable in LawVariable.allCases {
            guard let exponent = axis.exponents[variable], exponent.value != 0 else { continue }
            guard variable != .brevity else {
                line += " * (1 + 200/steps)^\(short(exponent.value))"
                continue
            }
            let divisor = reference[variable] ?? 1
            line += " * (\(symbol(variable))/\(count(divisor)))^\(short(exponent.value))"
        }
        if axis.deviations.contains(where: { $0.values.contains { abs($0) > 0.02 } }) {
            line += ", bent below"
        }
        if let ceiling = axis.ceiling {
            line += ", at most \(short(ceiling.limit))"
            if ceiling.halfBatch > 0 { line += " * B/(B + \(count(ceiling.halfBatch)))" }
        }
        return line
    }

    static func symbol(_ variable: LawVariable) -> String {
        switch variable {
        case .tokenBudget: "T"
        case .modelSize: "N"
        case .batchSize: "B"
        case .momentumComplement: "(1 - momentum)"
        case .brevity: "(1 + 200/steps)"
        }
    }

    /// Three significant digits.
    static func short(_ value: Double) -> String { String(format: "%.3g", value) }

    /// Three significant digits with a decimal suffix.
    static func count(_ value: Double) -> String { CountFormat.approximate(value) }

    /// A budget: exact where that is short (`256Ki`, `1.5B`), else three significant digits (`1.23M`).
    public static func budget(_ tokens: Int) -> String {
        let exact = CountFormat.short(tokens)
        return exact.count <= 5 ? exact : CountFormat.approximate(Double(tokens))
    }
}
