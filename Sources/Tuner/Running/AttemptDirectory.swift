import Foundation

/// The folder of one attempt (0700): what the worker leaves there, and how the daemon reads it.
///
///     spec.json  observations.jsonl  stdout  stderr  worker.log  exit.json  result.json
///
/// Everything read is bounded, and symbolic links and foreign owners are refused: the program of a command trial can
/// write here.
struct AttemptDirectory: Sendable {
    /// Absolute path.
    let path: String

    /// Bytes of the largest result or observations file that is read.
    static let largestRead = 64 * 1024 * 1024

    /// Path of a file in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// Makes the folder and those above it, readable by nobody else.
    func make() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Writes a file so that it is there whole or not at all: temporary file, fsync, rename, fsync of the folder.
    func write(_ data: Data, to name: String) throws {
        let temporary = file(".\(name).\(getpid())")
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("make", temporary) }
        var error: TunerError?
        data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, error == nil {
                let count = Foundation.write(
                    descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0 && errno != EINTR { error = failure("write", temporary) }
                done += max(0, count)
            }
        }
        if error == nil, fsync(descriptor) != 0 { error = failure("write", temporary) }
        close(descriptor)
        if error == nil, rename(temporary, file(name)) != 0 { error = failure("write", file(name)) }
        if let error {
            unlink(temporary)
            throw error
        }
        let folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// The complete result the worker has left, or `nil`. An interrupted attempt has none.
    func result() -> AttemptResult? {
        guard let data = read("result.json", limit: 1024 * 1024),
            let record = try? TrialProtocol.decoder().decode(FinishedRecord.self, from: data),
            let result = record.result, result != .interrupted
        else { return nil }
        return result
    }

    /// The observations the worker has left, by sequence, up to the last whole line; unreadable lines are skipped.
    func observations() -> [Observation] {
        guard let data = read("observations.jsonl", limit: Self.largestRead),
            let end = data.lastIndex(of: UInt8(ascii: "\n"))
        else { return [] }
        let lines = data[data.startIndex...end].split(separator: UInt8(ascii: "\n"))
        let decoder = TrialProtocol.decoder()
        return lines.compactMap { try? decoder.decode(Observation.self, from: $0) }
    }

    /// The end of the trial's output: standard output, then standard error, then what the worker itself said.
    func logTail(bytes: Int) -> String {
        let parts = ["stdout", "stderr", "worker.log"].compactMap { name -> (String, Data)? in
            guard let data = readTail(name, bytes: bytes), !data.isEmpty else { return nil }
            return (name, data)
        }
        guard parts.count > 1 else { return parts.first.map { String(decoding: $0.1, as: UTF8.self) } ?? "" }
        let share = bytes / parts.count - 64
        return parts.map { name, data in
            "==> \(name) <==\n" + String(decoding: data.suffix(share), as: UTF8.self)
        }.joined(separator: "\n")
    }

    private func read(_ name: String, limit: Int) -> Data? {
        guard let handle = openOwn(name) else { return nil }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd(), size <= limit, (try? handle.seek(toOffset: 0)) != nil else {
            return nil
        }
        return try? handle.readToEnd()
    }

    private func readTail(_ name: String, bytes: Int) -> Data? {
        guard let handle = openOwn(name) else { return nil }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd() else { return nil }
        guard (try? handle.seek(toOffset: size > bytes ? size - UInt64(bytes) : 0)) != nil else { return nil }
        return try? handle.read(upToCount: bytes)
    }

    /// Opens a regular file of this user; no links.
    private func openOwn(_ name: String) -> FileHandle? {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_uid == geteuid(), info.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private func failure(_ action: String, _ path: String) -> TunerError {
        let why = String(cString: strerror(errno))
        return TunerError(.cannotWrite, "cannot \(action) '\(path)'", why: why, help: "is the disk full?")
    }
}
