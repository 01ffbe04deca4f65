/// The small words of diagnostics.
extension DiagnosticMessage {
    /// A value of the file in single quotes, harmless for a terminal and not too long.
    static func quoted(_ text: String) -> String { "'\(shown(text))'" }

    /// A value of the file with control characters spelled out, cut after 60 characters.
    static func shown(_ text: String) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == 60 { return result + "..." }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result +=
                    scalar == "\n"
                    ? "\\n" : scalar == "\t" ? "\\t" : "\\u{\(hexadecimal(scalar.value, digits: 1))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `a, b, c`; long lists are cut.
    static func list(_ names: [String]) -> String {
        if names.isEmpty { return "none" }
        let most = 32
        let rest = names.count > most ? ", ... (\(names.count - most) more)" : ""
        return names.prefix(most).joined(separator: ", ") + rest
    }

    /// A question, if a known name is near.
    static func didYouMean(_ name: String, _ known: [String]) -> String? {
        NearestName.suggestion(for: name, among: known).map { "did you mean '\($0)'?" }
    }

    /// A number in base sixteen, upper case, with zeros in front.
    static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A valid name near an invalid one.
    static func properName(_ name: String) -> String? {
        let mapped = name.lowercased().unicodeScalars.prefix(64).map { scalar -> Character in
            SweepParser.isLowerOrDigit(scalar) ? Character(scalar) : "-"
        }
        let words = String(mapped).split(separator: "-").joined(separator: "-")
        return words.isEmpty || words == name ? nil : words
    }
}

/// What kind of scalar a key wants, in words.
enum ExpectedScalar: Sendable, Hashable {
    case count, integer, real, bytes, duration, seed, flag

    /// The code when the text is nothing of the kind.
    var code: String {
        switch self {
        case .count: "invalid-count"
        case .integer: "invalid-integer"
        case .real: "invalid-number"
        case .bytes: "invalid-size"
        case .duration: "invalid-duration"
        case .seed: "invalid-seed"
        case .flag: "invalid-flag"
        }
    }

    /// What it is.
    var name: String {
        switch self {
        case .count: "a count"
        case .integer: "a whole number"
        case .real: "a real number"
        case .bytes: "a number of bytes"
        case .duration: "a duration"
        case .seed: "a whole number below 2^64"
        case .flag: "true or false"
        }
    }

    /// How it is written.
    var examples: String {
        switch self {
        case .count: "'4096', '4Ki', '1.5M' or '3e9'"
        case .integer: "'5' or '4Ki'"
        case .real: "'1e-3', '0.5' or '5'"
        case .bytes: "'512MiB' or '2GB'"
        case .duration: "'30s', '5m', '2h' or '1d'"
        case .seed: "'1234'"
        case .flag: "'true' or 'no'"
        }
    }

    /// The units it may have.
    var units: String {
        switch self {
        case .count, .integer: "k, M, B, T (powers of 1000), Ki, Mi, Gi (powers of 1024)"
        case .bytes: "kB, MB, GB, TB, KiB, MiB, GiB, TiB"
        case .duration: "s, m, h, d"
        case .real, .seed, .flag: "none"
        }
    }

    /// The largest one.
    var limit: String {
        switch self {
        case .count, .integer, .bytes: "10^18"
        case .real: "1.8e308"
        case .duration: "1e9 seconds"
        case .seed: "2^64 - 1"
        case .flag: "1"
        }
    }
}
