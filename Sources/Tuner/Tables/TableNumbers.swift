import Foundation

/// How the numbers of a table are written: with decimal points or commas, in thousands or not.
///
/// `0,003`, `3,5` and `1.234,5` can only have a decimal comma, `1,234,567` and `1,234.5` only commas between thousands.
/// `1,234` can be either: it is what the other numbers of the table are, and where they say nothing, or both, it is
/// refused instead of guessed.
struct TableNumbers: Sendable {
    /// What a text is.
    enum Reading: Equatable {
        case number(Double)
        case other
        /// A number that can be meant in two ways.
        case unclear
    }

    /// What the separators of a number can only mean.
    private enum Shape {
        case plain
        case decimalComma
        case thousands
        case pointThousands
        case unclear
        case other
    }

    private var hasDecimalComma = false
    private var hasThousands = false
    private var hasPointThousands = false

    /// Of no table: a number that can be meant in two ways is unclear.
    init() {}

    /// Looks at every number of a table.
    init(_ fields: DelimitedFields) {
        let comma = UInt8(ascii: ","), point = UInt8(ascii: ".")
        for record in 0..<fields.count {
            for field in 0..<fields.width(of: record) {
                let bytes = fields.bytes[fields.range(record, field)]
                var commas = 0
                var points = 0
                for byte in bytes {
                    if byte == comma { commas += 1 }
                    if byte == point { points += 1 }
                }
                guard commas > 0 || points > 1, bytes.count <= 64 else { continue }
                switch Self.shape(Self.trimmed(fields.text(record, field))) {
                case .decimalComma: hasDecimalComma = true
                case .thousands: hasThousands = true
                case .pointThousands: hasPointThousands = true
                case .plain, .unclear, .other: break
                }
            }
        }
    }

    /// The number with a decimal point and nothing between thousands; `nil` when it can be meant in two ways. What is no
    /// number stays as it is.
    func plain(_ text: String) -> String? {
        let text = Self.trimmed(text)
        var marks = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: ",") { marks += 2 }
            if byte == UInt8(ascii: ".") { marks += 1 }
        }
        if marks < 2, !(hasDecimalComma && hasPointThousands) { return text }
        switch Self.shape(text) {
        case .other: return text
        case .plain:
            return hasDecimalComma && hasPointThousands && Self.isGroupAfterPoint(text) ? nil : text
        case .decimalComma: return Self.withPoint(text)
        case .thousands: return text.replacing(",", with: "")
        case .pointThousands: return text.replacing(".", with: "")
        case .unclear:
            guard hasDecimalComma != hasThousands else { return nil }
            return hasDecimalComma ? Self.withPoint(text) : text.replacing(",", with: "")
        }
    }

    /// Reads a number.
    ///
    /// - Parameters:
    ///   - text: a field.
    ///   - isCount: whether it may have the ending of a count: `125M`, `64Ki`.
    /// - Returns: the number, or why it is none.
    func reading(_ text: String, isCount: Bool) -> Reading {
        guard let plain = plain(text) else { return .unclear }
        if let number = FieldReader.number(plain) { return .number(number) }
        guard isCount, let count = Self.count(plain) else { return .other }
        return .number(count)
    }

    /// A count with an ending.
    static func count(_ text: String) -> Double? {
        if let count = try? Scalars.count(text) { return Double(count) }
        // What is no whole number, or too large for one, is a size all the same.
        let ending = Scalars.countSuffixes.last { !$0.text.isEmpty && text.hasSuffix($0.text) }
        guard let ending, let number = FieldReader.number(String(text.dropLast(ending.text.count))),
            number.isFinite
        else { return nil }
        return number * Double(ending.factor)
    }

    // MARK: - Shapes

    private static func shape(_ text: String) -> Shape {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x2E }) else { return .plain }
        let body = text.drop { $0 == "-" || $0 == "+" }
        let digits = body.prefix { $0.isASCII && ($0.isNumber || $0 == "," || $0 == ".") }
        let rest = body.dropFirst(digits.count)
        guard digits.contains(where: \.isNumber), rest.count <= 6, rest.first.map({ $0.isLetter }) ?? true
        else { return text.utf8.contains(0x2C) ? .other : .plain }
        let commas = digits.count { $0 == "," }
        let points = digits.count { $0 == "." }
        if commas == 0 {
            return points > 1 && isGrouped(digits, by: ".") ? .pointThousands : .plain
        }
        guard let comma = digits.lastIndex(of: ",") else { return .plain }
        let whole = digits[..<comma]
        let behind = digits[digits.index(after: comma)...]
        if points > 0 {
            if whole.contains(".") {
                return commas == 1 && isGrouped(whole, by: ".") && !behind.contains(".")
                    ? .decimalComma : .other
            }
            let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && isGrouped(parts[0], by: ",") ? .thousands : .other
        }
        if commas > 1 { return isGrouped(digits, by: ",") ? .thousands : .other }
        return isGrouped(digits, by: ",") ? .unclear : .decimalComma
    }

    /// Whether the parts are a whole number in thousands: `1`, `12` or `123` without a zero in front, then threes.
    private static func isGrouped(_ digits: Substring, by separator: Character) -> Bool {
        let parts = digits.split(separator: separator, omittingEmptySubsequences: false)
        guard let first = parts.first, (1...3).contains(first.count), first.first != "0",
            parts.allSatisfy({ $0.allSatisfy(\.isNumber) })
        else { return false }
        return parts.dropFirst().allSatisfy { $0.count == 3 }
    }

    /// Whether a text is `1.234`.
    private static func isGroupAfterPoint(_ text: String) -> Bool {
        let body = text.drop { $0 == "-" || $0 == "+" }
        return body.contains(".") && isGrouped(body, by: ".")
    }

    private static func withPoint(_ text: String) -> String {
        text.replacing(".", with: "").replacing(",", with: ".")
    }

    static func trimmed(_ text: String) -> String {
        guard let first = text.utf8.first, let last = text.utf8.last else { return text }
        return first > 0x20 && first < 0x80 && last > 0x20 && last < 0x80
            ? text : text.trimmingCharacters(in: .whitespaces)
    }
}
