public import ArgumentParser
import Foundation
public import ScalingLaws
import Tuner

/// How `fit` reads a table of runs instead of a sweep.
struct TableOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Fit the runs of this CSV file; - is standard input.", valueName: "file"))
    var table: String?

    @Option(
        help: ArgumentHelp(
            "Say which column is what; may be repeated. Quantities: "
                + "\(TableQuantity.allCases.map(\.rawValue).joined(separator: ", ")). Without any, columns of these "
                + "names are taken.", valueName: "quantity=column"))
    var column: [String] = []

    @Option(
        help: ArgumentHelp(
            "Column that says which runs are one cell; default equal model size and token budget. With a loss law: "
                + "which runs share errors.",
            valueName: "column"))
    var group: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Fit only rows with column=value (or with != < <= > >=); quoted, may be repeated.",
            valueName: "condition"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp(
            "Character between fields; default a comma, in .tsv files a tab.", valueName: "character"))
    var separator: String?

    @Option(
        help: ArgumentHelp(
            "Hyperparameter whose optimum may move with the budget; may be repeated; default all that vary.",
            valueName: "hyperparameter"))
    var regime: [LawAxis] = []

    @Option(help: "Theory to start from; default lmo.")
    var prior: SweepDefinition.LawChoice.Prior?

    @Option(
        help: ArgumentHelp(
            "Predict at quantity=value,...; hyperparameters named here are held; may be repeated. A loss law is asked "
                + "for compute=C alone to get its best split.",
            valueName: "assignments"))
    var predict: [String] = []

    @Option(
        help: ArgumentHelp(
            "Predict for every cell (with a loss law, every row) of the table's rows with column=value; repeated, all "
                + "must hold. What --where says does not count here.",
            valueName: "condition"))
    var predictCells: [String] = []

    func validate() throws {
        let lone: [(String, Bool)] = [
            ("--column", !column.isEmpty), ("--group", group != nil), ("--where", !filter.isEmpty),
            ("--separator", separator != nil), ("--regime", !regime.isEmpty), ("--prior", prior != nil),
            ("--predict", !predict.isEmpty), ("--predict-cells", !predictCells.isEmpty),
        ]
        if table == nil, let option = lone.first(where: \.1) {
            throw ValidationError("\(option.0) needs --table: a sweep says it in its file.")
        }
        if let separator, separator != "\\t", separator.count != 1 {
            throw ValidationError("--separator must be one character; a tab is '\\t'.")
        }
    }

    /// The rows that are fitted.
    var rows: RowFilter? { get throws { filter.isEmpty ? nil : try RowFilter(filter) } }

    /// The table.
    func open(_ path: String) throws -> RunTable {
        try RunTable(contentsOf: path, separator: separator.map { $0 == "\\t" ? "\t" : Character($0) })
    }

    /// The fit of a table with the answers to what was asked.
    func report(of path: String) throws -> TableFitView {
        let fit = try TableFit(
            open(path),
            TableFit.Options(
                mapping: ColumnMapping(column), group: group, filter: rows, regime: regime,
                prior: prior ?? .lmo))
        var questions = try predict.map { try TableQuestion($0) }
        var notInherited: [TableWarning] = []
        if !predictCells.isEmpty {
            let asked = try RowFilter(predictCells, option: "--predict-cells")
            questions += try TableQuestion.cells(asked, of: fit)
            notInherited = [try rows.flatMap { try $0.notInherited(by: asked, in: fit.table) }].compactMap {
                $0
            }
        }
        return TableFitView(
            fit: fit, predictions: try questions.flatMap { try fit.predict($0) },
            unanswered: fit.unanswered(questions) + notInherited)
    }
}

extension LawAxis: ExpressibleByArgument {}
