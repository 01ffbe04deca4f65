import CTunerSystem
public import Foundation
import GRDB

/// Everything the tuner knows, in one SQLite database: sweeps, trials, attempts, observations, fronts, laws, events.
///
///     let store = try Store(at: folder.appending(path: "tunerd.sqlite"))
///     store.uuid            // "9b1c2f04-..."; its first eight characters name the attempts
///     try store.close()
///
/// - WAL with `synchronous = FULL`: what a call has answered survives a power loss.
/// - A lock file beside the database is held from before the database is opened until `close`, so there is one
///   daemon for a database.
/// - Every change is one transaction; changes asked for at the same time share a commit (`GroupCommit`).
/// - Failures are `TunerError`: `conflict` when another process holds the store, `cannotWrite` when there is no
///   room or no permission (worth trying again later), `failed` for everything else.
public final class Store: Sendable {
    /// Where the database is.
    public let path: URL
    /// Identity of this store, made with it.
    public let uuid: String
    /// What the user should know about the place of the store.
    public let health: [ServiceStatus.HealthItem]

    /// Opened to read: changes throw `conflict`.
    public let isReadOnly: Bool

    let pool: DatabasePool
    let writer: GroupCommit
    private let lock: StoreLock?

    /// Opens a store, makes it when there is none, and brings its schema up to date.
    ///
    /// - Parameter path: the database file; its folder is made (0700) when it is missing.
    /// - Throws: `conflict` naming the process that holds it; `badConfiguration` naming the schema when a newer
    ///   program has written it; `cannotWrite` or `failed` when it cannot be opened.
    public init(at path: URL) throws(TunerError) {
        self.path = path
        isReadOnly = false
        let folder = path.deletingLastPathComponent()
        let lock = try StoreLock(beside: path, folder: folder)
        self.lock = lock
        do {
            let database = try Self.open(path)
            try StoreMigrations.apply(to: database, path: path.path)
            // The pool sets NORMAL while it opens, so FULL is set afterwards, and read back.
            let durable = try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                return try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2
            }
            guard durable else {
                throw TunerError(
                    .failed,
                    "the store '\(path.path)' cannot be made durable: SQLite keeps synchronous below FULL")
            }
            uuid = try database.read { db in try String.fetchOne(db, sql: "SELECT uuid FROM store") ?? "" }
            pool = database
        } catch {
            lock.release()
            throw StoreFailure.error(error, doing: "open the store '\(path.path)'")
        }
        writer = GroupCommit(pool: pool, path: path.path)
        health = Self.placeHealth(folder)
    }

    /// Opens a store to read, beside a daemon that may be writing; takes no lock and changes nothing.
    ///
    /// - Parameter path: the database file.
    /// - Throws: `notFound` when there is none; `badConfiguration` when another program version wrote its schema.
    public init(reading path: URL) throws(TunerError) {
        guard FileManager.default.fileExists(atPath: path.path) else {
            throw TunerError(
                .notFound, "there is no store '\(path.path)'", help: "tunerd run and tunerd serve make one")
        }
        self.path = path
        isReadOnly = true
        lock = nil
        do {
            var configuration = Configuration()
            configuration.label = "store"
            configuration.busyMode = .timeout(5)
            configuration.readonly = true
            pool = try DatabasePool(path: path.path, configuration: configuration)
            try StoreMigrations.check(pool, path: path.path)
            uuid = try pool.read { db in try String.fetchOne(db, sql: "SELECT uuid FROM store") ?? "" }
        } catch {
            throw StoreFailure.error(error, doing: "read the store '\(path.path)'")
        }
        writer = GroupCommit(pool: pool, path: path.path)
        health = Self.placeHealth(path.deletingLastPathComponent())
    }

    /// Closes the database and lets go of the lock. Nothing may be called afterwards.
    public func close() throws(TunerError) {
        do { try pool.close() } catch { throw StoreFailure.error(error, doing: "close the store") }
        lock?.release()
    }

    /// The name every engine accepts: `td-<8 hex of the store>-<trial>-<attempt>`. `trial` is the number of the
    /// trial in the store, not in its sweep, so that no two attempts of a store share a name.
    func attemptName(trialID: Int64, attempt: Int) -> String {
        "td-\(uuid.filter { $0 != "-" }.prefix(8))-\(trialID)-\(attempt)"
    }

    /// Reads at one moment; never sees half a change.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value)
        async throws(TunerError)
        -> Value
    {
        // In a task of its own: a caller that is being cancelled still has to learn where things stand.
        do { return try await Task { [pool] in try await pool.read(body) }.value } catch {
            throw StoreFailure.error(error, doing: "read the store")
        }
    }

    private static func open(_ path: URL) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        // SQLite gives its journals the mode of the database, so the file is made first.
        let file = Foundation.open(path.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if file >= 0 { Foundation.close(file) }
        return try DatabasePool(path: path.path, configuration: configuration)
    }

    private static func placeHealth(_ folder: URL) -> [ServiceStatus.HealthItem] {
        guard let kind = tuner_network_file_system(folder.path) else { return [] }
        return [
            .init(
                code: "network-file-system",
                text: "the store lies on a network file system (\(String(cString: kind))), where SQLite's "
                    + "write-ahead log is not safe; move '\(folder.path)' to a local disk")
        ]
    }
}
