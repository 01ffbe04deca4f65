import Foundation
import GRDB

/// A trial on its way to an outside loop.
struct HandOut: Sendable {
    /// The trial; running, with the number of the attempt, once it is handed out.
    var trial: Trial
    /// Whether the store has it already, waiting.
    var isStored: Bool
}

/// A trial an outside loop has.
struct OpenTrial: Sendable {
    var trial: Trial
    var attempt: StoredAttempt
    /// When it is taken back.
    var leaseExpiresAt: Date
    /// Whether the loop was told to stop it.
    var isToStop = false
}

extension Store {
    /// Hands trials to an outside loop, in one transaction. New ones are stored by it.
    ///
    /// - Parameters:
    ///   - trials: in the order of handing out.
    ///   - sweepID: their sweep.
    ///   - lease: seconds.
    ///   - at: now.
    /// - Returns: the trials with their attempts, without those that wait no longer.
    /// - Throws: `conflict` when the sweep is not running.
    func handOut(_ trials: [HandOut], sweepID: Int64, lease: TimeInterval, at: Date)
        async throws(TunerError) -> [OpenTrial]
    {
        try await writer.perform { [self] db in
            let statement = try db.cachedStatement(sql: "SELECT name, state FROM sweep WHERE id = ?")
            guard let sweep = try Row.fetchOne(statement, arguments: [sweepID]) else {
                throw TunerError(.notFound, "the sweep was removed")
            }
            let name: String = sweep["name"]
            guard sweep["state"] == SweepState.running.rawValue else {
                throw TunerError(.conflict, "sweep '\(name)' is \(sweep["state"] as String)")
            }
            try Self.touch(sweepID: sweepID, at: at, db)
            return try trials.compactMap {
                try handOut($0, sweepID: sweepID, sweep: name, lease: lease, at: at, db)
            }
        }
    }

    /// Takes back trials whose leases have ended: they wait again.
    ///
    /// - Parameters:
    ///   - trials: open trials. One that was told of meanwhile has a longer lease in the store, and keeps it.
    ///   - at: now.
    /// - Returns: the trials that wait again.
    /// - Throws: a failure of the store.
    func takeBack(_ trials: [OpenTrial], at: Date) async throws(TunerError) -> [Trial] {
        guard !trials.isEmpty else { return [] }
        return try await writer.perform { db in
            try trials.compactMap { open in
                try db.execute(
                    sql: """
                        UPDATE attempt SET state = 'interrupted', reason = 'its lease ended', finished_at = ?
                        WHERE id = ? AND state = 'running' AND lease_expires_at <= ?
                        """, arguments: [at.stored, open.attempt.id, at.stored])
                guard db.changesCount > 0 else { return nil }
                try db.execute(
                    sql: "UPDATE trial SET state = 'waiting' WHERE id = ?", arguments: [open.attempt.trialID])
                try Self.note(
                    EventNote(
                        sweep: open.attempt.sweep, trial: open.trial.number, kind: .trialInterrupted,
                        text: "the lease of trial \(open.trial.number) ended, it waits again"), at: at, db)
                var trial = open.trial
                trial.state = .waiting
                return trial
            }
        }
    }

    /// Trials of a sweep that are not finished, by number.
    func unfinishedTrials(of sweep: String) async throws(TunerError) -> [Trial] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Trial.columns) FROM trial WHERE sweep_id = (SELECT id FROM sweep WHERE name = ?)
                    AND state IN ('waiting', 'running', 'interrupted') ORDER BY number
                    """, arguments: [sweep]
            ).map(Trial.init)
        }
    }

    /// Ends the trials outside loops have of a sweep; part of the transaction that cancels it.
    static func cancelLeased(of sweep: String, at: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE trial SET state = 'cancelled', finished_at = ?
                WHERE state = 'running' AND sweep_id = (SELECT id FROM sweep WHERE name = ?) AND id IN
                    (SELECT trial_id FROM attempt WHERE state = 'running' AND lease_expires_at IS NOT NULL)
                """, arguments: [at.stored, sweep])
        try db.execute(
            sql: """
                UPDATE attempt SET state = 'cancelled', finished_at = ?
                WHERE state = 'running' AND lease_expires_at IS NOT NULL AND trial_id IN
                    (SELECT trial.id FROM trial JOIN sweep ON sweep.id = trial.sweep_id WHERE sweep.name = ?)
                """, arguments: [at.stored, sweep])
    }

    static func touch(sweepID: Int64, at: Date, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE sweep SET updated_at = ? WHERE id = ?")
            .execute(arguments: [at.stored, sweepID])
    }

    private func handOut(
        _ entry: HandOut, sweepID: Int64, sweep: String, lease: TimeInterval, at: Date, _ db: Database
    ) throws -> OpenTrial? {
        var trial = entry.trial
        trial.state = .running
        trial.startedAt = trial.startedAt ?? at
        trial.failure = nil
        let id: Int64
        if entry.isStored {
            let statement = try db.cachedStatement(
                sql: "SELECT id, state, attempt FROM trial WHERE sweep_id = ? AND number = ?")
            guard let row = try Row.fetchOne(statement, arguments: [sweepID, trial.number]),
                row["state"] == TrialState.waiting.rawValue
            else { return nil }
            id = row["id"]
            trial.attempt = row["attempt"] + 1
            try db.cachedStatement(
                sql: """
                    UPDATE trial SET state = 'running', attempt = ?, failure = NULL,
                        started_at = COALESCE(started_at, ?) WHERE id = ?
                    """
            ).execute(arguments: [trial.attempt, at.stored, id])
        } else {
            trial.attempt = 1
            id = try Self.insertRunning(trial, sweepID: sweepID, at: at, db)
        }
        let attempt = StoredAttempt(
            id: 0, trialID: id, sweepID: sweepID, sweep: sweep, trial: trial.number, number: trial.attempt,
            name: attemptName(trialID: id, attempt: trial.attempt), token: Self.token(), directory: "",
            state: .running, leaseExpiresAt: at.addingTimeInterval(lease))
        let text =
            trial.attempt == 1
            ? "trial \(trial.number) started" : "trial \(trial.number) started, attempt \(trial.attempt)"
        try Self.note(
            EventNote(sweep: sweep, trial: trial.number, kind: .trialStarted, text: text), at: at, db)
        return OpenTrial(
            trial: trial, attempt: try Self.insertLeased(attempt, at: at, db),
            leaseExpiresAt: at.addingTimeInterval(lease))
    }

    /// Ordinals of a trial in hand-out order are its number: such a sweep has one round.
    private static func insertRunning(_ trial: Trial, sweepID: Int64, at: Date, _ db: Database) throws
        -> Int64
    {
        try db.cachedStatement(
            sql: """
                INSERT INTO trial (sweep_id, number, round, ordinal, hyperparameters, token_budget, replicate, seed,
                    state, attempt, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', 1, ?)
                """
        ).execute(arguments: [
            sweepID, trial.number, trial.proposal.round, trial.number,
            try StoreJSON.encode(trial.proposal.hyperparameters), trial.proposal.tokenBudget,
            trial.proposal.replicate, Int64(bitPattern: trial.seed), at.stored,
        ])
        return db.lastInsertedRowID
    }

    private static func insertLeased(_ attempt: StoredAttempt, at: Date, _ db: Database) throws
        -> StoredAttempt
    {
        try db.cachedStatement(
            sql: """
                INSERT INTO attempt (trial_id, number, name, token, directory, state, intended_at, started_at,
                    lease_expires_at) VALUES (?, ?, ?, ?, '', 'running', ?, ?, ?)
                """
        ).execute(arguments: [
            attempt.trialID, attempt.number, attempt.name, attempt.token, at.stored, at.stored,
            attempt.leaseExpiresAt?.stored,
        ])
        var stored = attempt
        stored.id = db.lastInsertedRowID
        return stored
    }
}
