import Foundation

/// A bounded log in an attempt directory, made when the first line comes.
///
/// When the limit is reached the file is started again, with a line that says so: the newest output is what explains
/// an end. Not for use from two threads at once.
struct LogFile: ~Copyable {
    private let directory: AttemptDirectory
    private let name: String
    private let limit: Int
    private var descriptor: Int32 = -1
    private var size = 0
    private var isBroken = false

    /// - Parameters:
    ///   - directory: made when the first line comes.
    ///   - name: of the file.
    ///   - limit: bytes of the largest file.
    init(_ directory: AttemptDirectory, _ name: String, limit: Int = 8 * 1024 * 1024) {
        self.directory = directory
        self.name = name
        self.limit = limit
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends a line. A log that cannot be written is given up: the trial matters more.
    mutating func add(_ line: [UInt8]) {
        guard !isBroken, ensureOpen() else { return }
        if size + line.count + 1 > limit {
            guard ftruncate(descriptor, 0) == 0 else { return isBroken = true }
            size = 0
            append(Array("[older output was dropped: the log had \(limit) bytes]\n".utf8))
        }
        append(line + [UInt8(ascii: "\n")])
    }

    private mutating func append(_ bytes: [UInt8]) {
        let count = write(descriptor, bytes, bytes.count)
        if count < 0 { isBroken = errno != EINTR }
        size += max(0, count)
    }

    private mutating func ensureOpen() -> Bool {
        if descriptor >= 0 { return true }
        try? directory.make()
        descriptor = open(directory.file(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        isBroken = descriptor < 0
        return !isBroken
    }
}
