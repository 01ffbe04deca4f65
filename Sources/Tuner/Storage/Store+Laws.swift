import Foundation
import GRDB
import ScalingLaws

extension Store {
    /// The newest law of a sweep and the number of finished trials it was fitted to, or `nil`.
    func latestLaw(of sweep: String) async throws(TunerError) -> (law: FittedLaw, finishedTrials: Int)? {
        try await read { db in
            _ = try Self.state(of: sweep, db)
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT law.* FROM law JOIN sweep ON sweep.id = law.sweep_id WHERE sweep.name = ?
                    ORDER BY version DESC LIMIT 1
                    """, arguments: [sweep])
            return try row.map { row in
                let law = try StoreJSON.decode(Law.self, from: row["law"])
                return (
                    FittedLaw(version: row["version"], law: law, fittedAt: Date(stored: row["fitted_at"])),
                    row["finished_trials"]
                )
            }
        }
    }

    /// Stores a law as the next version of its sweep.
    ///
    /// - Throws: `notFound` for a sweep that does not exist.
    func insertLaw(_ law: Law, of sweep: String, finishedTrials: Int, at: Date) async throws(TunerError)
        -> FittedLaw
    {
        try await writer.perform { db in
            guard
                let id = try Int64.fetchOne(
                    db, sql: "SELECT id FROM sweep WHERE name = ?", arguments: [sweep])
            else {
                throw TunerError(.notFound, "there is no sweep '\(sweep)'")
            }
            let last = try Int.fetchOne(
                db, sql: "SELECT MAX(version) FROM law WHERE sweep_id = ?", arguments: [id])
            let version = (last ?? 0) + 1
            try db.execute(
                sql:
                    "INSERT INTO law (sweep_id, version, finished_trials, law, fitted_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [id, version, finishedTrials, try StoreJSON.encode(law), at.stored])
            try Self.note(
                EventNote(
                    sweep: sweep, kind: .lawFitted, text: "law \(version) fitted to \(finishedTrials) trials"),
                at: at, db)
            return FittedLaw(version: version, law: law, fittedAt: at)
        }
    }
}
