import Foundation

/// Reads observations out of a program's own log lines with a regular expression.
///
///     let pattern = try ObservationPattern("step (?<step>\\d+).*loss (?<validation_loss>\\S+)")
///     pattern.read("step 20 | loss 2.31")?.metrics      // ["validation_loss": 2.31]
///
/// The named groups `step`, `tokens` and `elapsed_seconds` are what they say; every other one is a metric. `nan`,
/// `inf` and the like are numbers here.
struct ObservationPattern {
    private let expression: Regex<AnyRegexOutput>
    private let names: [String]

    /// - Throws: `invalidSweep` for an expression that cannot be read, or has no group for a metric.
    init(_ text: String) throws(TunerError) {
        do { expression = try Regex(text) } catch {
            throw TunerError(
                .invalidSweep, "observations.pattern '\(text)' is no regular expression", why: "\(error)")
        }
        names = Self.groupNames(text)
        guard names.contains(where: { !["step", "tokens", "elapsed_seconds"].contains($0) }) else {
            throw TunerError(
                .invalidSweep, "observations.pattern '\(text)' has no named group for a metric",
                help: "name one: (?<validation_loss>[0-9.eE+-]+|nan|inf)")
        }
    }

    /// The observation of a line, without sequence; `nil` when the line has none.
    func read(_ line: String) -> LenientObservation? {
        guard let match = try? expression.firstMatch(in: line) else { return nil }
        var observation = LenientObservation(metrics: [:])
        for name in names {
            guard let text = match.output[name]?.substring else { continue }
            let number = Self.number(text)
            switch name {
            case "step": observation.step = number.flatMap { Int(exactly: $0.rounded()) }
            case "tokens": observation.tokens = number.flatMap { Int(exactly: $0.rounded()) }
            case "elapsed_seconds": observation.elapsedSeconds = number
            default: observation.metrics[name] = number
            }
        }
        return observation.metrics.isEmpty ? nil : observation
    }

    /// A number with optional thousands separators, as programs print them.
    private static func number(_ text: Substring) -> Double? {
        let plain = text.filter { $0 != "," && $0 != "_" }.trimmingCharacters(in: .whitespaces)
        return Double(plain) ?? (plain.lowercased().hasPrefix("nan") ? .nan : nil)
    }

    /// The names in `(?<name>...)` and `(?P<name>...)`, in order.
    private static func groupNames(_ text: String) -> [String] {
        text.matches(of: /\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>/).map { String($0.output.1) }
            .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
