import Foundation

/// Reads the numbers of a table's rows by its columns.
///
/// One quantity is optional: what was measured, which a run that failed does not have. A field of it that is empty,
/// `nan` or infinite (also `NA`, `None`, `null`) has no value; every other field must be a number in its range.
struct FieldReader {
    /// Offending fields.
    typealias Problems = [(place: SourcePlace, message: DiagnosticMessage)]

    let table: RunTable
    /// Where the quantities stand.
    let columns: [TableQuantity: Int]
    private let optional: TableQuantity
    /// The numbers among them, in the order messages come in.
    private let read: [(quantity: TableQuantity, column: Int)]

    init(_ table: RunTable, _ columns: [TableQuantity: Int], optional: TableQuantity) {
        self.table = table
        self.columns = columns
        self.optional = optional
        read = TableQuantity.allCases.compactMap { quantity in
            quantity == .optimizer ? nil : columns[quantity].map { (quantity, $0) }
        }
    }

    /// The numbers of a row; `nil` when a field was added to the problems.
    func numbers(_ number: Int, _ problems: inout Problems) -> [TableQuantity: Double]? {
        var numbers: [TableQuantity: Double] = [:]
        let before = problems.count
        for (quantity, index) in read {
            let text = table.text(number, index)
            let reading = table.numbers.reading(text, isCount: quantity.isCount)
            if case .number(let value) = reading, quantity.allows(value) {
                numbers[quantity] = value
            } else if quantity != optional || !Self.hasNoValue(text) {
                problems.append(
                    (table.rows[number][index].place, message(text, reading, quantity, table.columns[index])))
            }
        }
        return problems.count == before ? numbers : nil
    }

    private func message(
        _ text: String, _ reading: TableNumbers.Reading, _ quantity: TableQuantity, _ column: String
    ) -> DiagnosticMessage {
        if Self.isMissing(text) { return .cellEmpty(column: column, quantity: quantity, optional: optional) }
        return switch reading {
        case .number: .cellOutOfRange(text, column: column, quantity: quantity)
        case .unclear: .cellUnclear(text, column: column, separator: table.separator)
        case .other: .cellNotNumber(text, column: column, quantity: quantity)
        }
    }

    /// The text of a row's field, without spaces around it.
    func text(_ number: Int, column: Int) -> String {
        TableNumbers.trimmed(table.text(number, column))
    }

    /// Tokens as given, else steps times batch size, else `C / (6 N)`: training costs about six operations for each
    /// parameter and token.
    static func tokens(_ numbers: [TableQuantity: Double]) -> Double? {
        if let tokens = numbers[.tokenBudget] { return tokens }
        if let steps = numbers[.steps], let batch = numbers[.batchSize] { return steps * batch }
        if let compute = numbers[.compute], let size = numbers[.modelSize] { return compute / (6 * size) }
        return nil
    }

    /// A decimal number; `nil` for anything else, hexadecimal digits included.
    static func number(_ text: String) -> Double? {
        let text = TableNumbers.trimmed(text)
        // x, X, p, P
        guard !text.utf8.contains(where: { $0 & 0xDF == 0x58 || $0 & 0xDF == 0x50 }) else { return nil }
        return Double(text)
    }

    /// Whether a field says that there is no value.
    static func isMissing(_ text: String) -> Bool {
        text.isEmpty
            || ["", "na", "n/a", "nan", "none", "null"].contains(TableNumbers.trimmed(text).lowercased())
    }

    private static func hasNoValue(_ text: String) -> Bool {
        isMissing(text) || number(text).map { !$0.isFinite } ?? false
    }
}
