import Foundation

extension SweepParser {
    /// `observations: {from: stdout, pattern}`, or `{from: file, path, format, pattern}`.
    mutating func readObservations(metric: SweepDefinition.Objective?) -> SweepDefinition.ObservationSource? {
        guard let pair = top["observations"] else { return nil }
        guard
            let fields = fields(
                of: pair.value, in: "'observations'", keys: ["from", "path", "format", "pattern"])
        else { return nil }
        var isFile = false
        if let entry = fields["from"], let from = choice(entry.value, "observations.from", Origin.self) {
            isFile = from == .file
        }
        let pattern = fields["pattern"].flatMap { readPattern($0.value, metric: metric) }
        guard isFile else {
            for key in ["path", "format"] {
                if let entry = fields[key] { problems.add(.onlyForFiles(key), at: entry.keyPlace) }
            }
            return pattern.map { .pattern($0) } ?? .protocolLines
        }
        return readFile(fields, pattern: pattern, at: pair.value.place)
    }

    /// Where observations are.
    private enum Origin: String, CaseIterable { case stdout, file }
    /// How the lines of a file are written.
    private enum LineFormat: String, CaseIterable { case jsonl, csv }

    private mutating func readFile(
        _ fields: Fields, pattern: String?, at place: SourcePlace
    ) -> SweepDefinition.ObservationSource? {
        guard let entry = fields["path"] else {
            problems.add(
                .missingKey(
                    "observations.path", why: "'from: file' reads a file that the program writes",
                    help:
                        "write 'path: metrics.jsonl', and let the program write to ${trial_directory}/metrics.jsonl"
                ),
                at: place)
            return nil
        }
        guard let path = text(entry.value, "observations.path") else { return nil }
        observationsPath = entry.value
        let macros = MacroTemplate(path).macros.map(\.name)
        if path.hasPrefix("/"), !macros.contains("trial_directory"), !macros.contains("trial_number") {
            problems.add(.sharedFile(path), at: entry.value.place)
        }
        var format = path.lowercased().hasSuffix(".csv") ? LineFormat.csv : .jsonl
        if let entry = fields["format"] {
            if fields["pattern"] != nil { problems.add(.formatAndPattern, at: entry.keyPlace) }
            if let written = choice(entry.value, "observations.format", LineFormat.self) { format = written }
        }
        if let pattern { return .file(path: path, format: .pattern, pattern: pattern) }
        return .file(path: path, format: format == .csv ? .csv : .jsonLines, pattern: nil)
    }

    private mutating func readPattern(_ node: LocatedNode, metric: SweepDefinition.Objective?) -> String? {
        guard let pattern = text(node, "observations.pattern") else { return nil }
        guard pattern.unicodeScalars.count <= 1000 else {
            problems.add(.patternTooLong(pattern), at: node.place)
            return nil
        }
        do {
            let expression = try Regex(pattern)
            if let metric, !expression.contains(captureNamed: metric.name) {
                problems.add(.patternLacksMetric(metric.name), at: node.place)
            }
        } catch {
            problems.add(.invalidPattern(pattern), at: node.place)
        }
        return pattern
    }
}
