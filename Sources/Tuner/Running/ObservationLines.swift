import Foundation

/// Reads observations out of the lines of a file that a program writes.
///
/// | format | a line |
/// |---|---|
/// | `jsonl` | of the trial protocol, or one object of numbers: `{"step": 20, "validation_loss": 2.3}` |
/// | `csv` | fields below a line with the names of the columns; comma, semicolon or tab |
/// | `pattern` | any text that the regular expression matches |
///
/// `step`, `tokens`, `elapsed_seconds` and `sequence` are what they say; every other number is a metric. Names become
/// snake case (`val/loss` is `val_loss`), as metrics of sweep files are. Texts, empty fields and nulls are left out.
struct ObservationLines {
    /// What a line says.
    enum Content {
        case observation(LenientObservation)
        case finished(AttemptResult)
        case nothing
    }

    private let format: AttemptSpec.ObservationFile.Format
    private let pattern: ObservationPattern?
    private var columns: [String] = []
    private var separator = UInt8(ascii: ",")
    private var expectsColumns: Bool

    /// - Parameters:
    ///   - format: of the lines.
    ///   - pattern: for `pattern`.
    ///   - columns: a line with names that was read before.
    init(
        _ format: AttemptSpec.ObservationFile.Format, pattern: ObservationPattern?, columns: [UInt8]? = nil
    ) {
        self.format = format
        self.pattern = pattern
        expectsColumns = format == .csv
        if let columns, format == .csv { takeColumns(String(decoding: columns, as: UTF8.self)) }
    }

    /// The next line is the first of a file.
    mutating func restart() { expectsColumns = format == .csv }

    /// Reads a line.
    mutating func read(_ line: [UInt8]) -> Content {
        switch format {
        case .jsonLines: return Self.readObject(line)
        case .pattern:
            return pattern?.read(String(decoding: line, as: UTF8.self)).map { .observation($0) } ?? .nothing
        case .csv: return readFields(String(decoding: line, as: UTF8.self))
        }
    }

    // MARK: JSON

    private static func readObject(_ line: [UInt8]) -> Content {
        switch TrialProtocol.parse(line) {
        case .observation(let observation): return .observation(LenientObservation(observation))
        case .finished(let result): return .finished(result)
        case .started, .stacked: return .nothing
        case .log: break
        }
        guard line.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "{") else { return .nothing }
        let decoder = TrialProtocol.decoder(lenient: true)
        if let whole = try? decoder.decode(LenientObservation.self, from: Data(line)) {
            return .observation(whole)
        }
        guard let object = try? decoder.decode([String: Number].self, from: Data(line)) else {
            return .nothing
        }
        return observation(object.compactMapValues(\.value))
    }

    /// A number, or nothing where something else stands.
    private struct Number: Decodable {
        var value: Double?
        init(from decoder: any Decoder) throws {
            value = try? decoder.singleValueContainer().decode(Double.self)
        }
    }

    // MARK: Tables

    private mutating func readFields(_ line: String) -> Content {
        guard !line.allSatisfy(\.isWhitespace) else { return .nothing }
        if expectsColumns {
            expectsColumns = false
            // A file that was rotated may go on without the names; then they are those of the one before.
            let goesOn = !columns.isEmpty && fields(line).allSatisfy { $0.isEmpty || Self.number($0) != nil }
            if !goesOn {
                takeColumns(line)
                return .nothing
            }
        }
        let values = fields(line)
        guard values.count == columns.count else { return .nothing }
        return Self.observation(
            Dictionary(
                zip(columns, values).compactMap { name, text in Self.number(text).map { (name, $0) } },
                uniquingKeysWith: { first, _ in first }))
    }

    private mutating func takeColumns(_ line: String) {
        expectsColumns = false
        separator =
            [",", ";", "\t"].first { line.contains($0) }.flatMap { Character($0).asciiValue } ?? separator
        columns = fields(line).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func fields(_ line: String) -> [String] {
        (try? DelimitedText.records(of: line, separator: separator))?.first?.map(\.text) ?? []
    }

    private static func number(_ text: String) -> Double? {
        let plain = text.trimmingCharacters(in: .whitespaces)
        return Double(plain) ?? (plain.lowercased() == "nan" ? .nan : nil)
    }

    // MARK: Names

    private static func observation(_ values: [String: Double]) -> Content {
        var found = LenientObservation(metrics: [:])
        for (name, value) in values {
            switch name {
            case "step": found.step = Int(exactly: value.rounded())
            case "tokens": found.tokens = Int(exactly: value.rounded())
            case "sequence": found.sequence = Int(exactly: value.rounded())
            case "elapsed_seconds": found.elapsedSeconds = value
            default: found.metrics[metricName(name)] = value
            }
        }
        return found.metrics.isEmpty ? .nothing : .observation(found)
    }

    /// Lower case, with `_` for what is neither a letter nor a digit.
    private static func metricName(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
