import Foundation

/// Reads the sparse text format of LIBSVM: `label index:value index:value ...`, indices from 1, ascending.
public enum LIBSVMFile {
    /// Reads a file as a dense table whose labels are as written.
    ///
    /// - Parameter path: the file.
    /// - Returns: the table; features that no line names are zero.
    /// - Throws: `EngineError` with the line when something is not a number, an index is below 1 or out of order,
    ///   or the dense table would be too large.
    public static func read(_ path: String) throws -> LabelledTable {
        let data = try DataFile.contents(path)
        var labels: [Float] = []
        var entries: [(row: Int, column: Int, value: Float)] = []
        var columns = 0
        try DataFile.lines(of: data) { number, line in
            let text = line.prefix { $0 != 0x23 }  // a comment after '#'
            let fields = text.split { $0 == 0x20 || $0 == 0x09 }
            guard let first = fields.first else { return }
            guard let label = Float(String(decoding: first, as: UTF8.self)), label.isFinite else {
                throw EngineError.badData(
                    path, line: number, "'\(String(decoding: first, as: UTF8.self))' is not a label",
                    why: "a line is 'label index:value ...' with a number first")
            }
            var last = 0
            for field in fields.dropFirst() {
                let parts = field.split(separator: 0x3A, omittingEmptySubsequences: false)
                guard parts.count == 2, let index = Int(String(decoding: parts[0], as: UTF8.self)),
                    let value = Float(String(decoding: parts[1], as: UTF8.self)), value.isFinite
                else {
                    throw EngineError.badData(
                        path, line: number, "'\(String(decoding: field, as: UTF8.self))' is not 'index:value'"
                    )
                }
                guard index > last else {
                    throw EngineError.badData(
                        path, line: number, "index \(index) after \(last)",
                        why: "indices start at 1 and ascend")
                }
                last = index
                entries.append((labels.count, index - 1, value))
            }
            columns = max(columns, last)
            labels.append(label)
        }
        guard !labels.isEmpty, columns > 0 else { throw EngineError.badData(path, "holds no examples") }
        guard columns <= LabelledTable.largest / labels.count else {
            throw EngineError.badData(
                path, "\(labels.count) examples of \(columns) features are too many",
                why: "the table is kept dense")
        }
        var features = [Float](repeating: 0, count: labels.count * columns)
        for entry in entries { features[entry.row * columns + entry.column] = entry.value }
        return LabelledTable(columns: columns, features: features, labels: labels)
    }
}
