import Foundation
import GRDB

extension Store {
    /// The probe of a sweep, or `nil` when there was none.
    func probe(of sweep: String) async throws(TunerError) -> ProbeRecord? {
        try await read { db in
            _ = try Self.state(of: sweep, db)
            let text = try String.fetchOne(
                db,
                sql: """
                    SELECT probe.record FROM probe JOIN sweep ON sweep.id = probe.sweep_id WHERE sweep.name = ?
                    """, arguments: [sweep])
            return try text.map { try StoreJSON.decode(ProbeRecord.self, from: $0) }
        }
    }

    /// Stores the probe of a sweep; the first one stays.
    ///
    /// - Throws: `notFound` for a sweep that does not exist.
    func insertProbe(_ probe: ProbeRecord, of sweep: String, at: Date) async throws(TunerError) {
        try await writer.perform { db in
            guard
                let id = try Int64.fetchOne(
                    db, sql: "SELECT id FROM sweep WHERE name = ?", arguments: [sweep])
            else {
                throw TunerError(.notFound, "there is no sweep '\(sweep)'")
            }
            try db.execute(
                sql: "INSERT OR IGNORE INTO probe (sweep_id, record, measured_at) VALUES (?, ?, ?)",
                arguments: [id, try StoreJSON.encode(probe), at.stored])
            let first = probe.predictions.first
            let text =
                first.map {
                    "the probe predicts learning_rate \($0.learningRate) at \($0.tokenBudget) tokens"
                }
                ?? "the probe predicts no learning rate"
            try Self.note(EventNote(sweep: sweep, kind: .sweepProbed, text: text), at: at, db)
        }
    }

    /// Notes that a sweep goes on without a probe.
    func noteFailedProbe(_ reason: String, of sweep: String, at: Date) async throws(TunerError) {
        try await writer.perform { db in
            try Self.note(EventNote(sweep: sweep, kind: .probeFailed, text: reason), at: at, db)
        }
    }
}
