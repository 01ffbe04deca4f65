internal import Engine
internal import Foundation

/// The bytes of a library that nobody but its owner and root can have put there.
///
/// A library runs with all rights of the user, so it is loaded only when neither it nor the way to it can be changed by
/// somebody else: every folder from the root down belongs to root or the user and is not writable by group or others
/// (a sticky folder such as `/tmp` is fine on the way, not as the library's own), and so does the file. The path is
/// resolved first and then walked folder by folder without following links, each checked through its open descriptor,
/// so that what was checked is what is read. The bytes are read once; hash and loading use this copy.
struct LibraryFile {
    /// Absolute path without symbolic links.
    let path: String
    /// What is in it.
    let bytes: [UInt8]

    /// Larger files are no plugins.
    private static let largest = 256 << 20
    /// `O_PATH`: a descriptor to look through, also of folders that cannot be listed.
    private static let lookOnly: Int32 = 0o10_000_000

    /// Opens, checks and reads a library.
    ///
    /// - Parameters:
    ///   - name: its path.
    ///   - user: who may own it beside root; default this process's user.
    /// - Throws: `EngineError` `plugin-not-found`, `plugin-not-trusted` or `plugin-not-a-library`.
    init(_ name: String, user: uid_t = geteuid()) throws {
        guard let resolved = realpath(name, nil) else {
            throw LibraryFailure.notFound(name, why: Self.text(errno))
        }
        defer { free(resolved) }
        path = String(cString: resolved)
        let descriptor = try Self.open(path, user: user)
        defer { close(descriptor) }
        bytes = try Self.read(descriptor, path)
        try Self.checkFormat(bytes, path)
    }

    private static func open(_ path: String, user: uid_t) throws -> Int32 {
        let components = path.split(separator: "/").map(String.init)
        var folder = Foundation.open("/", lookOnly | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        var place = ""
        try check(folder, "/", in: path, user: user, isOwnFolder: components.count == 1)
        for (index, name) in components.dropLast().enumerated() {
            let next = openat(folder, name, lookOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw LibraryFailure.notFound(path, why: text(errno)) }
            close(folder)
            folder = next
            place += "/" + name
            try check(folder, place, in: path, user: user, isOwnFolder: index == components.count - 2)
        }
        // Without O_NONBLOCK a named pipe would wait for a writer.
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = openat(folder, components.last ?? ".", flags)
        guard file >= 0 else { throw LibraryFailure.notFound(path, why: text(errno)) }
        do { try check(file, path, in: path, user: user, isOwnFolder: true) } catch {
            close(file)
            throw error
        }
        return file
    }

    /// Checks owner and mode of an open file or folder.
    private static func check(
        _ descriptor: Int32, _ place: String, in path: String, user: uid_t, isOwnFolder: Bool
    ) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw LibraryFailure.notFound(path, why: text(errno)) }
        guard status.st_uid == 0 || status.st_uid == user else {
            throw LibraryFailure.notTrusted(
                path, why: "'\(place)' belongs to user \(status.st_uid), not to you or root",
                help: "copy the library into a folder of your own")
        }
        let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_ISVTX != 0
        guard status.st_mode & 0o022 == 0 || (isSticky && !isOwnFolder) else {
            throw LibraryFailure.notTrusted(
                path, why: "'\(place)' may be written to by group or others",
                help: isSticky
                    ? "copy the library into a folder of your own" : "run: chmod go-w '\(place)'")
        }
    }

    private static func read(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LibraryFailure.notALibrary(path, why: "it is no regular file")
        }
        guard status.st_size <= largest else {
            throw LibraryFailure.notALibrary(path, why: "it has \(status.st_size) bytes, more than 256 MiB")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw LibraryFailure.notFound(path, why: "it changes while it is read") }
            done += count
        }
        return bytes
    }

    /// Looks at the ELF header, for a clearer message than the loader's.
    private static func checkFormat(_ bytes: [UInt8], _ path: String) throws {
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw LibraryFailure.notALibrary(path, why: "it does not begin with an ELF header")
        }
        guard bytes[4] == 2, bytes[5] == 1 else {
            throw LibraryFailure.notALibrary(path, why: "it is not a 64-bit little-endian one")
        }
        let (type, machine) = (Int(bytes[16]) | Int(bytes[17]) << 8, Int(bytes[18]) | Int(bytes[19]) << 8)
        guard type == 3 else {
            throw LibraryFailure.notALibrary(
                path, why: "its ELF type is \(type), not that of a shared object, 3")
        }
        #if arch(x86_64)
            let expected = 62
        #elseif arch(arm64)
            let expected = 183
        #else
            let expected = machine
        #endif
        guard machine == expected else {
            throw LibraryFailure.notALibrary(
                path, why: "it is for ELF machine \(machine), and this one is \(expected)")
        }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
