import Foundation

/// Which rows of a table count: `split=train`, `optimizer!=lion`, `token_budget<=4B`; all conditions must hold.
///
/// Texts are compared without the spaces around them; where both sides are numbers, by value, so that `1e9` and `1B`
/// find `1000000000`. A field that is no number is neither less nor more than any.
public struct RowFilter: Sendable {
    /// How a field is compared with the value that was typed.
    enum Comparison: String {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case atMost = "<="
        case more = ">"
        case atLeast = ">="

        /// Whether texts can be compared so.
        var isOfTexts: Bool { self == .equal || self == .notEqual }

        func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .equal: left == right
            case .notEqual: left != right
            case .less: left < right
            case .atMost: left <= right
            case .more: left > right
            case .atLeast: left >= right
            }
        }
    }

    private struct Condition {
        var column: String
        var comparison: Comparison
        var value: String
        var number: Double?
    }

    private var conditions: [Condition]
    /// The option the conditions came with, for messages.
    private let option: String

    /// A filter from texts as typed.
    ///
    /// - Parameters:
    ///   - texts: a column, one of `=`, `!=`, `<`, `<=`, `>`, `>=`, and a value.
    ///   - option: what they were typed for, for messages.
    /// - Throws: `usage` for a text that is none, and for one that orders by what is no number.
    public init(_ texts: [String], option: String = "--where") throws(TunerError) {
        var conditions: [Condition] = []
        for text in texts {
            guard let (column, comparison, value) = Self.parts(text), !column.isEmpty else {
                throw TunerError(
                    .usage, "\(option) \(DiagnosticMessage.quoted(text)) is not a condition",
                    help: "write COLUMN=VALUE, or with != < <= > >=; quoted, since shells read < and >")
            }
            let number = Self.number(value, in: nil)
            guard comparison.isOfTexts || number != nil else {
                throw TunerError(
                    .usage,
                    "\(option) \(DiagnosticMessage.quoted(text)) compares with \(DiagnosticMessage.quoted(value)), "
                        + "which is not a number",
                    why: "\(comparison.rawValue) orders numbers; texts are equal or not",
                    help: "write for example \(column)\(comparison.rawValue)4B, or = and != for texts")
            }
            conditions.append(
                Condition(column: column, comparison: comparison, value: value, number: number))
        }
        self.conditions = conditions
        self.option = option
    }

    /// What to know when another filter keeps rows that this one does not, by columns that the other does not look at:
    /// it does not inherit their conditions.
    ///
    /// A column that both look at (`split=train` here, `split=test` there) was set apart on purpose.
    ///
    /// - Parameters:
    ///   - other: such as that of `--predict-cells`.
    ///   - table: any table.
    /// - Returns: a warning; `nil` when every row the other keeps meets those conditions.
    /// - Throws: `usage` for a column the table does not have.
    public func notInherited(by other: RowFilter, in table: RunTable) throws(TunerError) -> TableWarning? {
        let columns = Set(other.conditions.map(\.column))
        var own = self
        own.conditions.removeAll { columns.contains($0.column) }
        guard !own.conditions.isEmpty else { return nil }
        let asked = try other.rows(of: table)
        let meant = Set(try own.rows(of: table))
        let outside = asked.count { !meant.contains($0) }
        guard outside > 0 else { return nil }
        let typed = own.conditions.map { "'\($0.column)\($0.comparison.rawValue)\($0.value)'" }
        return TableWarning(
            "where-not-inherited",
            "\(outside) of the \(asked.count) rows of \(other.option) do not meet \(option) \(typed.joined(separator: " "))"
                + ": it counts for the fit alone; give \(other.option) the same condition to leave them out")
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
            // A column of few values is compared once for each of them.
            var known: [String: Bool] = [:]
            kept = kept.filter { row in
                let text = table.text(row, index)
                if let known = known[text] { return known }
                let holds = Self.holds(condition, text, table.numbers)
                if known.count < 64 { known[text] = holds }
                return holds
            }
        }
        return kept
    }

    /// The values of the filtered columns, for the message when no row is left.
    func seen(in table: RunTable) -> String? {
        let seen = conditions.compactMap { condition -> String? in
            guard let index = table.columns.firstIndex(of: condition.column) else { return nil }
            var order: [String] = []
            for row in table.rows.indices {
                let text = table.text(row, index)
                if !order.contains(text) { order.append(text) }
                if order.count > 8 { break }
            }
            let words = order.prefix(8).map(DiagnosticMessage.quoted).joined(separator: ", ")
            return "column '\(condition.column)' holds \(words)\(order.count > 8 ? ", ..." : "")"
        }
        return seen.isEmpty ? nil : seen.joined(separator: "; ")
    }

    // MARK: - One condition

    /// The first comparison of a text with what stands around it.
    private static func parts(_ text: String) -> (column: String, Comparison, value: String)? {
        guard var start = text.firstIndex(where: { "=<>".contains($0) }) else { return nil }
        var end = text.index(after: start)
        // `==` is how programs write it.
        if end < text.endIndex, text[end] == "=" { end = text.index(after: end) }
        if text[start] == "=", start > text.startIndex, text[text.index(before: start)] == "!" {
            start = text.index(before: start)
        }
        let written = String(text[start..<end])
        let comparison = written == "==" ? .equal : Comparison(rawValue: written) ?? .notEqual
        return (
            text[..<start].trimmingCharacters(in: .whitespaces), comparison,
            text[end...].trimmingCharacters(in: .whitespaces)
        )
    }

    private static func holds(_ condition: Condition, _ text: String, _ style: TableNumbers) -> Bool {
        let text = TableNumbers.trimmed(text)
        if text == condition.value, condition.comparison.isOfTexts { return condition.comparison == .equal }
        guard let wanted = condition.number, let number = number(text, in: style) else {
            return condition.comparison == .notEqual
        }
        return condition.comparison.holds(number, wanted)
    }

    /// A number, as tables write it or with the ending of a count.
    private static func number(_ text: String, in style: TableNumbers?) -> Double? {
        if case .number(let number) = (style ?? TableNumbers()).reading(text, isCount: true) {
            return number
        }
        return nil
    }
}
