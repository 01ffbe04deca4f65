import Engine
import Foundation
import ScalingLaws

/// A Python module without dependencies that evaluates the law: `recommend(token_budget, ...)`.
///
/// Values follow the law's formula exactly, its saturation included. Intervals, and the predicted loss, are those of the
/// posterior on a grid of budgets, eight a decade; between its points they are interpolated in logarithms.
struct PythonExporter: Exporter {
    let format = ExportFormat(
        name: "python", summary: "a module with recommend(token_budget, ...), standard library only",
        mediaType: "text/x-python; charset=utf-8", fileExtension: "py")

    func export(_ input: ExportInput) throws -> String {
        let fitted = try input.requireLaw()
        let law = fitted.law
        let grid = Self.grid(law: law, targets: input.definition.targetTokenBudgets)
        let answers = grid.map { law.recommend(RecommendationQuery(tokenBudget: $0)) }
        let searched = Set(law.axes.map(\.axis.rawValue))
        let fixed = input.definition.parameters.compactMap { parameter -> (String, HyperparameterValue)? in
            guard case .value(let value) = parameter.domain, !searched.contains(parameter.name) else {
                return nil
            }
            return (parameter.name, value)
        }
        var lines = [
            PythonText.head(sweep: input.definition.name), "",
            "SCHEMA = \(PythonText.text(ExportDocument.schema))",
            "SWEEP = \(PythonText.text(input.definition.name))",
            "LAW_VERSION = \(fitted.version)", "RUNS = \(law.runs)",
            "METRIC = \(PythonText.text(input.definition.metric.name))", "",
            "# Largest token budget the law was fitted to.",
            "LARGEST_BUDGET = \(PythonText.number(law.budgetRange[1]))",
            "# Beyond it the data are seen so often that no slope is claimed: values stay, no loss is predicted.",
            "SLOPE_END = \(law.slopeEnd.map { PythonText.number($0) } ?? "math.inf")",
            "# What every variable is divided by.",
            "REFERENCE = \(PythonText.map(law.reference.map { ($0.key.rawValue, PythonText.number($0.value)) }))",
            "# Set by the sweep file, the same at every budget.",
            "FIXED = \(PythonText.map(fixed.map { ($0.0, PythonText.value($0.1)) }))",
            "WARNINGS = [\(law.warnings.map { PythonText.text($0.text) }.joined(separator: ", "))]", "",
            "# optimum = (P^-k + S^-k)^(-1/k), P = coefficient * prod (v / reference)^exponent * exp(bends),",
            "# brevity = 1 + 200 / steps; bends are linear in log v between knots and 0 from the last one on;",
            "# S = limit * B / (B + half_batch), k = sharpness; P alone where limit is None.",
            "# For momentum this is 1 - momentum.", "AXES = {",
        ]
        for axis in law.axes {
            let exponents = LawVariable.allCases.compactMap { variable in
                axis.exponents[variable].map { (variable.rawValue, PythonText.number($0.value)) }
            }
            let bends = axis.deviations.filter { $0.knots.count > 1 }.map { deviation in
                "(\(PythonText.text(deviation.variable.rawValue)), \(PythonText.numbers(deviation.knots)), "
                    + "\(PythonText.numbers(deviation.values)))"
            }
            lines += [
                "    \(PythonText.text(axis.axis.rawValue)): {",
                "        \"coefficient\": \(PythonText.number(axis.coefficient)),",
                "        \"exponents\": \(PythonText.map(exponents)),",
                "        \"bends\": [\(bends.joined(separator: ", "))],",
                "        \"limit\": \(axis.ceiling.map { PythonText.number($0.limit) } ?? "None"),",
                "        \"half_batch\": \(PythonText.number(axis.ceiling?.halfBatch ?? 0)),",
                "        \"sharpness\": \(PythonText.number(axis.sharpness)),", "    },",
            ]
        }
        lines += ["}", "", "# Loss at the optimum: floor + amplitude * (T / reference)^-exponent."]
        if let loss = law.lossLaw {
            // The size term stands at its reference: the sweep's model.
            let floor = loss.floor + (loss.modelTerm?.amplitude ?? 0)
            let fields = [
                ("floor", floor), ("amplitude", loss.amplitude), ("exponent", loss.exponent),
                ("reference", loss.reference),
            ].map { ($0.0, PythonText.number($0.1)) }
            lines.append("LOSS = \(PythonText.map(fields, sorted: false))")
        } else {
            lines.append("LOSS = None")
        }
        lines += [
            "", "# Budgets of the grid, and by axis the ends of the 80 % interval there, as distances of the",
            "# logarithm (for momentum: of 1 - momentum) from the value.",
            "GRID = \(PythonText.numbers(grid))", "SPREAD = {",
        ]
        for axis in law.axes.map(\.axis) {
            let ends = answers.map { Self.spread($0.values[axis], axis) }
            lines += [
                "    \(PythonText.text(axis.rawValue)): (",
                "        \(PythonText.numbers(ends.map(\.low))),",
                "        \(PythonText.numbers(ends.map(\.high))),",
                "    ),",
            ]
        }
        lines += [
            "}",
            "# By axis, what the answer differs from the formula by: an answer beyond the trained budgets goes only as far",
            "# from the best run of the largest one as the runs show.", "SHIFT = {",
        ]
        for axis in law.axes.map(\.axis) {
            let shifts = zip(grid, answers).map { Self.shift($0.1, axis, law, tokenBudget: $0.0) }
            lines.append("    \(PythonText.text(axis.rawValue)): \(PythonText.numbers(shifts)),")
        }
        lines += ["}", "# Median of the loss and ends of its 80 % interval, over the formula."]
        let predicted = zip(grid, answers).filter { $0.0 <= law.slopeEnd ?? .infinity }
        if let formula = law.lossLaw, predicted.allSatisfy({ $0.1.loss != nil }) {
            var ratios = predicted.compactMap { budget, answer in
                answer.loss.map { loss in
                    ([loss.value] + loss.interval).map {
                        $0 / formula.loss(tokenBudget: budget, modelSize: nil)
                    }
                }
            }
            // Where no loss is predicted, the grid still has a place for it.
            ratios += [[Double]](repeating: ratios.last ?? [1, 1, 1], count: grid.count - ratios.count)
            lines.append("LOSS_SPREAD = (")
            for i in 0..<3 { lines.append("    \(PythonText.numbers(ratios.map { $0[i] })),") }
            lines.append(")")
        } else {
            lines.append("LOSS_SPREAD = None")
        }
        lines.append(PythonText.functions)
        return lines.joined(separator: "\n")
    }

    /// Budgets from the smallest trained one to ten times the largest trained or asked one.
    static func grid(law: Law, targets: [Int]) -> [Double] {
        let low = law.budgetRange[0]
        let high = 10 * max(law.budgetRange[1], Double(targets.max() ?? 0))
        guard low.isFinite, low > 0, high > low else { return [max(low, 1)] }
        let count = max(2, Int((8 * log10(high / low)).rounded(.up)))
        let even = (0...count).map { low * pow(high / low, Double($0) / Double(count)) }
        // Answers change their rule at the largest budget, and where data are used up.
        let largest = law.budgetRange[1]
        let changes = [largest, 1.002 * largest] + (law.slopeEnd.map { [$0] } ?? [])
        return Set(even + changes).sorted()
    }

    /// How far an answer lies from the law's formula, in the coordinate of its axis.
    private static func shift(
        _ answer: LawRecommendation, _ axis: LawAxis, _ law: Law, tokenBudget: Double
    ) -> Double {
        guard let value = answer.values[axis]?.value else { return 0 }
        let before: [LawAxis: Double] = answer.values.filter { entry in
            axis == .learningRate ? entry.key != axis : axis == .momentum && entry.key == .batchSize
        }.mapValues(\.value)
        let formula = law.optimum(
            of: axis,
            at: RecommendationQuery(tokenBudget: min(tokenBudget, law.slopeEnd ?? .infinity), held: before))
        let shift = axis.coordinate(of: value) - axis.coordinate(of: formula)
        return shift.isFinite ? shift : 0
    }

    private static func spread(_ value: RecommendedValue?, _ axis: LawAxis) -> (low: Double, high: Double) {
        guard let value, let interval = value.interval else { return (0, 0) }
        let centre = axis.coordinate(of: value.value)
        let ends = interval.map { axis.coordinate(of: $0) - centre }.sorted()
        return (ends[0], ends[1])
    }
}
