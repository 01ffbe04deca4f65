/// What the engine could not do and how to mend it: a bad path, a malformed file, an option out of range.
///
///     idx: 'train.idx' is not an IDX file [bad-data-file]
///       why: it starts with 1F 8B, which is a gzip archive
///       help: unpack it with gunzip
public struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable kebab-case code.
    public var code: String
    /// What is wrong, with the offending value quoted.
    public var message: String
    /// Why it is wrong, if the message does not say.
    public var why: String?
    /// How to mend it.
    public var help: String?

    /// An error.
    public init(code: String, message: String, why: String? = nil, help: String? = nil) {
        self.code = code
        self.message = message
        self.why = why
        self.help = help
    }

    /// All parts, one a line.
    public var description: String {
        var lines = ["\(message) [\(code)]"]
        if let why { lines.append("  why: \(why)") }
        if let help { lines.append("  help: \(help)") }
        return lines.joined(separator: "\n")
    }
}

extension EngineError {
    /// A data file whose text is wrong at a line.
    static func badData(
        _ path: String, line: Int? = nil, _ message: String, why: String? = nil, help: String? = nil
    ) -> EngineError {
        let place = line.map { "\(path):\($0)" } ?? path
        return EngineError(code: "bad-data-file", message: "\(place): \(message)", why: why, help: help)
    }

    /// A setting that contradicts another or leaves its range.
    static func badOption(_ message: String, why: String? = nil, help: String? = nil) -> EngineError {
        EngineError(code: "bad-option", message: message, why: why, help: help)
    }
}

/// The known name nearest to a mistyped one, if one is close (edit distance at most 3 and below half its length).
func nearestName(to name: String, among known: [String]) -> String? {
    let best = known.map { (name: $0, distance: editDistance(name, $0)) }.min { $0.distance < $1.distance }
    guard let best, best.distance <= 3, best.distance * 2 < max(best.name.count, 3) else { return nil }
    return best.name
}

private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.unicodeScalars)
    let b = Array(b.unicodeScalars)
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[b.count]
}
