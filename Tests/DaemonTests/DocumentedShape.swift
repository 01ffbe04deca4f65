import Foundation

/// Compares an output a page shows with a real one, by shape: numbers may differ, words may not.
///
/// - JSON: the same keys everywhere; of an array the first elements are compared. `"..."` as a value stands for
///   anything, as a key for further keys.
/// - Tables: the same header, and in the page as many cells in a row as in the header.
/// - Other lines: the same but for numbers. `...` in a line stands for anything, a line of its own for any lines.
enum DocumentedShape {
    /// What differs; empty when the shapes agree.
    static func differences(documented: [String], real: CommandOutput) -> [String] {
        let text = documented.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { return [] }
        if text.first == "{" || text.first == "[" {
            return json(text, real.output.isEmpty ? real.errors : real.output)
        }
        return lines(documented, real.output + "\n" + real.errors)
    }

    // MARK: JSON

    private static func json(_ documented: String, _ real: String) -> [String] {
        if let expected = parse(documented) {
            guard let found = parse(real) else { return ["the output is not JSON: \(real.prefix(200))"] }
            return differences(expected, found, at: "$")
        }
        // One object a line.
        let expected = documented.split(separator: "\n").filter { $0 != "..." }.map { parse(String($0)) }
        let found = real.split(separator: "\n").map { parse(String($0)) }
        if expected.contains(where: { $0 == nil }) { return ["the documented output is not JSON"] }
        if found.count < expected.count { return ["\(found.count) lines, documented are \(expected.count)"] }
        return zip(expected, found).enumerated().flatMap { index, pair -> [String] in
            guard let expected = pair.0, let found = pair.1 else { return ["line \(index + 1) is not JSON"] }
            return differences(expected, found, at: "line \(index + 1)")
        }
    }

    private static func parse(_ text: String) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    }

    private static func differences(_ documented: Any, _ real: Any, at place: String) -> [String] {
        if documented as? String == "..." { return [] }
        switch (documented, real) {
        case (let documented as [String: Any], let real as [String: Any]):
            let open = documented["..."] != nil
            let missing = Set(documented.keys).subtracting(real.keys).subtracting(["..."]).sorted()
                .map { "\(place): the output has no '\($0)'" }
            let unknown =
                open
                ? []
                : Set(real.keys).subtracting(documented.keys).sorted()
                    .map { "\(place): '\($0)' is not documented" }
            return missing + unknown
                + documented.keys.sorted().flatMap { key -> [String] in
                    guard let expected = documented[key], let found = real[key] else { return [] }
                    return differences(expected, found, at: "\(place).\(key)")
                }
        case (let documented as [Any], let real as [Any]):
            guard let expected = documented.first, let found = real.first else {
                return documented.isEmpty == real.isEmpty ? [] : ["\(place): one of the arrays is empty"]
            }
            return differences(expected, found, at: "\(place)[0]")
        case (is [String: Any], _), (is [Any], _), (_, is [String: Any]), (_, is [Any]):
            return ["\(place): documented as another kind of value"]
        default:
            return documented is String == real is String ? [] : ["\(place): text and number are mixed up"]
        }
    }

    // MARK: Text

    private static func lines(_ documented: [String], _ real: String) -> [String] {
        let found = real.split(separator: "\n").map { normal(String($0)) }
        let known = Set(found)
        var problems: [String] = []
        var columns: Int?
        for line in documented {
            let shape = normal(line)
            let cells = cells(line)
            if line.isEmpty { columns = nil }
            if shape.isEmpty || shape == "..." { continue }
            if let columns, cells.count > 1 {
                if cells.count != columns {
                    problems.append("'\(line)' has \(cells.count) cells, its header \(columns)")
                }
                continue
            }
            columns = isHeader(cells) ? cells.count : nil
            if known.contains(shape) { continue }
            let parts = shape.components(separatedBy: "...")
            if parts.count == 2, found.contains(where: { $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1]) }) {
                continue
            }
            problems.append("no line of the output is like '\(line)'")
        }
        return problems
    }

    /// Numbers become `#`, runs of blanks one blank.
    private static func normal(_ line: String) -> String {
        line.replacing(/[-+]?\d+(\.\d+)*(e[-+]?\d+)?(Ki|Mi|Gi|[kMBT]\b)?/, with: "#")
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func cells(_ line: String) -> [String] {
        line.trimmingCharacters(in: .whitespaces).split(separator: /\s{2,}/).map(String.init)
    }

    private static func isHeader(_ cells: [String]) -> Bool {
        cells.count > 1 && cells.allSatisfy { $0 == $0.uppercased() && $0.contains(where: \.isLetter) }
    }
}
