import Foundation
import GRDB

/// What an outside loop tells of one trial, checked for form.
struct StoredTell: Sendable {
    var trial: Int
    var token: String
    /// A sequence of 0 stands for the next one.
    var observation: Observation?
    var finished: AttemptResult?
}

/// What the store made of a tell.
struct ToldTrial: Sendable {
    /// The trial afterwards.
    var trial: Trial
    /// The end of its lease, while it runs.
    var leaseExpiresAt: Date?
    /// Whether this tell ended the attempt; a repeated one did not.
    var ended = false
    /// Whether its lease had ended and nobody else had the trial: it was taken up again.
    var revived = false
    /// What was observed, if it is new.
    var observation: Observation?
    /// The attempt told of.
    var attempt: StoredAttempt
}

extension Store {
    /// What all tells of a call share.
    struct TellTerms: Sendable {
        var sweepID: Int64
        var sweep: String
        /// The metric that decides.
        var metric: String
        var retries: Int
        /// Seconds.
        var lease: TimeInterval
        var at: Date
    }

    /// Stores tells, in their order, in one transaction; each is taken or refused by itself.
    ///
    /// A tell that was made before, word for word, changes nothing and is answered as it was. One that contradicts what is
    /// stored is a `conflict`, and so is one of an attempt that is not the current one. A trial whose lease has ended and
    /// that nobody else has is taken up again: work that is done is not thrown away for being late.
    func tell(_ tells: [StoredTell], _ terms: TellTerms, front: @escaping FrontMaker)
        async throws(TunerError) -> [Result<ToldTrial, TunerError>]
    {
        try await writer.perform { db in
            var results: [Result<ToldTrial, TunerError>] = []
            for tell in tells {
                // Refusals come before the first write of a tell, so that there is nothing to undo.
                do { results.append(.success(try Self.take(tell, terms, front: front, db))) } catch let error
                    as TunerError
                { results.append(.failure(error)) }
            }
            try Self.touch(sweepID: terms.sweepID, at: terms.at, db)
            return results
        }
    }

    private static func take(
        _ tell: StoredTell, _ terms: TellTerms, front: FrontMaker, _ db: Database
    ) throws -> ToldTrial {
        var found = try find(tell, terms, db)
        let observation = try tell.observation.map { try new($0, of: found, db) } ?? nil
        guard found.isOpen else {
            try refuseUnlessRepeated(tell, found, hasNewObservation: observation != nil)
            return ToldTrial(trial: found.trial, attempt: found.attempt)
        }
        if let metrics = tell.observation?.metrics, observation != nil || tell.finished != nil {
            found.trial.metrics.merge(metrics) { _, new in new }
        }
        if case .completed(let metrics)? = tell.finished {
            try requireMetric(terms.metric, in: found.trial.metrics.merging(metrics) { $1 })
        }
        let end = try tell.finished.map { try attemptEnd($0, found, last: observation, terms, db) }

        var told = ToldTrial(
            trial: found.trial, ended: end != nil, revived: found.attempt.state == .interrupted,
            observation: observation, attempt: found.attempt)
        if let observation { try insert([observation], into: found.attempt, db) }
        if let end {
            told.trial = try finish(found, end, terms, front: front, db)
        } else {
            let lease = terms.at.addingTimeInterval(terms.lease)
            told.leaseExpiresAt = lease
            told.trial.state = .running
            try db.cachedStatement(
                sql:
                    "UPDATE attempt SET state = 'running', lease_expires_at = ?, finished_at = NULL WHERE id = ?"
            ).execute(arguments: [lease.stored, found.attempt.id])
            try db.cachedStatement(sql: "UPDATE trial SET state = 'running', metrics = ? WHERE id = ?")
                .execute(arguments: [try StoreJSON.encode(told.trial.metrics), found.attempt.trialID])
        }
        return told
    }

    // MARK: What is there

    /// A trial with the attempt of the token.
    private struct FoundTrial {
        var trial: Trial
        var attempt: StoredAttempt
        /// Metrics and reason the attempt ended with.
        var metrics: [String: Double]
        var reason: String?

        /// Whether the attempt can still be told of.
        var isOpen: Bool {
            guard attempt.number == trial.attempt else { return false }
            return attempt.state == .running && trial.state == .running
                || attempt.state == .interrupted && trial.state == .waiting && attempt.leaseExpiresAt != nil
        }
    }

    private static func find(_ tell: StoredTell, _ terms: TellTerms, _ db: Database) throws -> FoundTrial {
        let trials = try db.cachedStatement(
            sql: "SELECT id, \(Trial.columns) FROM trial WHERE sweep_id = ? AND number = ?")
        guard let row = try Row.fetchOne(trials, arguments: [terms.sweepID, tell.trial]) else {
            throw TunerError(.notFound, "sweep '\(terms.sweep)' has no trial \(tell.trial)")
        }
        let trialID: Int64 = row["id"]
        let attempts = try db.cachedStatement(
            sql: "SELECT * FROM attempt WHERE trial_id = ? ORDER BY number DESC")
        for attempt in try Row.fetchAll(attempts, arguments: [trialID])
        where attempt["token"] == tell.token && attempt["lease_expires_at"] != nil {
            return FoundTrial(
                trial: try Trial(row: row),
                attempt: StoredAttempt(
                    id: attempt["id"], trialID: trialID, sweepID: terms.sweepID, sweep: terms.sweep,
                    trial: tell.trial, number: attempt["number"], name: attempt["name"], token: tell.token,
                    directory: "", state: .init(rawValue: attempt["state"]) ?? .failed,
                    leaseExpiresAt: Date(stored: attempt["lease_expires_at"])),
                metrics: try StoreJSON.decode(
                    [String: Double].self, from: attempt["metrics"] as String? ?? "{}"),
                reason: attempt["reason"])
        }
        throw TunerError(
            .conflict, "the token is not of an attempt of trial \(tell.trial)",
            why: "every hand-out has a token of its own, and another attempt may have taken its place",
            help: "tell with the token that came with the trial")
    }

    /// The observation with its sequence; `nil` when it is stored already.
    private static func new(_ observation: Observation, of found: FoundTrial, _ db: Database) throws
        -> Observation?
    {
        var observation = observation
        if observation.sequence == 0 {
            let last = try Int.fetchOne(
                db.cachedStatement(sql: "SELECT MAX(sequence) FROM observation WHERE attempt_id = ?"),
                arguments: [found.attempt.id])
            observation.sequence = (last ?? 0) + 1
            return observation
        }
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM observation WHERE attempt_id = ? AND sequence = ?")
        guard
            let row = try Row.fetchOne(statement, arguments: [found.attempt.id, observation.sequence])
        else { return observation }
        let stored = try Observation(row: row)
        // Shorter runs are kept with the trial.
        observation.shorterRuns = nil
        guard stored == observation else {
            throw TunerError(
                .conflict,
                "observation \(observation.sequence) of trial \(found.trial.number) is there already, with other "
                    + "numbers", help: "give every observation of an attempt a sequence of its own")
        }
        return nil
    }

    private static func refuseUnlessRepeated(
        _ tell: StoredTell, _ found: FoundTrial, hasNewObservation: Bool
    ) throws {
        // The user ended it: the loop is told to stop, whatever it has to say.
        if found.attempt.state == .cancelled { return }
        if !hasNewObservation {
            guard let finished = tell.finished else { return }
            if isSame(finished, as: found) { return }
        }
        let number = found.trial.number
        if found.attempt.number != found.trial.attempt || found.attempt.state == .interrupted {
            throw TunerError(
                .conflict, "trial \(number) was handed out again",
                why: "nothing was heard of this attempt while its lease lasted",
                help: "give loops more time between two tells with 'ask_tell: {lease: ...}'")
        }
        throw TunerError(
            .conflict, "trial \(number) has ended as '\(found.attempt.state.rawValue)'",
            why: "only the same words again are answered after that")
    }

    private static func isSame(_ finished: AttemptResult, as found: FoundTrial) -> Bool {
        func agree(_ metrics: [String: Double]) -> Bool {
            metrics.allSatisfy { name, value in
                found.metrics[name].map { $0 == value || $0.isNaN && value.isNaN } ?? false
            }
        }
        switch (finished, found.attempt.state) {
        case (.completed(let metrics), .completed): return agree(metrics)
        case (.diverged(let step, let metrics), .diverged):
            return agree(metrics) && found.reason == divergence(at: step)
        case (.failed(let reason, _), .failed): return found.reason == reason
        case (.stopped, .stopped): return true
        default: return false
        }
    }

    private static func requireMetric(_ metric: String, in metrics: [String: Double]) throws {
        guard let value = metrics[metric], value.isFinite else {
            throw TunerError(
                .usage, "outcome 'completed' comes without a finite '\(metric)'",
                why: "it is what the sweep is about",
                help: "give it under metrics; a loss that left the finite is outcome 'diverged'")
        }
    }

    // MARK: The end

    private static func attemptEnd(
        _ result: AttemptResult, _ found: FoundTrial, last observation: Observation?, _ terms: TellTerms,
        _ db: Database
    ) throws -> AttemptEnd {
        let observed = found.trial.metrics
        switch result {
        case .completed(let metrics): return .completed(metrics: observed.merging(metrics) { $1 })
        case .diverged(let step, let metrics):
            return .diverged(step: step, metrics: observed.merging(metrics) { $1 })
        case .failed(let reason, let permanent):
            let before = try Int.fetchOne(
                db.cachedStatement(
                    sql: "SELECT COUNT(*) FROM attempt WHERE trial_id = ? AND state = 'failed'"),
                arguments: [found.attempt.trialID])
            return .failed(reason: reason, retry: !permanent && (before ?? 0) < terms.retries)
        case .stopped:
            // Where it was stopped decides what it still says about a law.
            let tokens =
                try observation?.tokens
                ?? Int.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT tokens FROM observation WHERE attempt_id = ? ORDER BY sequence DESC LIMIT 1
                            """), arguments: [found.attempt.id])
            let place = tokens.map { ["tokens": Double($0)] } ?? [:]
            return .stopped(metrics: observed.merging(place) { $1 })
        // A loop cannot hold a trial (`TrialTell.checked` refuses it): given back at most.
        case .paused, .interrupted: return .interrupted(trialBecomes: .waiting)
        }
    }

    private static func finish(
        _ found: FoundTrial, _ end: AttemptEnd, _ terms: TellTerms, front: FrontMaker, _ db: Database
    ) throws -> Trial {
        var trial = found.trial
        try close(found.attempt, end, at: terms.at, db)
        try settle(&trial, id: found.attempt.trialID, end, metric: terms.metric, at: terms.at, db)
        try note(note(for: found.attempt, end, trial: trial), at: terms.at, db)
        if trial.state.isFinished {
            try updateFronts(sweepID: terms.sweepID, trial: trial, at: terms.at, make: front, db)
        }
        return trial
    }
}
