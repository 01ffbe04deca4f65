import Foundation

/// Reads numbers separated by commas (or semicolons or tabs); the last column is the label.
///
/// A first line with a field that is no number is a header. Labels that are words become class numbers in the order
/// of the alphabet. Quotes around a field are taken off; a separator inside quotes is not supported and makes the
/// number of fields wrong, which is an error.
enum CSVFile {
    /// Reads a file.
    ///
    /// - Parameter path: the file.
    /// - Returns: the table; numeric labels as written, words as class numbers.
    /// - Throws: `EngineError` with the line when a feature is not a number or a line has too few or many fields.
    static func read(_ path: String) throws -> LabelledTable {
        let data = try DataFile.contents(path)
        var features: [Float] = []
        var labels: [String] = []
        var fieldCount = 0
        var separator: UInt8 = 0x2C
        var isFirst = true
        try DataFile.lines(of: data) { number, line in
            if isFirst { separator = [0x2C, 0x3B, 0x09].first { line.contains($0) } ?? 0x2C }
            let fields = line.split(separator: separator, omittingEmptySubsequences: false).map(text)
            defer { isFirst = false }
            if isFirst {
                fieldCount = fields.count
                guard fieldCount >= 2 else {
                    throw EngineError.badData(
                        path, line: number, "has one field only",
                        why: "a line is features and a label, separated by commas")
                }
                if fields.dropLast().contains(where: { Float($0) == nil }) { return }
            }
            guard fields.count == fieldCount, let label = fields.last else {
                throw EngineError.badData(
                    path, line: number, "has \(fields.count) fields where the first line has \(fieldCount)")
            }
            for field in fields.dropLast() {
                guard let value = Float(field), value.isFinite else {
                    throw EngineError.badData(path, line: number, "'\(field)' is not a number")
                }
                features.append(value)
            }
            guard !label.isEmpty else { throw EngineError.badData(path, line: number, "has no label") }
            labels.append(label)
        }
        guard !labels.isEmpty else { throw EngineError.badData(path, "holds no examples") }
        return LabelledTable(columns: fieldCount - 1, features: features, labels: numbered(labels))
    }

    private static func text(_ field: Data.SubSequence) -> String {
        let trimmed = String(decoding: field, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        guard trimmed.count >= 2, trimmed.hasPrefix("\""), trimmed.hasSuffix("\"") else { return trimmed }
        return String(trimmed.dropFirst().dropLast())
    }

    private static func numbered(_ labels: [String]) -> [Float] {
        let values = labels.compactMap { Float($0) }.filter(\.isFinite)
        if values.count == labels.count { return values }
        let known = Set(labels).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Float($0)) })
        return labels.map { numbers[$0] ?? 0 }
    }
}
