extension SweepDiagnostic: CustomStringConvertible {
    /// The diagnostic as text without colour, without a newline at its end.
    ///
    ///     sweeps/first.yaml:5:3: error: unknown parameter 'lerning_rate' [unknown-parameter]
    ///         lerning_rate: {min: 1e-4, max: 1e-1}
    ///         ^~~~~~~~~~~~
    ///       why: optimizer 'muon' has learning_rate, momentum
    ///       help: did you mean 'learning_rate'?
    ///
    /// The line is shown without its indentation; it is left out when it is empty or very long.
    public var rendered: String {
        var lines = ["\(file):\(line):\(column): error: \(message) [\(code)]"]
        lines += excerpt
        if let why { lines.append("  why: \(why)") }
        if let help { lines.append("  help: \(help)") }
        return lines.joined(separator: "\n")
    }

    /// Same as `rendered`.
    public var description: String { rendered }

    /// The line with the underline beneath it; empty when there is nothing to show.
    public var excerpt: [String] {
        let scalars = sourceLine.unicodeScalars
        let indentation = min(scalars.prefix(while: { $0 == " " || $0 == "\t" }).count, column - 1)
        let shown = String(String.UnicodeScalarView(scalars.dropFirst(indentation).map(Self.visible)))
        guard shown.contains(where: { $0 != " " }) else { return [] }
        let marks = "^" + String(repeating: "~", count: max(0, length - 1))
        let space = String(repeating: " ", count: max(0, column - 1 - indentation))
        return ["    \(shown)", "    \(space)\(marks)"]
    }

    /// Nothing that moves the cursor or turns the direction of writing reaches a terminal.
    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control: " "
        case .format: "\u{FFFD}"
        default: scalar
        }
    }
}
