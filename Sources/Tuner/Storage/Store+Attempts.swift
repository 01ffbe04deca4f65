import Engine
import Foundation
import GRDB

extension Store {
    /// Writes down that an attempt is about to be started, before anything is: the trial is `running` from here on.
    ///
    /// - Parameters:
    ///   - sweepID: the sweep.
    ///   - trial: number of a waiting trial.
    ///   - directory: path of the attempt's directory, from its name and number.
    ///   - at: now.
    /// - Returns: the attempt with its name and token.
    /// - Throws: `conflict` when the trial is not waiting.
    func intend(
        sweepID: Int64, trial: Int, directory: @escaping @Sendable (_ name: String, _ attempt: Int) -> String,
        at: Date
    ) async throws(TunerError) -> StoredAttempt {
        let token = Self.token()
        return try await writer.perform { [self] db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT id, state, attempt FROM trial WHERE sweep_id = ? AND number = ?",
                    arguments: [sweepID, trial])
            else { throw TunerError(.notFound, "there is no trial \(trial)") }
            guard row["state"] == TrialState.waiting.rawValue else {
                throw TunerError(.conflict, "trial \(trial) is \(row["state"] as String), not waiting")
            }
            let id: Int64 = row["id"]
            let number: Int = row["attempt"] + 1
            let name = attemptName(trialID: id, attempt: number)
            try db.execute(
                sql: """
                    INSERT INTO attempt (trial_id, number, name, token, directory, state, intended_at)
                    VALUES (?, ?, ?, ?, ?, 'intended', ?)
                    """,
                arguments: [id, number, name, token, directory(name, number), at.stored])
            let attemptID = db.lastInsertedRowID
            try db.execute(
                sql: """
                    UPDATE trial SET state = 'running', attempt = ?, failure = NULL,
                        started_at = COALESCE(started_at, ?) WHERE id = ?
                    """, arguments: [number, at.stored, id])
            let attempt = try Self.attempt(attemptID, db)
            try Self.touch(sweepID: attempt.sweepID, at: at, db)
            let text = number == 1 ? "trial \(trial) started" : "trial \(trial) started, attempt \(number)"
            try Self.note(
                EventNote(sweep: attempt.sweep, trial: trial, kind: .trialStarted, text: text), at: at, db)
            return attempt
        }
    }

    /// Writes down that the attempt was handed over. Does nothing when it is no longer `intended`.
    func start(_ attempt: StoredAttempt, at: Date) async throws(TunerError) {
        try await writer.perform { db in
            try db.execute(
                sql:
                    "UPDATE attempt SET state = 'running', started_at = ? WHERE id = ? AND state = 'intended'",
                arguments: [at.stored, attempt.id])
        }
    }

    /// Stores observations of the current attempt; a sequence that is there already is left as it is.
    ///
    /// - Throws: `conflict` for an attempt that is not the current one or has ended.
    func append(_ observations: [Observation], to attempt: StoredAttempt, at: Date) async throws(TunerError) {
        guard !observations.isEmpty else { return }
        try await writer.perform { db in
            try Self.requireCurrent(attempt, db)
            try Self.insert(observations, into: attempt, db)
            let last = observations.reduce(into: [:]) { $0.merge($1.metrics) { _, new in new } }
            let before = try String.fetchOne(
                db, sql: "SELECT metrics FROM trial WHERE id = ?", arguments: [attempt.trialID])
            var metrics = try StoreJSON.decode([String: Double].self, from: before ?? "{}")
            metrics.merge(last) { _, new in new }
            try db.execute(
                sql: "UPDATE trial SET metrics = ? WHERE id = ?",
                arguments: [try StoreJSON.encode(metrics), attempt.trialID])
            try db.execute(
                sql:
                    "UPDATE attempt SET state = 'running', started_at = COALESCE(started_at, ?) WHERE id = ?",
                arguments: [at.stored, attempt.id])
        }
    }

    /// Attempts that were intended or running, oldest first: what a restart has to settle.
    func openAttempts() async throws(TunerError) -> [StoredAttempt] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: StoredAttempt.select
                    + " WHERE attempt.state IN ('intended', 'running') ORDER BY attempt.id"
            ).map(StoredAttempt.init)
        }
    }

    /// Trials that a drain left interrupted wait again. Part of the start of the service.
    func requeueInterrupted(at: Date) async throws(TunerError) {
        try await writer.perform { db in
            try db.execute(sql: "UPDATE trial SET state = 'waiting' WHERE state = 'interrupted'")
        }
    }

    /// The latest attempt of a trial, or `nil` before the first.
    ///
    /// - Throws: `notFound` for a sweep or trial that does not exist.
    func currentAttempt(of sweep: String, trial: Int) async throws(TunerError) -> StoredAttempt? {
        try await read { db in
            _ = try Self.state(of: sweep, db)
            let there = try Int.fetchOne(
                db,
                sql:
                    "SELECT 1 FROM trial WHERE number = ? AND sweep_id = (SELECT id FROM sweep WHERE name = ?)",
                arguments: [trial, sweep])
            guard there != nil else { throw TunerError(.notFound, "sweep '\(sweep)' has no trial \(trial)") }
            return try Row.fetchOne(
                db,
                sql: StoredAttempt.select
                    + " WHERE sweep.name = ? AND trial.number = ? ORDER BY attempt.number DESC LIMIT 1",
                arguments: [sweep, trial]
            ).map(StoredAttempt.init)
        }
    }

    /// Observations of one attempt, in order.
    func observations(of attempt: StoredAttempt) async throws(TunerError) -> [Observation] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM observation WHERE attempt_id = ? ORDER BY sequence",
                arguments: [attempt.id]
            ).map(Observation.init)
        }
    }

    static func attempt(_ id: Int64, _ db: Database) throws -> StoredAttempt {
        guard
            let row = try Row.fetchOne(
                db, sql: StoredAttempt.select + " WHERE attempt.id = ?", arguments: [id])
        else {
            throw TunerError(.notFound, "there is no such attempt")
        }
        return StoredAttempt(row: row)
    }

    static func insert(_ observations: [Observation], into attempt: StoredAttempt, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO observation (attempt_id, sequence, step, tokens, metrics, elapsed_seconds)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        for observation in observations {
            try statement.execute(arguments: [
                attempt.id, observation.sequence, observation.step, observation.tokens,
                try StoreJSON.encode(observation.metrics), observation.elapsedSeconds,
            ])
            try insert(observation.shorterRuns ?? [], trialID: attempt.trialID, db)
        }
    }

    /// Stores what a trial showed of shorter runs; what is told again takes the place of the first.
    static func insert(_ runs: [ShorterRun], trialID: Int64, _ db: Database) throws {
        for run in runs where run.tokenBudget > 0 {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO shorter_run (trial_id, token_budget, metrics) VALUES (?, ?, ?)"
            ).execute(arguments: [
                trialID, run.tokenBudget, try StoreJSON.encode(run.metrics.filter { $0.value.isFinite }),
            ])
        }
    }

    /// Checks name, token and place of an attempt against what is stored.
    static func requireCurrent(_ attempt: StoredAttempt, _ db: Database) throws {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT attempt.token, attempt.state, trial.attempt, trial.state AS trial_state
                FROM attempt JOIN trial ON trial.id = attempt.trial_id WHERE attempt.id = ?
                """, arguments: [attempt.id])
        let isCurrent =
            row.map {
                $0["token"] == attempt.token && $0["attempt"] == attempt.number
                    && $0["trial_state"] == "running"
                    && ["intended", "running"].contains($0["state"] as String)
            } ?? false
        guard isCurrent else {
            throw TunerError(
                .conflict, "attempt '\(attempt.name)' is not the current one of trial \(attempt.trial)")
        }
    }

    /// 128 bits from the system's generator.
    static func token() -> String {
        let words = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        return words.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }
}
