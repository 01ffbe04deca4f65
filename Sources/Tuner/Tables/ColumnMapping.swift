import ScalingLaws

/// Which column of a table is which quantity.
///
///     --column model_size=N --column token_budget=D --column learning_rate=lr --column loss=loss
///
/// Without any assignment the columns that have the name of a quantity are taken, except those without a value.
public struct ColumnMapping: Sendable {
    /// Assigned columns.
    public let columns: [TableQuantity: String]

    /// A mapping from `quantity=column` texts.
    ///
    /// - Parameter assignments: as typed.
    /// - Throws: `usage` for an unknown quantity, or one that is assigned twice.
    public init(_ assignments: [String]) throws(TunerError) {
        var columns: [TableQuantity: String] = [:]
        for text in assignments {
            guard let equals = text.firstIndex(of: "="), text.index(after: equals) < text.endIndex else {
                throw TunerError(
                    .usage, "--column \(DiagnosticMessage.quoted(text)) is not QUANTITY=COLUMN",
                    help: "write for example --column learning_rate=lr")
            }
            let name = String(text[..<equals])
            let column = String(text[text.index(after: equals)...])
            guard let quantity = TableQuantity(name: name) else {
                throw Self.unknown(name, option: "--column", known: TableQuantity.allCases)
            }
            if let other = columns[quantity] {
                throw TunerError(
                    .usage, "--column \(quantity.rawValue) is given twice: '\(other)' and '\(column)'",
                    help: "keep one of them")
            }
            if let other = columns.first(where: { $0.value == column })?.key {
                throw TunerError(
                    .usage,
                    "column \(DiagnosticMessage.quoted(column)) is given for both "
                        + "'\(other.rawValue)' and '\(quantity.rawValue)'", help: "keep one of them")
            }
            columns[quantity] = column
        }
        self.columns = columns
    }

    /// Where the quantities stand in a table.
    ///
    /// - Parameter table: any table.
    /// - Returns: column indices.
    /// - Throws: `usage` when a column is not there, or the loss, the tokens or every hyperparameter are missing.
    func indices(in table: RunTable) throws(TunerError) -> [TableQuantity: Int] {
        let indices = try found(in: table)
        try check(indices, table)
        return indices
    }

    /// Where the quantities stand, whatever is missing.
    ///
    /// - Parameter table: any table.
    /// - Returns: column indices.
    /// - Throws: `usage` when a column is not there.
    func found(in table: RunTable) throws(TunerError) -> [TableQuantity: Int] {
        var indices: [TableQuantity: Int] = [:]
        if columns.isEmpty {
            for (index, column) in table.columns.enumerated() {
                guard let quantity = TableQuantity(name: column), indices[quantity] == nil,
                    table.rows.indices.contains(where: { !FieldReader.isMissing(table.text($0, index)) })
                else { continue }
                indices[quantity] = index
            }
        }
        for quantity in TableQuantity.allCases {
            guard let column = columns[quantity] else { continue }
            indices[quantity] = try table.index(of: column, asked: "--column \(quantity.rawValue)")
        }
        return indices
    }

    /// A law needs a loss, tokens, and something whose best value moves.
    private func check(_ indices: [TableQuantity: Int], _ table: RunTable) throws(TunerError) {
        if indices[.validationLoss] == nil {
            throw Self.missing(
                "validation_loss", "it is what the best run is chosen by", "--column loss=COLUMN", table)
        }
        let derived =
            (indices[.compute] != nil && indices[.modelSize] != nil)
            || (indices[.steps] != nil && indices[.batchSize] != nil)
        if indices[.tokenBudget] == nil, !derived {
            throw Self.missing(
                "token_budget",
                "a law says how optima move with tokens (steps with batch_size_tokens, or compute with model_size, "
                    + "give them too)", "--column token_budget=COLUMN", table)
        }
        if LawAxis.allCases.allSatisfy({ indices[$0.quantity] == nil }) {
            throw Self.missing(
                LawAxis.allCases.map(\.rawValue).joined(separator: ", "),
                "a law follows the best value of at least one of them; --loss-law chinchilla needs none",
                "--column learning_rate=COLUMN", table
            )
        }
    }

    /// The error for a quantity that is needed and has no column.
    static func missing(_ what: String, _ why: String, _ example: String, _ table: RunTable) -> TunerError {
        TunerError(
            .usage, "no column of table '\(table.file)' is given for \(what)", why: why,
            help: "add \(example); its columns are "
                + DiagnosticMessage.list(table.columns.map(DiagnosticMessage.shown)))
    }

    /// The error for a name that is no quantity.
    static func unknown(_ name: String, option: String, known: [TableQuantity]) -> TunerError {
        let names = known.map(\.rawValue)
        return TunerError(
            .usage, "\(option) names an unknown quantity \(DiagnosticMessage.quoted(name))",
            why: "known are \(DiagnosticMessage.list(names))",
            help: DiagnosticMessage.didYouMean(name, names + ["loss"]))
    }
}
