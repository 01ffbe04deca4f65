import Foundation
import Tuner

/// Sweep files named on the command line.
enum SweepFile {
    /// Reads a file; `-` is standard input, with relative paths taken from the current folder.
    static func load(_ path: String) throws -> SweepSource {
        guard path == "-" else { return try SweepSource(contentsOf: URL(fileURLWithPath: path), named: path) }
        let bytes = try FileHandle.standardInput.read(upToCount: (1 << 20) + 1) ?? Data()
        let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
        return try SweepSource(bytes: bytes, file: "<stdin>", directory: current)
    }
}
