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

    init(_ table: RunTable, _ columns: [TableQuantity: Int], optional: TableQuantity) {
        self.table = table
        self.columns = columns
        self.optional = optional
    }

    /// The numbers of a row; `nil` when a field was added to the problems.
    func numbers(_ number: Int, _ problems: inout Problems) -> [TableQuantity: Double]? {
        let row = table.rows[number]
        var numbers: [TableQuantity: Double] = [:]
        let before = problems.count
        for quantity in TableQuantity.allCases where quantity != .optimizer {
            guard let index = columns[quantity] else { continue }
            let field = row[index]
            let column = table.columns[index]
            if let value = Self.number(field.text), quantity.allows(value) {
                numbers[quantity] = value
            } else if quantity == optional, Self.hasNoValue(field.text) {
                continue
            } else if Self.isMissing(field.text) {
                problems.append(
                    (field.place, .cellEmpty(column: column, quantity: quantity, optional: optional)))
            } else if Self.number(field.text) == nil {
                problems.append((field.place, .cellNotNumber(field.text, column: column, quantity: quantity)))
            } else {
                problems.append(
                    (field.place, .cellOutOfRange(field.text, column: column, quantity: quantity)))
            }
        }
        return problems.count == before ? numbers : nil
    }

    /// The text of a row's field, without spaces around it.
    func text(_ number: Int, column: Int) -> String {
        table.rows[number][column].text.trimmingCharacters(in: .whitespaces)
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
        let text = text.trimmingCharacters(in: .whitespaces)
        guard !text.contains(where: { "xXpP".contains($0) }) else { return nil }
        return Double(text)
    }

    /// Whether a field says that there is no value.
    static func isMissing(_ text: String) -> Bool {
        ["", "na", "n/a", "nan", "none", "null"].contains(
            text.trimmingCharacters(in: .whitespaces).lowercased())
    }

    private static func hasNoValue(_ text: String) -> Bool {
        isMissing(text) || number(text).map { !$0.isFinite } ?? false
    }
}
