import Foundation
import ScalingLaws
import Tuner

/// The tables of the text.
extension TableFitView {
    /// The columns that say what a row is about.
    private func leading(named: Bool, sized: Bool) -> [TextTable.Column] {
        var columns: [TextTable.Column] = []
        if named { columns.append(.text("cell")) }
        if fit.hasOptimizers { columns.append(.text("optimizer")) }
        if sized { columns.append(.number("model")) }
        return columns
    }

    /// What each cell showed.
    func cells(_ style: TextStyle) -> [String] {
        let named = fit.cells.contains { $0.name != nil }
        let sized = fit.cells.contains { $0.modelSize != nil }
        let axes = LawAxis.allCases.filter { searched.contains($0) || held.contains($0) }
        var columns = leading(named: named, sized: sized)
        columns += [.number("tokens"), .number("runs"), .number("diverged"), .number("best loss")]
        for axis in axes { columns.append(.number((searched.contains(axis) ? "best " : "") + axis.rawValue)) }
        var table = TextTable(columns)
        var hasEdges = false
        for cell in fit.cells {
            let best = cell.best
            let edges = cell.edges.filter { searched.contains($0.key) }
            if !edges.isEmpty { hasEdges = true }
            var row: [TextTable.Cell] = []
            if named { row.append(.init(cell.name ?? "-")) }
            if fit.hasOptimizers { row.append(.init(cell.optimizer ?? "-")) }
            if sized { row.append(.init(cell.modelSize.map { NumberText.count($0) } ?? "-")) }
            row += [.init(NumberText.count(cell.tokenBudget)), "\(cell.runs.count)", "\(cell.diverged)"]
            row.append(.init(best?.loss.map { NumberText.short($0, digits: 5) } ?? "-"))
            row += axes.map { axis in
                .init(best?.values[axis].map { edges[axis].mark + Self.text($0, axis) } ?? "-")
            }
            table.rows.append(row)
        }
        return table.lines(style) + (hasEdges ? ["", EdgeMarks.legend] : [])
    }

    private static func text(_ value: Double, _ axis: LawAxis) -> String {
        axis == .batchSize ? String(format: "%.0f", value) : NumberText.short(value)
    }

    /// The exponents of a law with what decides them.
    func exponents(_ law: TableLaw) -> TextTable {
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

    /// The predictions; for cells that were measured with what they cost there.
    func answers(_ style: TextStyle) -> [String] {
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
