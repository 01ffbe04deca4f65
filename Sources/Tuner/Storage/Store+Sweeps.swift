import Foundation
import GRDB

extension Store {
    /// Stores a new sweep, running, with the front over its own objectives.
    ///
    /// - Returns: its id.
    /// - Throws: `conflict` when the name is taken.
    func insertSweep(_ definition: SweepDefinition, source: SweepSource, expectedTrials: Int, at: Date)
        async throws(TunerError) -> Int64
    {
        try await writer.perform { db in
            let name = definition.name
            if try Bool.fetchOne(db, sql: "SELECT 1 FROM sweep WHERE name = ?", arguments: [name]) != nil {
                throw TunerError(
                    .conflict, "there is a sweep '\(name)' already",
                    help: "give the sweep another name, or remove the old one")
            }
            return try Self.insert(
                definition, source: source, state: .running, expectedTrials: expectedTrials, at: at, db)
        }
    }

    /// Stores a sweep whose name is free; part of a transaction.
    static func insert(
        _ definition: SweepDefinition, source: SweepSource, state: SweepState, expectedTrials: Int, at: Date,
        _ db: Database
    ) throws -> Int64 {
        let name = definition.name
        try db.execute(
            sql: """
                INSERT INTO sweep (name, state, source_text, source_file, source_directory, metric, goal,
                    expected_trials, created_at, updated_at, external_optimizer)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                name, state.rawValue, source.text, source.file, source.directory.path,
                definition.metric.name, definition.metric.goal.rawValue, expectedTrials, at.stored,
                at.stored, try definition.optimizer?.external.map(StoreJSON.encode),
            ])
        let id = db.lastInsertedRowID
        _ = try Self.frontID(definition.objectives, sweepID: id, db)
        try Self.note(
            EventNote(sweep: name, kind: .sweepSubmitted, text: "sweep '\(name)' was submitted"), at: at, db)
        return id
    }

    /// All sweeps, oldest first.
    func storedSweeps() async throws(TunerError) -> [StoredSweep] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT \(StoredSweep.columns) FROM sweep ORDER BY id").map(
                StoredSweep.init)
        }
    }

    /// One sweep, or `nil`.
    func storedSweep(named name: String) async throws(TunerError) -> StoredSweep? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(StoredSweep.columns) FROM sweep WHERE name = ?", arguments: [name]
            ).map(StoredSweep.init)
        }
    }

    /// Moves a sweep to a state.
    ///
    /// - Parameters:
    ///   - sweep: its name.
    ///   - state: the new state.
    ///   - from: states it may be in.
    ///   - message: why, for a failed sweep.
    ///   - at: now.
    /// - Throws: `notFound`, or `conflict` when it is in another state.
    func moveSweep(
        _ sweep: String, to state: SweepState, from: Set<SweepState>, message: String? = nil, at: Date
    ) async throws(TunerError) {
        try await writer.perform { db in
            let current = try Self.state(of: sweep, db)
            guard from.contains(current) else {
                throw TunerError(
                    .conflict, "sweep '\(sweep)' is \(current.rawValue) and cannot become \(state.rawValue)")
            }
            try db.execute(
                sql: "UPDATE sweep SET state = ?, message = ?, updated_at = ? WHERE name = ?",
                arguments: [state.rawValue, message, at.stored, sweep])
            if state == .cancelled {
                try Self.cancelWaiting(of: sweep, at: at, db)
                try Self.cancelLeased(of: sweep, at: at, db)
            }
            try Self.note(Self.moveNote(sweep, to: state, from: current, message: message), at: at, db)
        }
    }

    /// Deletes a sweep with everything that belongs to it; its events stay.
    ///
    /// - Throws: `notFound`; `conflict` while it is running or an attempt of it is open.
    func removeSweep(_ sweep: String, at: Date) async throws(TunerError) {
        try await writer.perform { db in
            let current = try Self.state(of: sweep, db)
            let open = try Int.fetchOne(
                db,
                sql: """
                    SELECT COUNT(*) FROM trial JOIN sweep ON sweep.id = trial.sweep_id
                    WHERE sweep.name = ? AND trial.state = 'running'
                    """, arguments: [sweep])
            guard current != .running, open == 0 else {
                throw TunerError(
                    .conflict, "sweep '\(sweep)' has running trials",
                    help: "cancel it first: tunerd cancel \(sweep)")
            }
            try db.execute(sql: "DELETE FROM sweep WHERE name = ?", arguments: [sweep])
            try Self.note(
                EventNote(sweep: sweep, kind: .sweepRemoved, text: "sweep '\(sweep)' was removed"), at: at, db
            )
        }
    }

    static func state(of sweep: String, _ db: Database) throws -> SweepState {
        let text = try String.fetchOne(db, sql: "SELECT state FROM sweep WHERE name = ?", arguments: [sweep])
        guard let text else { throw TunerError(.notFound, "there is no sweep '\(sweep)'") }
        return SweepState(rawValue: text) ?? .failed
    }

    private static func cancelWaiting(of sweep: String, at: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE trial SET state = 'cancelled', finished_at = ?
                WHERE state IN ('waiting', 'interrupted') AND sweep_id = (SELECT id FROM sweep WHERE name = ?)
                """, arguments: [at.stored, sweep])
    }

    private static func moveNote(_ sweep: String, to state: SweepState, from: SweepState, message: String?)
        -> EventNote
    {
        switch state {
        case .running: EventNote(sweep: sweep, kind: .sweepResumed, text: "sweep '\(sweep)' goes on")
        case .paused: EventNote(sweep: sweep, kind: .sweepPaused, text: "sweep '\(sweep)' was paused")
        case .completed: EventNote(sweep: sweep, kind: .sweepCompleted, text: "sweep '\(sweep)' is complete")
        case .cancelled:
            EventNote(sweep: sweep, kind: .sweepCancelled, text: "sweep '\(sweep)' was cancelled")
        case .failed:
            EventNote(
                sweep: sweep, kind: .sweepFailed,
                text: "sweep '\(sweep)' failed: \(message ?? "no reason given")")
        }
    }
}
