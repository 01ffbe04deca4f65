import Foundation
import GRDB

/// Something to be written down as an event, in the transaction of the change it tells of.
struct EventNote: Sendable {
    var sweep: String
    var trial: Int?
    var kind: Kind
    var text: String

    /// Stable kebab-case names.
    enum Kind: String, Sendable {
        case sweepSubmitted = "sweep-submitted"
        case sweepPaused = "sweep-paused"
        case sweepResumed = "sweep-resumed"
        case sweepCompleted = "sweep-completed"
        case sweepCancelled = "sweep-cancelled"
        case sweepFailed = "sweep-failed"
        case sweepRemoved = "sweep-removed"
        case sweepProbed = "sweep-probed"
        case probeFailed = "probe-failed"
        case roundPlanned = "round-planned"
        case trialsImported = "trials-imported"
        case lawFitted = "law-fitted"
        case trialStarted = "trial-started"
        case trialCompleted = "trial-completed"
        case trialDiverged = "trial-diverged"
        case trialStopped = "trial-stopped"
        case trialPaused = "trial-paused"
        case trialFailed = "trial-failed"
        case trialCancelled = "trial-cancelled"
        case trialInterrupted = "trial-interrupted"
        case trialRetried = "trial-retried"
    }
}

extension Store {
    /// Events after an id, oldest first.
    func events(after id: Int64, limit: Int) async throws(TunerError) -> [SweepEvent] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?",
                arguments: [id, max(0, limit)]
            ).map { row in
                SweepEvent(
                    id: row["id"], at: Date(stored: row["at"]), sweep: row["sweep"], trial: row["trial"],
                    kind: row["kind"], text: row["text"])
            }
        }
    }

    /// The id of the newest event; 0 when there is none.
    func latestEventID() async throws(TunerError) -> Int64 {
        try await read { db in try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM event") ?? 0 }
    }

    /// Writes an event; part of the caller's transaction.
    static func note(_ note: EventNote, at: Date, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO event (at, sweep, trial, kind, text) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [at.stored, note.sweep, note.trial, note.kind.rawValue, note.text])
    }
}
