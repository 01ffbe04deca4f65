import Foundation
import GRDB

/// Turns what SQLite and the file system say into the one error type.
enum StoreFailure {
    /// - Parameters:
    ///   - error: anything thrown inside the store; a `TunerError` passes unchanged.
    ///   - action: what was tried, completing "cannot ...".
    /// - Returns: `cannotWrite` for want of room or permission, which may pass; `failed` otherwise.
    static func error(_ error: any Error, doing action: String) -> TunerError {
        if let error = error as? TunerError { return error }
        guard let failure = error as? DatabaseError else {
            return TunerError(.failed, "cannot \(action)", why: "\(error)")
        }
        let why = failure.message ?? "\(failure.resultCode)"
        switch failure.resultCode {
        case .SQLITE_FULL:
            return TunerError(
                .cannotWrite, "cannot \(action): no room left", why: why,
                help: "free some space; the daemon goes on by itself")
        case .SQLITE_READONLY where failure.extendedResultCode == .SQLITE_READONLY:
            return TunerError(
                .conflict, "cannot \(action): the store was opened to read", why: why,
                help: "without --store the daemon is asked, and it may change things")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_BUSY, .SQLITE_LOCKED:
            return TunerError(
                .cannotWrite, "cannot \(action): it is not writable", why: why,
                help: "check the permissions and the disk of the store's folder")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return TunerError(
                .failed, "cannot \(action): it is not an intact SQLite database", why: why,
                help: "restore it from a copy, or give another path")
        default:
            return TunerError(.failed, "cannot \(action)", why: why)
        }
    }

    /// Whether the database itself is in trouble, so that no part of a shared commit can be trusted.
    static func spoilsCommit(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return [
            .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_NOMEM, .SQLITE_CORRUPT, .SQLITE_INTERRUPT,
        ]
        .contains(code)
    }
}
