public import Foundation

extension SweepSource {
    /// A source from the bytes of a file or of a request.
    ///
    /// - Parameters:
    ///   - bytes: must be UTF-8.
    ///   - file: how diagnostics name the file.
    ///   - directory: the folder relative paths are taken from.
    /// - Throws: `invalidSweep` when the bytes are not UTF-8 or more than 1 MiB.
    public init(bytes: Data, file: String, directory: URL) throws(TunerError) {
        guard bytes.count <= SourceText.largestFile else {
            var problems = DiagnosticList(SourceText(file: file, text: ""))
            problems.add(.fileTooLarge(bytes.count, limit: SourceText.largestFile), at: .start)
            throw SweepReader.error(problems.sorted, file: file)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SweepReader.error([Self.firstBadByte(of: bytes, file: file)], file: file)
        }
        self.init(text: text, file: file, directory: directory)
    }

    /// A source from a file; relative paths in it are taken from its folder.
    ///
    /// - Parameters:
    ///   - url: the file; read no further than its first mebibyte.
    ///   - name: how diagnostics name it; default the path as given.
    /// - Throws: `failed` when the file cannot be read, `invalidSweep` when it is too large or not UTF-8.
    public init(contentsOf url: URL, named name: String? = nil) throws(TunerError) {
        let file = name ?? url.relativePath
        let bytes: Data
        do {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: SourceText.largestFile + 1) ?? Data()
        } catch {
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
            let exists = FileManager.default.fileExists(atPath: url.path)
            throw TunerError(
                .failed, "cannot read sweep file '\(file)'",
                why: isFolder ? "it is a folder" : exists ? "it may not be read" : "there is no such file")
        }
        let directory = url.absoluteURL.standardizedFileURL.deletingLastPathComponent()
        try self.init(bytes: bytes, file: file, directory: directory)
    }

    private static func firstBadByte(of bytes: Data, file: String) -> SweepDiagnostic {
        var good = ""
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        scan: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): good.unicodeScalars.append(scalar)
            case .emptyInput, .error: break scan
            }
        }
        let offset = good.utf8.count
        let byte = offset < bytes.count ? bytes[bytes.startIndex + offset] : 0
        let source = SourceText(file: file, text: good + "\u{FFFD}")
        let line = source.lines.count
        var problems = DiagnosticList(source)
        problems.add(
            .badEncoding(byte), at: SourcePlace(line: line, column: source.lines[line - 1].count, length: 1))
        return problems.sorted[0]
    }
}
