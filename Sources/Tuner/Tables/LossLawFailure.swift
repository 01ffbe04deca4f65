import ScalingLaws

/// Failures of loss laws in the words of tables.
extension FieldReader {
    /// The error for what keeps a law from being fitted.
    ///
    /// - Parameters:
    ///   - error: what the law says, with rows counted from the first fitted one.
    ///   - rows: the fitted rows of the table.
    /// - Returns: a diagnostic at the offending field, or what is missing.
    func error(_ error: LossLawError, rows: [Int]) -> TunerError {
        func at(_ row: Int, _ quantity: TableQuantity?, _ message: DiagnosticMessage) -> TunerError {
            let column = quantity.flatMap { columns[$0] } ?? 0
            return table.error([(table.rows[rows[row]][column].place, message)])
        }
        switch error {
        case .lossNotPositive(let value, let row):
            let column = columns[.validationLoss].map { table.columns[$0] } ?? "loss"
            return at(row, .validationLoss, .lossNotPositive(value, column: column))
        case .unusableValue(let name, let value, let row):
            let own = name == "tokens" ? "token_budget" : name
            return at(row, TableQuantity(name: own), .sizeUnusable(own, value: value))
        case .unusableSetting:
            return TunerError(.usage, "\(error)")
        case .missingSize, .tooFewRows, .nothingVaried, .notSolvable:
            return TunerError(
                .notEnoughData, "no law: \(error)",
                why: "\(rows.count) rows of table '\(table.file)' are kept")
        }
    }
}

extension RunTable {
    /// The rows a filter keeps; all without one.
    ///
    /// - Parameters:
    ///   - filter: conditions.
    ///   - option: where they were typed, for the message.
    /// - Returns: indices, ascending; at least one.
    /// - Throws: `usage` for a column that is not there, `notEnoughData` when no row is kept.
    func rows(_ filter: RowFilter?, option: String = "--where") throws(TunerError) -> [Int] {
        let kept = try filter?.rows(of: self) ?? Array(rows.indices)
        guard !kept.isEmpty else {
            throw TunerError(
                .notEnoughData, "table '\(file)' has no rows\(rows.isEmpty ? "" : " that \(option) keeps")",
                why: rows.isEmpty ? "there is only a header" : filter?.seen(in: self))
        }
        return kept
    }
}
