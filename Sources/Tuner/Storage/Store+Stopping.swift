import Foundation
import GRDB

/// What one attempt reported, for a stopping rule that is made again.
struct AttemptHistory: Sendable, Hashable {
    /// Number of the trial.
    var trial: Int
    /// How the attempt ended.
    var state: StoredAttempt.State
    /// In order.
    var observations: [Observation]
}

extension Store {
    /// Every attempt of a sweep with its observations, by trial and attempt.
    func attemptHistory(of sweep: String) async throws(TunerError) -> [AttemptHistory] {
        try await read { db in
            var history: [AttemptHistory] = []
            var current: Int64?
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT attempt.id AS attempt, attempt.state, trial.number AS trial, observation.*
                    FROM trial JOIN attempt ON attempt.trial_id = trial.id
                    LEFT JOIN observation ON observation.attempt_id = attempt.id
                    WHERE trial.sweep_id = (SELECT id FROM sweep WHERE name = ?)
                    ORDER BY trial.number, attempt.number, observation.sequence
                    """, arguments: [sweep])
            while let row = try rows.next() {
                if row["attempt"] != current {
                    current = row["attempt"]
                    history.append(
                        AttemptHistory(
                            trial: row["trial"],
                            state: StoredAttempt.State(rawValue: row["state"]) ?? .failed, observations: []))
                }
                // An attempt without observations has one row without a sequence.
                if (row["sequence"] as Int?) != nil {
                    history[history.count - 1].observations.append(try Observation(row: row))
                }
            }
            return history
        }
    }

    /// Settles trials that wait and have no attempt under way: they become `stopped`, or held at their checkpoint.
    ///
    /// - Parameters:
    ///   - trials: numbers, with the metrics each ends with; `nil` leaves those it has.
    ///   - state: `stopped` or `paused`, of the latest attempt.
    ///   - sweepID: the sweep.
    ///   - at: now.
    ///   - front: makes fronts.
    /// - Returns: the trials that were settled, with their latest attempts; others are left as they are.
    /// - Throws: a failure of the store.
    func settleWaiting(
        _ trials: [(number: Int, metrics: [String: Double]?)], as state: StoredAttempt.State, sweepID: Int64,
        at: Date, front: @escaping FrontMaker
    ) async throws(TunerError) -> [(trial: Trial, attempt: StoredAttempt)] {
        try await writer.perform { db in
            var settled: [(trial: Trial, attempt: StoredAttempt)] = []
            for (number, metrics) in trials {
                let row = try Row.fetchOne(
                    db,
                    sql: StoredAttempt.select + """
                         WHERE trial.sweep_id = ? AND trial.number = ? AND trial.state = 'waiting'
                        AND attempt.number = trial.attempt AND attempt.state IN ('paused', 'interrupted')
                        """, arguments: [sweepID, number])
                guard let row else { continue }
                let attempt = StoredAttempt(row: row)
                let trial = try Self.settleWaiting(attempt, as: state, metrics, at: at, db)
                if trial.state.isFinished {
                    try Self.updateFronts(sweepID: sweepID, trial: trial, at: at, make: front, db)
                }
                settled.append((trial, attempt))
            }
            return settled
        }
    }

    private static func settleWaiting(
        _ attempt: StoredAttempt, as state: StoredAttempt.State, _ metrics: [String: Double]?, at: Date,
        _ db: Database
    ) throws -> Trial {
        try db.execute(
            sql: "UPDATE attempt SET state = ? WHERE id = ?", arguments: [state.rawValue, attempt.id])
        if let metrics {
            try db.execute(
                sql: "UPDATE trial SET metrics = ? WHERE id = ?",
                arguments: [try StoreJSON.encode(metrics), attempt.trialID])
        }
        if state == .stopped {
            try db.execute(
                sql: "UPDATE trial SET state = 'stopped', finished_at = ? WHERE id = ?",
                arguments: [at.stored, attempt.trialID])
        }
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT \(Trial.columns) FROM trial WHERE id = ?", arguments: [attempt.trialID])
        else { throw TunerError(.notFound, "there is no such trial") }
        let trial = try Trial(row: row)
        try touch(sweepID: attempt.sweepID, at: at, db)
        let end: AttemptEnd =
            state == .stopped ? .stopped(metrics: trial.metrics) : .paused(metrics: trial.metrics)
        try note(note(for: attempt, end, trial: trial), at: at, db)
        return trial
    }
}
