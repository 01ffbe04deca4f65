/// Paths of Unix sockets and their limit.
public enum SocketPath {
    /// Longest path in bytes: the kernel's field has 108, one is the final zero.
    public static let longest = 107

    /// Refuses a path the kernel would cut off.
    ///
    /// - Parameter path: a socket's path.
    /// - Throws: `usage`, with both lengths.
    public static func check(_ path: String) throws {
        guard !path.isEmpty else { throw TunerError(.usage, "the socket path is empty") }
        guard !path.utf8.contains(0) else { throw TunerError(.usage, "the socket path contains a zero byte") }
        let length = path.utf8.count
        guard length <= longest else {
            throw TunerError(
                .usage, "socket path '\(path)' is too long",
                why: "it has \(length) bytes; the system allows \(longest)",
                help: "name a shorter one with --socket or TUNERD_SOCKET")
        }
    }

    /// Where the daemon of this user listens: `$XDG_RUNTIME_DIR/tunerd/tunerd.sock`, for root
    /// `/run/tunerd/tunerd.sock`, without a runtime folder `/tmp/tunerd-<uid>/tunerd.sock`.
    ///
    /// - Parameters:
    ///   - environment: of the process.
    ///   - userID: effective user.
    /// - Returns: the path.
    public static func standard(environment: [String: String], userID: UInt32) -> String {
        if let folder = environment["XDG_RUNTIME_DIR"], folder.hasPrefix("/") {
            return folder + "/tunerd/tunerd.sock"
        }
        return userID == 0 ? "/run/tunerd/tunerd.sock" : "/tmp/tunerd-\(userID)/tunerd.sock"
    }
}
