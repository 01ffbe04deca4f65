import Engine
import Foundation
import ScalingLaws

/// A `booktabs` table of the recommendations, one block for each target budget.
struct LaTeXExporter: Exporter {
    let format = ExportFormat(
        name: "latex", summary: "table of the recommendations (booktabs)", mediaType: "application/x-tex",
        fileExtension: "tex")

    func export(_ input: ExportInput) throws -> String {
        let law = try input.requireLaw().law
        guard !input.recommendations.isEmpty else {
            throw TunerError(
                .notEnoughData, "sweep '\(input.definition.name)' has no recommendation to print",
                why: "its file has no target_token_budget")
        }
        let reuses = input.recommendations.contains { $0.carryOver != nil }
        let runs = Set(input.recommendations.compactMap { AnswerRows($0).reusedRun }).sorted()
        let note = reuses ? " Reused: \(runs.joined(separator: ", "))." : ""
        var lines = [
            "% needs \\usepackage{booktabs}", "\\begin{table}", "  \\centering",
            "  \\caption{Recommended hyperparameters of sweep \\texttt{\(Self.escape(input.definition.name))}, "
                + "fitted to \(LawText.runs(of: law)) of up to \(LawText.budget(Int(law.budgetRange[1]))) tokens; "
                + "80\\,\\% intervals.\(note)}",
            "  \\begin{tabular}{llrrr\(reuses ? "r" : "")}", "    \\toprule",
            "    Tokens & Hyperparameter & Value & Interval & Exponent\(reuses ? " & Reused" : "") \\\\",
        ]
        func add(_ cells: [String], reused: String? = nil) {
            let all = cells + (reuses ? [reused ?? "--"] : [])
            lines.append("    " + all.joined(separator: " & ") + " \\\\")
        }
        for answer in input.recommendations {
            lines.append("    \\midrule")
            let answered = AnswerRows(answer)
            for (index, name) in answered.names.enumerated() {
                guard let value = answer.hyperparameters[name] else { continue }
                add(
                    [
                        index == 0 ? LawText.budget(answer.tokenBudget) : "", Self.escape(name),
                        Self.text(value.value),
                        value.interval.map { "[\(Self.number($0[0])), \(Self.number($0[1]))]" } ?? "--",
                        value.exponent.map { String(format: "$%.2f$", $0) } ?? "--",
                    ], reused: answered.reused(name).map(Self.text))
            }
            for (name, metric) in answer.predicted.sorted(by: { $0.key < $1.key }) {
                add([
                    "", "predicted \(Self.escape(name))", Self.number(metric.value),
                    "[\(Self.number(metric.interval[0])), \(Self.number(metric.interval[1]))]", "--",
                ])
            }
            if let regrets = answered.regrets {
                add(
                    ["", "expected regret", Self.percent(regrets.own), "--", "--"],
                    reused: regrets.reused.map(Self.percent))
            }
        }
        lines += ["    \\bottomrule", "  \\end{tabular}", "\\end{table}"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: HyperparameterValue) -> String {
        switch value {
        case .real(let number): number == 0 ? "0" : Self.number(number)
        case .integer(let number): "\(number)"
        case .text, .flag: escape(value.description)
        }
    }

    private static func percent(_ share: Double) -> String {
        ShareFormat.percent(share).replacing(" %", with: "\\,\\%")
    }

    /// Three significant digits; powers of ten outside 1e-3 ..< 1e7.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "$\(value)$" }
        if (1e-3..<1e7).contains(abs(value)) {
            let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
            return String(format: "$%.\(digits)f$", value)
        }
        let exponent = Int(log10(abs(value)).rounded(.down))
        return String(format: "$%.2f \\times 10^{\(exponent)}$", value / pow(10, Double(exponent)))
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\textbackslash{}"
            case "~": escaped += "\\textasciitilde{}"
            case "^": escaped += "\\textasciicircum{}"
            case "_", "%", "$", "#", "&", "{", "}": escaped += "\\\(character)"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
