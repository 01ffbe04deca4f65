import Foundation
import GRDB

/// Makes a front out of trials; given to the store so that a result and the front it changes share a transaction.
typealias FrontMaker = @Sendable ([SweepDefinition.Objective], [Trial]) -> ParetoFront

extension Store {
    /// Ends an attempt: its last observations, its result, the trial, the fronts and the event in one transaction.
    ///
    /// The first complete result of a trial wins: an attempt that completes after another one did becomes
    /// `superseded`, and its numbers go nowhere.
    ///
    /// - Parameters:
    ///   - attempt: the attempt as it was handed out.
    ///   - end: how it ended.
    ///   - observations: those not yet stored.
    ///   - at: now.
    ///   - front: makes fronts.
    /// - Returns: the trial as it is afterwards.
    /// - Throws: `conflict` for an attempt that is not current, or whose trial has finished.
    func finish(
        _ attempt: StoredAttempt, _ end: AttemptEnd, observations: [Observation] = [], at: Date,
        front: @escaping FrontMaker
    ) async throws(TunerError) -> Trial {
        let finished: Trial? = try await writer.perform { db in
            do {
                try Self.requireCurrent(attempt, db)
            } catch let error as TunerError {
                guard try Self.supersede(attempt, end, at: at, db) else { throw error }
                return nil
            }
            try Self.insert(observations, into: attempt, db)
            try Self.close(attempt, end, at: at, db)
            var trial = try Self.trial(attempt.trialID, db)
            let metric = try String.fetchOne(
                db.cachedStatement(sql: "SELECT metric FROM sweep WHERE id = ?"),
                arguments: [attempt.sweepID])
            try Self.settle(&trial, id: attempt.trialID, end, metric: metric ?? "", at: at, db)
            try Self.touch(sweepID: attempt.sweepID, at: at, db)
            try Self.note(Self.note(for: attempt, end, trial: trial), at: at, db)
            if trial.state.isFinished {
                try Self.updateFronts(sweepID: attempt.sweepID, trial: trial, at: at, make: front, db)
            }
            return trial
        }
        guard let finished else {
            throw TunerError(
                .conflict, "trial \(attempt.trial) of sweep '\(attempt.sweep)' has a result already")
        }
        return finished
    }

    /// Marks an attempt whose trial has a result as superseded; answers whether there was anything to mark.
    private static func supersede(_ attempt: StoredAttempt, _ end: AttemptEnd, at: Date, _ db: Database)
        throws -> Bool
    {
        switch end {
        case .completed, .diverged, .stopped: break
        case .paused, .failed, .interrupted: return false
        }
        try db.execute(
            sql: """
                UPDATE attempt SET state = 'superseded', finished_at = ?
                WHERE id = ? AND token = ? AND state IN ('intended', 'running', 'interrupted')
                AND EXISTS (SELECT 1 FROM attempt AS winner WHERE winner.trial_id = attempt.trial_id
                    AND winner.state IN ('completed', 'diverged', 'stopped'))
                """, arguments: [at.stored, attempt.id, attempt.token])
        return db.changesCount > 0
    }

    /// Writes the end of an attempt.
    static func close(_ attempt: StoredAttempt, _ end: AttemptEnd, at: Date, _ db: Database) throws {
        let state: StoredAttempt.State
        var reason: String?
        var metrics: [String: Double]?
        switch end {
        case .completed(let values): (state, metrics) = (.completed, values)
        case .diverged(let step, let values):
            (state, metrics) = (.diverged, values)
            reason = divergence(at: step)
        case .stopped(let values): (state, metrics) = (.stopped, values)
        case .paused(let values): (state, metrics) = (.paused, values)
        case .failed(let text, _): (state, reason) = (.failed, text)
        case .interrupted(let becomes): state = becomes == .cancelled ? .cancelled : .interrupted
        }
        try db.cachedStatement(
            sql: "UPDATE attempt SET state = ?, reason = ?, metrics = ?, finished_at = ? WHERE id = ?"
        ).execute(arguments: [
            state.rawValue, reason, try metrics.map(StoreJSON.encode), at.stored, attempt.id,
        ])
    }

    static func divergence(at step: Int?) -> String {
        step.map { "diverged at step \($0)" } ?? "diverged"
    }

    /// Brings the trial to where the end of its attempt leaves it, in the store and in `trial`.
    static func settle(
        _ trial: inout Trial, id: Int64, _ end: AttemptEnd, metric: String, at: Date, _ db: Database
    ) throws {
        trial.failure = nil
        switch end {
        case .completed(let metrics): (trial.state, trial.metrics) = (.completed, metrics)
        case .diverged(_, let metrics): (trial.state, trial.metrics) = (.diverged, metrics)
        case .stopped(let metrics): (trial.state, trial.metrics) = (.stopped, metrics)
        case .paused(let metrics): (trial.state, trial.metrics) = (.waiting, metrics)
        case .failed(let reason, let retry):
            (trial.state, trial.failure) = (retry ? .waiting : .failed, reason)
        case .interrupted(let becomes): trial.state = becomes
        }
        trial.finishedAt = trial.state.isFinished ? at : nil
        let value = trial.metrics[metric].flatMap { $0.isFinite ? $0 : nil }
        try db.cachedStatement(
            sql: """
                UPDATE trial SET state = ?, failure = ?, metrics = ?, metric_value = ?, finished_at = ? WHERE id = ?
                """
        ).execute(arguments: [
            trial.state.rawValue, trial.failure, try StoreJSON.encode(trial.metrics), value,
            trial.finishedAt?.stored, id,
        ])
    }

    private static func trial(_ id: Int64, _ db: Database) throws -> Trial {
        let statement = try db.cachedStatement(sql: "SELECT \(Trial.columns) FROM trial WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw TunerError(.notFound, "there is no such trial")
        }
        return try Trial(row: row)
    }

    /// Where a trial was ended, for a person.
    private static func place(_ metrics: [String: Double]) -> String {
        metrics["tokens"].map { " at \(Int($0)) tokens" } ?? ""
    }

    static func note(for attempt: StoredAttempt, _ end: AttemptEnd, trial: Trial) -> EventNote {
        let name = "trial \(attempt.trial)"
        let (kind, text): (EventNote.Kind, String) =
            switch end {
            case .completed: (.trialCompleted, "\(name) completed")
            case .diverged(let step, _):
                (.trialDiverged, step.map { "\(name) diverged at step \($0)" } ?? "\(name) diverged")
            case .stopped(let metrics): (.trialStopped, "\(name) was stopped\(place(metrics))")
            case .paused(let metrics): (.trialPaused, "\(name) is held at its checkpoint\(place(metrics))")
            case .failed(let reason, true): (.trialRetried, "\(name) failed and is tried again: \(reason)")
            case .failed(let reason, false): (.trialFailed, "\(name) failed: \(reason)")
            case .interrupted(.cancelled): (.trialCancelled, "\(name) was cancelled")
            case .interrupted: (.trialInterrupted, "\(name) was interrupted")
            }
        return EventNote(sweep: attempt.sweep, trial: attempt.trial, kind: kind, text: text)
    }
}
