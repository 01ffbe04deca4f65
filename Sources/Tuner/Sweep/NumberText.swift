import Foundation

/// A decimal number taken apart: sign, digits, exponent of ten, and whatever letters follow.
struct NumberText: Sendable, Hashable {
    /// Whether a minus sign stands in front.
    var isNegative = false
    /// Digits of the mantissa without zeros in front or, after a point, at the end; `"0"` for zero.
    var digits = ""
    /// Power of ten the digits are multiplied with.
    var exponent = 0
    /// What follows the number.
    var suffix = ""
    /// Whether it was written with a point or an exponent.
    var looksReal = false

    /// Takes a text apart: `[+-] digits [. digits] [e [+-] digits] [letters]`.
    init(_ text: String) throws(ScalarProblem) {
        var rest = Substring(text)
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest = rest.dropFirst()
        }
        if ["nan", ".nan", "inf", ".inf", "infinity"].contains(rest.lowercased()) { throw .notFinite }
        let whole = try Self.takeDigits(&rest)
        var fraction = ""
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = try Self.takeDigits(&rest)
            looksReal = true
        }
        guard !(whole + fraction).isEmpty else { throw .notANumber }
        while fraction.last == "0" { fraction.removeLast() }
        exponent = try Self.takeExponent(&rest)
        if exponent != 0 || text.contains(where: { $0 == "e" || $0 == "E" }) { looksReal = true }
        exponent -= fraction.count
        digits = String((whole + fraction).drop(while: { $0 == "0" }))
        if digits.isEmpty {
            digits = "0"
            exponent = 0
        }
        guard rest.allSatisfy({ $0.isASCII && $0.isLetter }) else { throw .notANumber }
        suffix = String(rest)
    }

    /// The nearest double; the suffix is not counted.
    func double() throws(ScalarProblem) -> Double {
        guard let value = Double("\(isNegative ? "-" : "")\(digits)e\(exponent)"), value.isFinite else {
            throw .tooLarge
        }
        if value == 0, digits != "0" { throw .tooSmall }
        return value == 0 ? 0 : value
    }

    /// The number times a factor, exact.
    func whole(times factor: Int) throws(ScalarProblem) -> Int {
        if digits == "0" { return 0 }
        guard digits.count <= 38, exponent <= 18 else { throw .tooLarge }
        guard exponent >= -38, let mantissa = UInt128(digits) else { throw .notWhole }
        var (value, overflow) = mantissa.multipliedReportingOverflow(by: UInt128(factor))
        var steps = exponent
        while steps > 0, !overflow {
            (value, overflow) = value.multipliedReportingOverflow(by: 10)
            steps -= 1
        }
        if overflow { throw .tooLarge }
        while steps < 0 {
            guard value % 10 == 0 else { throw .notWhole }
            value /= 10
            steps += 1
        }
        guard value <= UInt128(Scalars.largestCount) else { throw .tooLarge }
        return isNegative ? -Int(value) : Int(value)
    }

    /// Digits with single underscores between them.
    private static func takeDigits(_ rest: inout Substring) throws(ScalarProblem) -> String {
        var digits = ""
        var lastWasDigit = false
        while let character = rest.first {
            if character.isASCII, character.isNumber {
                digits.append(character)
                lastWasDigit = true
            } else if character == "_", lastWasDigit {
                lastWasDigit = false
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard lastWasDigit || digits.isEmpty else { throw .notANumber }
        return digits
    }

    /// `e-4`; 0 when there is none. Exponents far outside of every type are all the same.
    private static func takeExponent(_ rest: inout Substring) throws(ScalarProblem) -> Int {
        guard let mark = rest.first, mark == "e" || mark == "E" else { return 0 }
        rest = rest.dropFirst()
        var sign = 1
        if let character = rest.first, character == "-" || character == "+" {
            sign = character == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        let digits = try takeDigits(&rest)
        guard !digits.isEmpty else { throw .notANumber }
        return sign * min(Int(digits) ?? 100_000, 100_000)
    }
}
