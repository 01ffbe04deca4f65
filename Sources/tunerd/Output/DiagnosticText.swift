import Tuner

extension SweepDiagnostic {
    /// The problem as a compiler would show it.
    var rendered: String {
        var lines = ["\(file):\(line):\(column): error: \(message) [\(code)]"]
        if !sourceLine.isEmpty {
            lines.append("    \(sourceLine)")
            lines.append(
                "    " + String(repeating: " ", count: max(0, column - 1)) + "^"
                    + String(repeating: "~", count: max(0, length - 1)))
        }
        if let why { lines.append("  why: \(why)") }
        if let help { lines.append("  help: \(help)") }
        return lines.joined(separator: "\n")
    }
}
