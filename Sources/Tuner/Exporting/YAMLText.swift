import Foundation

/// Writes YAML that readers of 1.1 and 1.2 take the same way.
///
/// Reals always have a point and a signed exponent of two digits (`1.0e-04`): PyYAML reads `1e-4` as text. Strings are
/// plain only when no reader could take them for anything else.
enum YAMLText {
    /// A document.
    static func emit(_ tree: JSONTree) -> String {
        var lines: [String] = []
        append(tree, indent: "", to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    /// A real: shortest digits that give the same number back.
    static func real(_ value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        let text = "\(value)".lowercased()
        let parts = text.split(separator: "e")
        let mantissa = parts[0].contains(".") ? String(parts[0]) : parts[0] + ".0"
        guard parts.count == 2, let exponent = Int(parts[1]) else { return mantissa }
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "")
            + "\(abs(exponent))"
    }

    /// A string, quoted unless it is certain to be read as this string.
    static func string(_ text: String) -> String {
        let certain =
            text.first.map { $0.isASCII && $0.isLetter } == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./ ".contains($0)) }
            && text.last != " "
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"].contains(
                text.lowercased())
        if certain { return text }
        // A JSON string is a YAML double-quoted scalar.
        let data = try? APICoding.encoder().encode(text)
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private static func append(_ tree: JSONTree, indent: String, to lines: inout [String]) {
        switch tree {
        case .object(let members) where !members.isEmpty:
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                append(member, after: indent + string(name) + ":", indent: indent, to: &lines)
            }
        case .list(let items) where !items.isEmpty:
            for item in items { append(item, after: indent + "-", indent: indent, to: &lines) }
        default:
            lines.append(indent + (inline(tree) ?? "null"))
        }
    }

    private static func append(
        _ member: JSONTree, after head: String, indent: String, to lines: inout [String]
    ) {
        if let short = inline(member) {
            lines.append(head + " " + short)
        } else {
            lines.append(head)
            append(member, indent: indent + "  ", to: &lines)
        }
    }

    /// What fits on the line: scalars, lists of scalars, empty collections.
    private static func inline(_ tree: JSONTree) -> String? {
        switch tree {
        case .null: return "null"
        case .flag(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .number(let value): return real(value)
        case .text(let value): return string(value)
        case .list(let items):
            let scalars = items.compactMap { item -> String? in
                switch item {
                case .list, .object: nil
                default: inline(item)
                }
            }
            return scalars.count == items.count ? "[\(scalars.joined(separator: ", "))]" : nil
        case .object(let members): return members.isEmpty ? "{}" : nil
        }
    }
}
