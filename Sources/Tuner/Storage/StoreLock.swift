import CTunerSystem
import Foundation
import Synchronization

/// The lock file beside a database: one process at a time, whatever happened to the one before.
///
/// The lock belongs to the open file, so it goes with the process that held it; the file itself stays, because
/// removing it would let two processes lock two different files of the same name.
final class StoreLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Takes the lock.
    ///
    /// - Parameters:
    ///   - database: the database; the lock is `<database>.lock`.
    ///   - folder: made (0700) when it is missing.
    /// - Throws: `conflict` naming the holder's process id; `cannotWrite` when the folder or file cannot be made.
    init(beside database: URL, folder: URL) throws(TunerError) {
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw TunerError(
                .cannotWrite, "cannot make the folder '\(folder.path)' of the store",
                why: "\(error.localizedDescription)")
        }
        let path = database.path + ".lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw TunerError(
                .cannotWrite, "cannot open the lock file '\(path)'", why: String(cString: strerror(errno)),
                help: "give a store path in a folder this user can write to")
        }
        if let why = Self.lock(file) {
            let holder = Self.readHolder(file)
            Foundation.close(file)
            guard why == EWOULDBLOCK else {
                throw TunerError(.cannotWrite, "cannot lock '\(path)'", why: String(cString: strerror(why)))
            }
            throw TunerError(
                .conflict, "the store '\(database.path)' is in use by process \(holder ?? "unknown")",
                why: "one daemon works on a store at a time",
                help: "talk to the running daemon, or stop it first")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, text, text.count, 0)
        descriptor = Mutex(file)
    }

    deinit { release() }

    /// Lets another process in.
    func release() {
        descriptor.withLock { file in
            if let open = file {
                tuner_unlock_file(open)
                Foundation.close(open)
            }
            file = nil
        }
    }

    /// Locks a file; answers the error number when it cannot be locked.
    ///
    /// A holder that was killed while it started a child is followed for a moment by that child, which closes what it
    /// inherited when its program begins: hence a few tries.
    private static func lock(_ file: Int32) -> Int32? {
        for attempt in 1... {
            if tuner_lock_file(file) == 0 { return nil }
            guard errno == EWOULDBLOCK, attempt < 10 else { break }
            usleep(20_000)
        }
        return errno
    }

    private static func readHolder(_ file: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)).map { String($0) }
    }
}
