import CTunerSystem
import Foundation
import NIOCore
import Tuner

/// A bound Unix socket file: made with its final mode, never taken from a daemon that answers, removed only while it
/// is still ours.
///
/// The umask makes the mode at the moment of binding; a chmod afterwards would leave a window. The caller holds the
/// lock beside the database, so two daemons of one store cannot race here.
struct SocketListener {
    /// Who may open the socket.
    enum Sharing: Sendable {
        /// Folder 0700, socket 0600.
        case owner
        /// Folder 0750, socket 0660.
        case group

        var folderMode: mode_t { self == .owner ? 0o700 : 0o750 }
        var umask: mode_t { self == .owner ? 0o177 : 0o117 }
    }

    /// Where it is.
    let path: String
    /// The bound descriptor, not yet listening.
    let descriptor: CInt
    private let device: UInt64
    private let inode: UInt64

    /// Binds.
    ///
    /// - Parameters:
    ///   - path: of the socket.
    ///   - sharing: who may open it.
    /// - Throws: `conflict` when a daemon answers there, `badConfiguration` for a place that cannot be used.
    init(path: String, sharing: Sharing) throws {
        try SocketPath.check(path)
        self.path = path
        try Self.prepareFolder(of: path, mode: sharing.folderMode)
        try Self.clearStale(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("no socket can be made") }
        let before = umask(sharing.umask)
        let result = Self.withAddress(path) { bind(descriptor, $0, $1) }
        let reason = errno
        umask(before)
        var info = stat()
        guard result == 0, lstat(path, &info) == 0 else {
            close(descriptor)
            throw Self.failure("socket '\(path)' cannot be bound", reason: reason)
        }
        self.descriptor = descriptor
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
    }

    /// Removes the file if it is still the one that was bound.
    func remove() {
        var info = stat()
        if lstat(path, &info) == 0, UInt64(info.st_dev) == device, UInt64(info.st_ino) == inode {
            unlink(path)
        }
    }

    private static func prepareFolder(of path: String, mode: mode_t) throws {
        let folder = (path as NSString).deletingLastPathComponent
        if folder.isEmpty { return }
        var info = stat()
        if lstat(folder, &info) != 0 {
            let parent = (folder as NSString).deletingLastPathComponent
            if !parent.isEmpty {
                try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            }
            let before = umask(0)
            let made = mkdir(folder, mode)
            let reason = errno
            umask(before)
            guard made == 0 || reason == EEXIST else {
                throw failure("folder '\(folder)' of the socket cannot be made", reason: reason)
            }
            guard lstat(folder, &info) == 0 else { throw failure("folder '\(folder)' cannot be read") }
        }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            throw TunerError(
                .badConfiguration, "'\(folder)' is not a folder",
                why: info.st_mode & S_IFMT == S_IFLNK
                    ? "it is a symbolic link, which is not followed here" : nil)
        }
        // In a folder that others may change, they could put their own socket in our place.
        guard info.st_uid == geteuid() || info.st_uid == 0 else {
            throw TunerError(
                .badConfiguration, "folder '\(folder)' of the socket belongs to user \(info.st_uid)",
                help: "name another place with --socket")
        }
        guard info.st_mode & 0o022 == 0 || info.st_mode & S_ISVTX != 0 else {
            throw TunerError(
                .badConfiguration, "folder '\(folder)' of the socket is writable for others",
                help: "chmod go-w '\(folder)'")
        }
    }

    private static func clearStale(_ path: String) throws {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            let link = info.st_mode & S_IFMT == S_IFLNK
            throw TunerError(
                .badConfiguration, "'\(path)' is \(link ? "a symbolic link" : "not a socket")",
                why: "only a socket is ever replaced", help: "remove it, or name another place with --socket")
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw failure("no socket can be made") }
        defer { close(probe) }
        let answered = withAddress(path) { connect(probe, $0, $1) } == 0
        let reason = errno
        if answered {
            throw TunerError(
                .conflict, "a daemon already answers on '\(path)'",
                help: "use it, stop it, or name another place with --socket")
        }
        guard reason == ECONNREFUSED else {
            throw failure("socket '\(path)' cannot be probed", reason: reason)
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw failure("stale socket '\(path)' cannot be removed")
        }
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            // The length was checked: the field keeps its final zero.
            for (index, byte) in path.utf8.prefix(field.count - 1).enumerated() { field[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ what: String, reason: CInt = errno) -> TunerError {
        TunerError(.badConfiguration, what, why: String(cString: strerror(reason)))
    }
}
