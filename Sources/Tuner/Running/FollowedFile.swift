import Foundation

/// A file that is read while a program writes it, whatever the program does to it.
///
///     let file = FollowedFile(path)
///     file.read { event in ... }       // now and then
///     file.finish { event in ... }     // once nobody writes any more
///
/// - A file that is not there is waited for; what stood in it before is not read.
/// - A line is handed out once its newline is there. What is left at the end is the last line.
/// - Another file under the same name (a rotation, or a temporary file renamed onto it) is read from its beginning after
///   the old one was read to its end.
/// - A file that is shorter than what was read of it was cut: it is read from its beginning, and a half line before the
///   cut is forgotten. A program that cuts it and writes more than before between two looks cannot be told from one that
///   appends.
final class FollowedFile {
    /// What is found.
    enum Event: Hashable {
        /// A line of at most 64 KiB, without its line end; what is longer is cut.
        case line([UInt8])
        /// What follows stands at the beginning of a file.
        case restart
    }

    /// Why nothing can be read.
    enum Trouble: Hashable {
        case missing
        case notAFile
        case unreadable(String)
    }

    let path: String
    /// What the last look met with; `nil` once the file could be read.
    private(set) var trouble: Trouble? = .missing
    /// The first line of a file that was there before, where a table has the names of its columns.
    let firstLineBefore: [UInt8]?

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t
        init(_ info: stat) { (device, inode) = (info.st_dev, info.st_ino) }
    }
    private var descriptor: Int32 = -1
    private var identity: Identity?
    private var offset = 0
    private var splitter = LineSplitter()

    /// Bytes of one look, so that a large file does not keep its reader from other work.
    private static let bytesPerLook = 1 << 20
    /// Files of one name in one look.
    private static let filesPerLook = 8

    /// Begins behind what stands in the file now.
    ///
    /// - Parameter path: absolute; a link is followed.
    init(_ path: String) {
        self.path = path
        let old = Self.openFile(path)
        var first: [UInt8]?
        if case .success(let (descriptor, info)) = old {
            (self.descriptor, identity, offset) = (descriptor, Identity(info), Int(info.st_size))
            trouble = nil
            first = Self.firstLine(of: descriptor)
        }
        firstLineBefore = first
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Hands out what has come since the last look.
    func read(_ onEvent: (Event) -> Void) { look(limit: Self.bytesPerLook, onEvent) }

    /// Hands out what is left, the last line too when it has no newline.
    func finish(_ onEvent: (Event) -> Void) {
        look(limit: .max, onEvent)
        splitter.finish { onEvent(.line($0)) }
    }

    private func look(limit: Int, _ onEvent: (Event) -> Void) {
        var left = limit
        for _ in 0..<Self.filesPerLook {
            guard descriptor >= 0 || open(onEvent) else { return }
            restartIfCut(onEvent)
            left -= readOpen(limit: left, onEvent)
            guard left > 0, isReplaced else { return }
            // Whoever replaced it has stopped writing to the old one, or is about to.
            left -= readOpen(limit: left, onEvent)
            guard left > 0 else { return }
            splitter.finish { onEvent(.line($0)) }
            close(descriptor)
            descriptor = -1
        }
    }

    /// Opens the file that has the name now.
    private func open(_ onEvent: (Event) -> Void) -> Bool {
        switch Self.openFile(path) {
        case .failure(let found):
            trouble = found.trouble
            return false
        case .success(let (descriptor, info)):
            let isAnother = identity != nil
            (self.descriptor, identity, offset, trouble) = (descriptor, Identity(info), 0, nil)
            splitter = LineSplitter()
            if isAnother { onEvent(.restart) }
            return true
        }
    }

    private func restartIfCut(_ onEvent: (Event) -> Void) {
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_size < offset else { return }
        offset = 0
        splitter = LineSplitter()
        onEvent(.restart)
    }

    /// Whether the name belongs to another file. A name that is gone may come back: the old file is read on.
    private var isReplaced: Bool {
        var info = stat()
        return stat(path, &info) == 0 && Identity(info) != identity
    }

    /// Reads to the end, or so many bytes; answers how many.
    private func readOpen(limit: Int, _ onEvent: (Event) -> Void) -> Int {
        var total = 0
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64 * 1024) { buffer in
            while total < limit {
                let count = pread(
                    descriptor, buffer.baseAddress, min(buffer.count, limit - total), off_t(offset))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                offset += count
                total += count
                splitter.add(UnsafeBufferPointer(rebasing: buffer[..<count])) { onEvent(.line($0)) }
            }
        }
        return total
    }

    private struct Failure: Error {
        var trouble: Trouble
    }

    /// Opens a regular file without waiting for a writer, as a pipe would make it do.
    private static func openFile(_ path: String) -> Result<(Int32, stat), Failure> {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            return .failure(
                Failure(
                    trouble: code == ENOENT || code == ENOTDIR
                        ? .missing : .unreadable(String(cString: strerror(code)))))
        }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return .failure(Failure(trouble: .notAFile))
        }
        return .success((descriptor, info))
    }

    private static func firstLine(of descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: TrialProtocol.longestLine)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0, let end = bytes[..<count].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var line = Array(bytes[..<end])
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}
