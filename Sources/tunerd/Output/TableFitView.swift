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
        /// Absent where the best run lies inside.
        var edges: [LawAxis: LawCell.Edge]?

        enum CodingKeys: String, CodingKey {
            case cell, optimizer
            case modelSize = "model_size"
            case tokenBudget = "token_budget"
            case runs, diverged
            case bestLoss = "best_loss"
            case best, edges
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
            edges = cell.edges.isEmpty ? nil : cell.edges
        }
    }

    var fit: TableFit
    var predictions: [TablePrediction]
    /// What was asked and no law answers.
    var unanswered: [TableWarning]

    /// The axes of any law, in the order of `LawAxis`.
    var searched: [LawAxis] {
        LawAxis.allCases.filter { axis in fit.laws.contains { $0.searched.contains(axis) } }
    }

    var held: [LawAxis] {
        LawAxis.allCases.filter { axis in fit.laws.contains { $0.held.contains { $0.axis == axis } } }
    }

    var record: Record {
        let laws = fit.laws.map { law in
            var bare = law.law
            bare.draws = []
            // What it says of a condition is no answer to anything.
            bare.axes.removeAll { !law.searched.contains($0.axis) }
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
        return warningLine(name + warning.text, warning.code, style)
    }

    /// The formulas; that of a condition says nothing.
    private func lawLines(_ law: TableLaw) -> [String] {
        var shown = law.law
        shown.axes.removeAll { !law.searched.contains($0.axis) }
        return LawText.lines(of: shown, metric: "validation_loss")
    }
}
