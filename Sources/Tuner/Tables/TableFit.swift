public import ScalingLaws

/// A table of finished runs, fitted: one law, or one for each optimizer.
///
///     let table = try RunTable(contentsOf: "runs.csv")
///     let fit = try TableFit(table, TableFit.Options(mapping: ColumnMapping(["token_budget=D", ...]), group: "cell"))
///     try fit.predict(TableQuestion("model_size=1e9,token_budget=1e11"))
///
/// What varies inside cells is searched and recommended. What has one value in each cell (a batch size that was set by
/// rule, say) is a condition: the law is fitted given it and asked given it (`HeldRelation`).
///
/// Optimizers have a law each; from three on, their exponents are partly pooled (`LawFitter.fit(families:)`).
public struct TableFit: Sendable {
    /// How a table is read and fitted.
    public struct Options: Sendable {
        /// What the columns are.
        public var mapping: ColumnMapping
        /// The column that says which runs are one cell; `nil`: model size and budget say it.
        public var group: String?
        /// The runs that are fitted.
        public var filter: RowFilter?
        /// Hyperparameters whose optimum may move; empty: all that are searched.
        public var regime: [LawAxis]
        /// The theory to start from.
        public var prior: SweepDefinition.LawChoice.Prior

        /// Options.
        public init(
            mapping: ColumnMapping, group: String? = nil, filter: RowFilter? = nil, regime: [LawAxis] = [],
            prior: SweepDefinition.LawChoice.Prior = .lmo
        ) {
            self.mapping = mapping
            self.group = group
            self.filter = filter
            self.regime = regime
            self.prior = prior
        }
    }

    /// The table.
    public let table: RunTable
    /// The cells that were fitted.
    public let cells: [TableCell]
    /// The laws, in the order their optimizers appear.
    public let laws: [TableLaw]
    /// What the fit cannot know, each thing once.
    public let warnings: [TableWarning]
    /// Reads more rows the same way.
    let reader: RunReader

    /// Whether laws are told apart by their optimizer.
    public var hasOptimizers: Bool { reader.quantities.contains(.optimizer) }

    /// Reads and fits.
    ///
    /// - Parameters:
    ///   - table: the runs.
    ///   - options: what is what.
    /// - Throws: `usage` for columns that are not there, `invalidTable` for fields that cannot be read,
    ///   `notEnoughData` when no row is left or no law can be fitted.
    public init(_ table: RunTable, _ options: Options) throws(TunerError) {
        self.table = table
        let reader = try RunReader(table, mapping: options.mapping, group: options.group)
        self.reader = reader
        let rows = RowRepeats(try table.rows(options.filter), of: table)
        let screen = LossScreening(try reader.runs(rows.kept), column: reader.lossColumn)
        let (cells, tableWarnings) = TableCell.cells(of: screen.kept)
        self.cells = cells
        var warnings = rows.warnings + screen.warnings + tableWarnings
        let axes = LawAxis.allCases.filter { axis in cells.contains { !$0.values(of: axis).isEmpty } }
        for axis in options.regime where !axes.contains(axis) {
            throw TunerError(
                .usage, "--regime names '\(axis.rawValue)', which no column is given for",
                help: "add --column \(axis.rawValue)=COLUMN")
        }
        var laws: [TableLaw] = []
        var failures: [(optimizer: String?, error: TunerError)] = []
        var drafts: [TableLawDraft] = []
        for members in Self.byOptimizer(cells) {
            do {
                drafts.append(
                    try TableLawDraft(
                        cells: members, axes: axes, regime: options.regime, prior: options.prior))
            } catch {
                failures.append((members[0].optimizer, error))
            }
        }
        for (draft, result) in zip(drafts, LawFitter().fit(families: drafts.map(\.request))) {
            do {
                laws.append(try draft.law(result))
            } catch {
                failures.append((draft.optimizer, error))
            }
        }
        guard !laws.isEmpty else {
            throw failures.first?.error ?? TunerError(.notEnoughData, "table '\(table.file)' has no runs")
        }
        for axis in options.regime where !laws.contains(where: { $0.searched.contains(axis) }) {
            throw TunerError(
                .usage, "--regime names '\(axis.rawValue)', which has one value in every cell",
                why: "what moves with the budget must be searched", help: "leave it out")
        }
        let several = laws.count > 1
        for failure in failures {
            warnings.append(
                TableWarning(
                    "no-law", failure.error.message + (failure.error.why.map { ": \($0)" } ?? ""),
                    optimizer: failure.optimizer))
        }
        warnings += Self.mixedSettings(cells, reader, table)
        for law in laws {
            let optimizer = several ? law.optimizer : nil
            warnings += law.held.compactMap { Self.heldCondition($0, optimizer: optimizer) }
            warnings += law.law.warnings.map { TableWarning($0, optimizer: optimizer) }
        }
        self.laws = laws
        self.warnings = warnings
    }

    private static func byOptimizer(_ cells: [TableCell]) -> [[TableCell]] {
        var order: [String?] = []
        for cell in cells where !order.contains(cell.optimizer) { order.append(cell.optimizer) }
        return order.map { optimizer in cells.filter { $0.optimizer == optimizer } }
    }

    // MARK: - What to know

    private static func heldCondition(_ relation: HeldRelation, optimizer: String?) -> TableWarning? {
        // One value throughout needs no words: it is what every run had.
        guard relation.variable != nil else { return nil }
        let name = relation.axis.rawValue
        return TableWarning(
            "held-condition",
            "\(name) has one value in each cell, so nothing says which one is best: the law is given it; a prediction "
                + "that names none takes \(relation.described)", optimizer: optimizer)
    }

    /// Runs that differ in nothing that is read and yet differ in their loss: something else was varied.
    private static func mixedSettings(
        _ cells: [TableCell], _ reader: RunReader, _ table: RunTable
    ) -> [TableWarning] {
        var affected = 0
        var widest = 0.0
        var columns: Set<Int> = []
        for cell in cells {
            var isMixed = false
            for same in Dictionary(grouping: cell.runs.filter { $0.loss != nil }, by: \.values).values
            where same.count > 1 {
                let losses = same.compactMap(\.loss)
                guard let low = losses.min(), let high = losses.max(), high - low > 0.01 * abs(low) else {
                    continue
                }
                isMixed = true
                widest = max(widest, (high - low) / max(abs(low), 1e-300))
                for column in reader.unread
                where Set(same.map { table.text($0.row, column) }).count > 1 { columns.insert(column) }
            }
            if isMixed { affected += 1 }
        }
        guard affected > 0 else { return [] }
        let names = columns.sorted().prefix(6).map { "'\(DiagnosticMessage.shown(table.columns[$0]))'" }
        let differ = names.isEmpty ? "" : "; they differ in \(names.joined(separator: ", "))"
        let percent = CountFormat.approximate(100 * widest)
        return [
            TableWarning(
                "mixed-settings",
                "runs with the same hyperparameters differ by up to \(percent) % of the loss in \(affected) of "
                    + "\(cells.count) cells\(differ): they count as replicates; keep one setting with --where"
            )
        ]
    }
}
