import Foundation

/// A file of finished runs: a header, and a line for each run.
///
///     let table = try RunTable(contentsOf: "runs.csv")
///     table.columns          // ["cell", "N", "D", "lr", "loss"]
///
/// Nothing is converted: `RunReader` reads what a `ColumnMapping` names.
public struct RunTable: Sendable {
    /// Tables over this size are refused.
    static let largestFile = 64 << 20

    /// How messages name the file.
    public let file: String
    /// Column names in their order, without spaces around them.
    public let columns: [String]
    /// What is between fields.
    let separator: Character
    /// How numbers are written.
    let numbers: TableNumbers
    private let fields: DelimitedFields

    /// Reads a table.
    ///
    /// - Parameters:
    ///   - path: the file; `-` is standard input.
    ///   - separator: one ASCII character; `nil`: a tab for a name that ends in `.tsv`, else a comma.
    /// - Throws: `failed` when the file cannot be read, `tooLarge` over 64 MiB, `invalidTable` when it is no table.
    public init(contentsOf path: String, separator: Character? = nil) throws(TunerError) {
        let bytes: Data
        do {
            let url = URL(fileURLWithPath: path)
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: url)
            defer { if path != "-" { try? handle.close() } }
            bytes = try handle.read(upToCount: Self.largestFile + 1) ?? Data()
        } catch {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            throw TunerError(
                .failed, "cannot read table '\(path)'",
                why: isFolder.boolValue
                    ? "it is a folder" : exists ? "it may not be read" : "there is no such file")
        }
        guard bytes.count <= Self.largestFile else {
            throw TunerError(
                .tooLarge, "table '\(path)' is larger than 64 MiB", help: "leave out columns or rows")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TunerError(
                .invalidTable, "table '\(path)' is not UTF-8", help: "convert it: iconv -t utf-8 FILE")
        }
        let isTabbed = path.lowercased().hasSuffix(".tsv")
        try self.init(
            text: text, file: path == "-" ? "<stdin>" : path, separator: separator ?? (isTabbed ? "\t" : ","))
    }

    /// Reads a table from its text.
    ///
    /// - Parameters:
    ///   - text: header and rows.
    ///   - file: how messages name it.
    ///   - separator: one ASCII character.
    /// - Throws: `invalidTable` when it is no table, `usage` for a separator that cannot separate.
    public init(text: String, file: String, separator: Character = ",") throws(TunerError) {
        guard let byte = separator.asciiValue, !"\"\r\n".contains(separator) else {
            throw TunerError(
                .usage, "'\(separator)' cannot separate fields", help: "take one character such as ',' or ';'"
            )
        }
        self.file = file
        self.separator = separator
        let fields: DelimitedFields
        do {
            fields = try DelimitedFields(Array(text.utf8), separator: byte)
        } catch {
            throw Self.error([Self.diagnostic(error, file: file, text: text)], file: file)
        }
        guard fields.count > 0 else {
            throw TunerError(
                .invalidTable, "table '\(file)' is empty", help: "the first line names the columns")
        }
        let width = fields.width(of: 0)
        columns = (0..<width).map { fields.text(0, $0).trimmingCharacters(in: .whitespaces) }
        self.fields = fields
        numbers = TableNumbers(fields)
        let uneven = rows.filter { $0.count != width }
        guard uneven.isEmpty else {
            throw error(
                uneven.map { row in
                    (
                        SourcePlace(line: row.line, column: 1, length: 1),
                        .fieldCount(row.count, header: width)
                    )
                })
        }
    }

    // MARK: - Rows

    /// The fields of every run.
    var rows: Rows { Rows(fields: fields) }

    /// The text of a field.
    func text(_ row: Int, _ column: Int) -> String { fields.text(row + 1, column) }

    /// The line a row begins on.
    func line(_ row: Int) -> Int { fields.line(of: row + 1) }

    /// The bytes of a row, to tell whether two are the same.
    func bytes(_ row: Int) -> ArraySlice<UInt8> { fields.bytes[fields.range(of: row + 1)] }

    /// The rows below the header.
    struct Rows: RandomAccessCollection {
        fileprivate let fields: DelimitedFields

        var startIndex: Int { 0 }
        var endIndex: Int { fields.count - 1 }

        subscript(position: Int) -> Row { Row(fields: fields, record: position + 1) }
    }

    /// One row; its fields are made when they are asked for.
    struct Row: RandomAccessCollection {
        fileprivate let fields: DelimitedFields
        fileprivate let record: Int

        var startIndex: Int { 0 }
        var endIndex: Int { fields.width(of: record) }
        var line: Int { fields.line(of: record) }

        /// All fields with their places.
        var all: [DelimitedText.Field] { fields.fields(of: record) }

        subscript(column: Int) -> DelimitedText.Field { all[column] }
    }

    /// Where a column stands.
    ///
    /// - Parameters:
    ///   - column: its name in the header.
    ///   - asked: what it was named for, for the message: `--column learning_rate`.
    /// - Returns: its index.
    /// - Throws: `usage` when there is none, or more than one, of that name.
    func index(of column: String, asked: String) throws(TunerError) -> Int {
        let found = columns.indices.filter { columns[$0] == column }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw TunerError(
                .usage, "table '\(file)' has \(found.count) columns '\(column)', which \(asked) names",
                help: "give every column a name of its own")
        }
        let other = columns.count == 1 ? [";", "\t", "|"].first(where: columns[0].contains) : nil
        let help = other.map {
            "the header has no separator; is it --separator '\($0 == "\t" ? "\\t" : $0)'?"
        }
        let words = DiagnosticMessage.list(columns.map(DiagnosticMessage.shown))
        throw TunerError(
            .usage, "table '\(file)' has no column \(DiagnosticMessage.quoted(column)), which \(asked) names",
            why: "its columns are \(words)",
            help: help ?? DiagnosticMessage.didYouMean(column, columns))
    }

    /// An error over places of the file.
    func error(_ problems: [(place: SourcePlace, message: DiagnosticMessage)]) -> TunerError {
        let text = String(decoding: fields.bytes, as: UTF8.self)
        var list = DiagnosticList(SourceText(file: file, text: text))
        // A column of the wrong kind is one mistake with a thousand places: two of them are shown.
        var seen: [String: Int] = [:]
        for problem in problems {
            let kind = "\(problem.message.code) \(problem.message.why ?? "")"
            seen[kind, default: 0] += 1
            if seen[kind, default: 0] <= 2 { list.add(problem.message, at: problem.place) }
        }
        return Self.error(list.sorted, file: file, count: problems.count)
    }

    private static func error(
        _ diagnostics: [SweepDiagnostic], file: String, count: Int? = nil
    ) -> TunerError {
        let count = count ?? diagnostics.count
        let hidden = count - diagnostics.count
        return TunerError(
            .invalidTable, "table '\(file)' has \(count) problem\(count == 1 ? "" : "s")",
            why: hidden > 0 ? "\(hidden) more are like those shown" : nil, diagnostics: diagnostics)
    }

    private static func diagnostic(
        _ problem: DelimitedText.Problem, file: String, text: String
    ) -> SweepDiagnostic {
        var list = DiagnosticList(SourceText(file: file, text: text))
        switch problem {
        case .unclosedQuote(let place): list.add(.unclosedQuote, at: place)
        case .textAfterQuote(let place): list.add(.textAfterQuote, at: place)
        }
        return list.sorted[0]
    }
}
