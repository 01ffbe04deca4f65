import Foundation

/// Which rows of a table count: `split=train`, `optimizer!=lion`; all conditions must hold.
///
/// Texts are compared without the spaces around them; where both sides are numbers, by value, so that `1e9` finds
/// `1000000000`.
public struct RowFilter: Sendable {
    private struct Condition {
        var column: String
        var value: String
        var wantsEqual: Bool
        var number: Double?
    }

    private let conditions: [Condition]
    /// The option the conditions came with, for messages.
    private let option: String

    /// A filter from texts as typed.
    ///
    /// - Parameters:
    ///   - texts: `column=value` or `column!=value`.
    ///   - option: what they were typed for, for messages.
    /// - Throws: `usage` for a text that is neither.
    public init(_ texts: [String], option: String = "--where") throws(TunerError) {
        var conditions: [Condition] = []
        for text in texts {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw TunerError(
                    .usage, "\(option) \(DiagnosticMessage.quoted(text)) is not a condition",
                    help: "write COLUMN=VALUE or COLUMN!=VALUE")
            }
            let before = text.index(before: equals)
            let isNegated = text[before] == "!"
            let column = text[..<(isNegated ? before : equals)].trimmingCharacters(in: .whitespaces)
            let value = text[text.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            conditions.append(
                Condition(column: column, value: value, wantsEqual: !isNegated, number: Double(value)))
        }
        self.conditions = conditions
        self.option = option
    }

    /// The rows that satisfy every condition.
    ///
    /// - Parameter table: any table.
    /// - Returns: their indices, ascending.
    /// - Throws: `usage` for a column the table does not have.
    func rows(of table: RunTable) throws(TunerError) -> [Int] {
        var kept = Array(table.rows.indices)
        for condition in conditions {
            let index = try table.index(of: condition.column, asked: option)
            kept = kept.filter { Self.holds(condition, table.rows[$0][index].text) }
        }
        return kept
    }

    /// The values of the filtered columns, for the message when no row is left.
    func seen(in table: RunTable) -> String? {
        let seen = conditions.compactMap { condition -> String? in
            guard let index = table.columns.firstIndex(of: condition.column) else { return nil }
            var order: [String] = []
            for row in table.rows where !order.contains(row[index].text) {
                order.append(row[index].text)
                if order.count > 8 { break }
            }
            let words = order.prefix(8).map(DiagnosticMessage.quoted).joined(separator: ", ")
            return "column '\(condition.column)' holds \(words)\(order.count > 8 ? ", ..." : "")"
        }
        return seen.isEmpty ? nil : seen.joined(separator: "; ")
    }

    private static func holds(_ condition: Condition, _ text: String) -> Bool {
        let text = text.trimmingCharacters(in: .whitespaces)
        if text == condition.value { return condition.wantsEqual }
        guard let wanted = condition.number, let number = Double(text) else { return !condition.wantsEqual }
        return (wanted == number) == condition.wantsEqual
    }
}
