import Foundation
import Tuner

/// Sweep files named on the command line.
enum SweepFile {
    /// Largest sweep file, in bytes.
    private static let largest = 1 << 20

    /// Reads a file; `-` is standard input, with relative paths taken from the current folder.
    static func load(_ path: String) throws -> SweepSource {
        let current = FileManager.default.currentDirectoryPath
        let handle: FileHandle
        let directory: URL
        if path == "-" {
            handle = .standardInput
            directory = URL(fileURLWithPath: current, isDirectory: true)
        } else {
            let url = URL(fileURLWithPath: path)
            do {
                handle = try FileHandle(forReadingFrom: url)
            } catch {
                throw TunerError(
                    .invalidSweep, "sweep file '\(path)' cannot be read",
                    why: FileManager.default.fileExists(atPath: path) ? "\(error)" : "there is no such file")
            }
            directory = url.deletingLastPathComponent().standardizedFileURL
        }
        let data: Data
        do {
            data = try handle.read(upToCount: largest + 1) ?? Data()
        } catch {
            throw TunerError(
                .invalidSweep, "sweep file '\(path)' cannot be read", why: "it is not a regular file")
        }
        guard data.count <= largest else {
            throw TunerError(.invalidSweep, "sweep file '\(path)' is larger than \(largest) bytes")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw TunerError(.invalidSweep, "sweep file '\(path)' is not UTF-8")
        }
        return SweepSource(text: text, file: path == "-" ? "<stdin>" : path, directory: directory)
    }
}
