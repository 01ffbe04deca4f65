import Foundation

/// Reading data files with one clear error when that fails.
enum DataFile {
    /// The bytes of a file.
    static func contents(_ path: String) throws -> Data {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            if data.starts(with: [0x1F, 0x8B]) {
                throw EngineError.badData(
                    path, "is compressed", why: "it starts with the mark of gzip", help: "gunzip it first")
            }
            return data
        } catch let error as EngineError {
            throw error
        } catch {
            guard FileManager.default.fileExists(atPath: path) else { throw missing(path) }
            throw EngineError(
                code: "unreadable-data-file", message: "cannot read '\(path)'",
                why: "it is a folder, or its permissions forbid it")
        }
    }

    /// A path that leads nowhere.
    static func missing(_ path: String) -> EngineError {
        EngineError(
            code: "missing-data-file", message: "no file at '\(path)'",
            help: "relative paths are taken from the sweep file's folder")
    }

    /// Lines of bytes with their numbers from 1; empty ones are left out, a carriage return at the end is cut.
    static func lines(of data: Data, _ body: (_ number: Int, _ line: Data.SubSequence) throws -> Void)
        rethrows
    {
        var number = 0
        for line in data.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let trimmed = line.last == 0x0D ? line.dropLast() : line
            if trimmed.contains(where: { $0 != 0x20 && $0 != 0x09 }) { try body(number, trimmed) }
        }
    }
}
