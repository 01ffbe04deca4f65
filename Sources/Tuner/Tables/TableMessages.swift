/// What diagnostics of tables say.
extension DiagnosticMessage {
    static let unclosedQuote = Self(
        "unclosed-quote", "a quoted field never ends",
        why: "inside quotes line ends and separators are text",
        help: "close it, or double a quote that is meant: \"\"")

    static let textAfterQuote = Self(
        "text-after-quote", "text follows the closing quote of a field",
        why: "a field is quoted as a whole or not at all", help: "double a quote that is meant: \"\"")

    static func fieldCount(_ count: Int, header: Int) -> Self {
        Self(
            "field-count", "\(count) field\(count == 1 ? "" : "s"), but the header names \(header)",
            why: "every line has one field for each column",
            help: "quote fields that hold the separator (decimal commas, say), or name another one with "
                + "--separator")
    }

    static func cellNotNumber(_ text: String, column: String, quantity: TableQuantity) -> Self {
        var endings: String?
        if quantity.isCount {
            do throws(ScalarProblem) {
                _ = try Scalars.count(TableNumbers.trimmed(text))
            } catch {
                if case .unknownSuffix(_, let meant) = error {
                    endings = meant.map { "is the ending '\($0)'? " } ?? ""
                    endings? += "endings are k M B T and Ki Mi Gi"
                }
            }
        }
        return Self(
            "invalid-number", "\(quoted(text)) in column \(quoted(column)) is not a number",
            why: "the column is read as '\(quantity.rawValue)'",
            help: endings
                ?? "mend it, or leave such rows out with --where '\(shown(column))!=\(shown(text))'")
    }

    static func cellUnclear(_ text: String, column: String, separator: Character) -> Self {
        let text = TableNumbers.trimmed(text)
        let mark: Character = text.contains(",") ? "," : "."
        let decimal = text.replacing(String(mark), with: ".")
        let whole = text.replacing(String(mark), with: "")
        return Self(
            "unclear-number", "\(quoted(text)) in column \(quoted(column)) can be \(decimal) or \(whole)",
            why: "no other number of the table says which, or they disagree",
            help: mark == "," && separator != ","
                ? "write \(decimal) or \(whole); if every comma is a decimal one: tr , . < FILE"
                : "write \(decimal) or \(whole)")
    }

    static func cellEmpty(column: String, quantity: TableQuantity, optional: TableQuantity) -> Self {
        let exception = optional == .validationLoss ? "a loss" : optional.rawValue
        return Self(
            "missing-value", "column \(quoted(column)) is empty",
            why:
                "it is read as '\(quantity.rawValue)', which every run needs; only \(exception) may be missing",
            help: "leave such rows out with --where '\(shown(column))!='")
    }

    static func cellOutOfRange(_ text: String, column: String, quantity: TableQuantity) -> Self {
        Self(
            "out-of-range", "\(quoted(text)) in column \(quoted(column)) cannot be a '\(quantity.rawValue)'",
            why: "it must be \(quantity.range)", help: quantity == .momentum ? "is it 1 - momentum?" : nil)
    }

    static func derivedOutOfRange(tokens: Double) -> Self {
        Self(
            "out-of-range", "steps, batch size or compute of this run give '\(tokens)' tokens",
            why:
                "tokens are steps times batch size, or compute / (6 model size), and lie between 0 and 10^18",
            help: "are the columns in tokens, parameters and floating-point operations?")
    }

    static func lossNotPositive(_ value: Double, column: String) -> Self {
        Self(
            "loss-not-positive", "'\(value)' in column \(quoted(column)) has no logarithm",
            why: "the law is of log loss, so that losses must be positive",
            help: "leave such rows out with --where '\(shown(column))!=...', or give a loss that is positive")
    }

    static func sizeUnusable(_ quantity: String, value: Double) -> Self {
        Self(
            "out-of-range", "'\(quantity)' of this run is '\(value)'",
            why: "sizes lie between 1e-30 and 1e36, where powers of them are numbers")
    }
}
