import Foundation
import ScalingLaws
import Tuner

/// `tunerd fit --table`.
struct TableFitView: Presentable {
    /// The JSON. `law` is there when there is one, `laws` by optimizer when the table names optimizers.
    struct Record: Encodable {
        var table: Source
        var law: Law?
        var laws: [String: Law]?
        var predictions: [TablePrediction]
        var warnings: [TableWarning]
    }

    /// What was fitted.
    struct Source: Encodable {
        var file: String
        var runs: Int
        var diverged: Int
        var searched: [LawAxis]
        var held: [LawAxis]
        var cells: [Cell]
    }

    /// One cell.
    struct Cell: Encodable {
        var cell: String?
        var optimizer: String?
        var modelSize: Double?
        var tokenBudget: Double
        var runs: Int
        var diverged: Int
        var bestLoss: Double?
        var best: [LawAxis: Double]

        enum CodingKeys: String, CodingKey {
            case cell, optimizer
            case modelSize = "model_size"
            case tokenBudget = "token_budget"
            case runs, diverged
            case bestLoss = "best_loss"
            case best
        }

        init(_ cell: TableCell) {
            self.cell = cell.name
            optimizer = cell.optimizer
            modelSize = cell.modelSize
            tokenBudget = cell.tokenBudget
            runs = cell.runs.count
            diverged = cell.diverged
            bestLoss = cell.best?.loss
            best = cell.best?.values ?? [:]
        }
    }

    var fit: TableFit
    var predictions: [TablePrediction]
    /// What was asked and no law answers.
    var unanswered: [TableWarning]

    /// The axes of any law, in the order of `LawAxis`.
    private var searched: [LawAxis] {
        LawAxis.allCases.filter { axis in fit.laws.contains { $0.searched.contains(axis) } }
    }

    private var held: [LawAxis] {
        LawAxis.allCases.filter { axis in fit.laws.contains { $0.held.contains { $0.axis == axis } } }
    }

    var record: Record {
        let laws = fit.laws.map { law in
            var bare = law.law
            bare.draws = []
            return (optimizer: law.optimizer ?? "", law: bare)
        }
        return Record(
            table: Source(
                file: fit.table.file, runs: fit.cells.reduce(0) { $0 + $1.runs.count },
                diverged: fit.cells.reduce(0) { $0 + $1.diverged }, searched: searched, held: held,
                cells: fit.cells.map(Cell.init)),
            law: laws.count == 1 ? laws[0].law : nil,
            laws: fit.hasOptimizers
                ? Dictionary(laws.map { ($0.optimizer, $0.law) }, uniquingKeysWith: { first, _ in first })
                : nil,
            predictions: predictions, warnings: fit.warnings + unanswered)
    }

    func text(_ style: TextStyle) -> String {
        let record = record
        let diverged = record.table.diverged > 0 ? ", \(record.table.diverged) of them diverged" : ""
        var lines = [
            "table '\(fit.table.file)': \(record.table.runs) runs in "
                + "\(fit.cells.count) cell\(fit.cells.count == 1 ? "" : "s")\(diverged)", "",
        ]
        lines += cells(style) + [""]
        for law in fit.laws {
            let name = fit.hasOptimizers ? " for \(law.optimizer ?? "")" : ""
            lines += ["law\(name) over \(law.law.runs) runs:", ""]
            lines += lawLines(law).map { "  " + $0 } + [""]
            let table = exponents(law)
            if !table.rows.isEmpty { lines += table.lines(style) + [""] }
        }
        if !predictions.isEmpty { lines += ["predictions:", ""] + answers(style) + [""] }
        lines += warnings.map { line($0, style) }
        var seen: Set<LawWarning> = []
        let asked = predictions.flatMap(\.recommendation.warnings).filter { seen.insert($0).inserted }
        lines += warningLines(asked, style)
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    /// The warnings; those of single exponents, which the tables of exponents mark, in one line for each law.
    private var warnings: [TableWarning] {
        let marked = LawWarning.Code.priorDecides.rawValue
        var shown = fit.warnings.filter { $0.code != marked }
        for law in fit.laws {
            let exponents = law.law.axes.filter { law.searched.contains($0.axis) }.flatMap(\.exponents.values)
            let undecided = exponents.count { !$0.identified }
            guard undecided > 0 else { continue }
            shown.append(
                TableWarning(
                    .init(
                        code: .priorDecides,
                        text: "the prior decides \(undecided) of \(exponents.count) exponents, marked above"),
                    optimizer: fit.laws.count > 1 ? law.optimizer : nil))
        }
        return shown + unanswered
    }

    private func line(_ warning: TableWarning, _ style: TextStyle) -> String {
        let name = warning.optimizer.map { "\($0): " } ?? ""
        return "\(style.paint("warning", .attention)): \(name)\(warning.text) [\(warning.code)]"
    }

    /// The formulas; that of a condition says nothing.
    private func lawLines(_ law: TableLaw) -> [String] {
        var shown = law.law
        shown.axes.removeAll { !law.searched.contains($0.axis) }
        return LawText.lines(of: shown, metric: "validation_loss")
    }
}

// MARK: - Tables

extension TableFitView {
    /// The columns that say what a row is about.
    private func leading(named: Bool, sized: Bool) -> [TextTable.Column] {
        var columns: [TextTable.Column] = []
        if named { columns.append(.text("cell")) }
        if fit.hasOptimizers { columns.append(.text("optimizer")) }
        if sized { columns.append(.number("model")) }
        return columns
    }

    private func cells(_ style: TextStyle) -> [String] {
        let named = fit.cells.contains { $0.name != nil }
        let sized = fit.cells.contains { $0.modelSize != nil }
        let axes = LawAxis.allCases.filter { searched.contains($0) || held.contains($0) }
        var columns = leading(named: named, sized: sized)
        columns += [.number("tokens"), .number("runs"), .number("diverged"), .number("best loss")]
        for axis in axes { columns.append(.number((searched.contains(axis) ? "best " : "") + axis.rawValue)) }
        var table = TextTable(columns)
        for cell in fit.cells {
            let best = cell.best
            var row: [TextTable.Cell] = []
            if named { row.append(.init(cell.name ?? "-")) }
            if fit.hasOptimizers { row.append(.init(cell.optimizer ?? "-")) }
            if sized { row.append(.init(cell.modelSize.map { NumberText.count($0) } ?? "-")) }
            row += [.init(NumberText.count(cell.tokenBudget)), "\(cell.runs.count)", "\(cell.diverged)"]
            row.append(.init(best?.loss.map { NumberText.short($0, digits: 5) } ?? "-"))
            row += axes.map { axis in .init(best?.values[axis].map { Self.text($0, axis) } ?? "-") }
            table.rows.append(row)
        }
        return table.lines(style)
    }

    private static func text(_ value: Double, _ axis: LawAxis) -> String {
        axis == .batchSize ? String(format: "%.0f", value) : NumberText.short(value)
    }

    private func exponents(_ law: TableLaw) -> TextTable {
        var table = TextTable([
            .text("hyperparameter"), .text("variable"), .number("exponent"), .number("80 % interval"),
            .text("identified by"),
        ])
        for axis in law.law.axes where law.searched.contains(axis.axis) {
            let name = axis.axis == .momentum ? "1 - momentum" : axis.axis.rawValue
            for variable in LawVariable.allCases {
                guard let exponent = axis.exponents[variable] else { continue }
                table.rows.append([
                    .init(name), .init(variable.rawValue), .init(NumberText.short(exponent.value, digits: 3)),
                    .init(NumberText.interval(exponent.interval)),
                    exponent.identified ? "data" : .init("prior", .attention),
                ])
            }
        }
        return table
    }

    private func answers(_ style: TextStyle) -> [String] {
        let named = predictions.contains { $0.cell != nil }
        let sized = predictions.contains { $0.recommendation.modelSize != nil }
        let costed = predictions.contains { $0.measured != nil }
        let axes = LawAxis.allCases.filter { axis in
            predictions.contains { $0.recommendation.hyperparameters[axis.rawValue] != nil }
        }
        let loss = predictions.contains { !$0.recommendation.predicted.isEmpty }
        var columns = leading(named: named, sized: sized)
        columns += [.number("tokens"), .number("times")]
        for axis in axes { columns += [.number(axis.rawValue), .number("80 % interval")] }
        if loss { columns += [.number("validation_loss"), .number("80 % interval")] }
        if costed { columns.append(.number("regret")) }
        var table = TextTable(columns)
        for prediction in predictions {
            let answer = prediction.recommendation
            var row: [TextTable.Cell] = []
            if named { row.append(.init(prediction.cell ?? "-")) }
            if fit.hasOptimizers { row.append(.init(prediction.optimizer ?? "-")) }
            if sized { row.append(.init(answer.modelSize.map { NumberText.count($0) } ?? "-")) }
            row.append(.init(NumberText.count(Double(answer.tokenBudget))))
            row.append(.init(NumberText.short(answer.extrapolationFactor, digits: 3)))
            for axis in axes {
                let value = answer.hyperparameters[axis.rawValue]
                row.append(.init(value.map { NumberText.value($0.value) } ?? "-", .bold))
                row.append(.init(value?.source == .fixed ? "held" : NumberText.interval(value?.interval)))
            }
            if loss {
                let metric = answer.predicted["validation_loss"]
                row.append(.init(metric.map { NumberText.short($0.value) } ?? "-"))
                row.append(.init(NumberText.interval(metric?.interval)))
            }
            if costed {
                let cost = prediction.measured.map {
                    String(format: "%.4f", $0.regret) + ($0.clamped ? "*" : "")
                }
                row.append(.init(cost ?? "-"))
            }
            table.rows.append(row)
        }
        var lines = table.lines(style)
        if costed, predictions.contains(where: { $0.measured?.clamped == true }) {
            lines += ["", "* outside of what the cell measured: the regret is that of its edge"]
        }
        return lines
    }
}
