import Foundation
import GRDB

extension Store {
    /// Stores a round: all its trials or none.
    ///
    /// - Parameters:
    ///   - sweepID: the sweep.
    ///   - proposals: with the seed of each, in the planner's order; all of one round.
    ///   - expectedTrials: upper estimate of all trials of the sweep.
    ///   - at: now.
    /// - Returns: the trials, waiting, numbered on from those that are there.
    /// - Throws: `conflict` when the round is there already, or the sweep has ended.
    func planRound(
        sweepID: Int64, proposals: [(proposal: TrialProposal, seed: UInt64)], expectedTrials: Int, at: Date
    ) async throws(TunerError) -> [Trial] {
        try await writer.perform { db in
            guard
                let sweep = try Row.fetchOne(
                    db, sql: "SELECT name, state FROM sweep WHERE id = ?", arguments: [sweepID])
            else { throw TunerError(.notFound, "the sweep was removed") }
            let name: String = sweep["name"]
            guard ["running", "paused"].contains(sweep["state"] as String) else {
                throw TunerError(
                    .conflict, "sweep '\(name)' is \(sweep["state"] as String); nothing is planned for it")
            }
            let round = proposals.first?.proposal.round ?? 0
            let taken = try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM trial WHERE sweep_id = ? AND round = ?",
                arguments: [sweepID, round])
            guard taken == 0 else {
                throw TunerError(.conflict, "round \(round) of sweep '\(name)' is planned already")
            }
            let last =
                try Int.fetchOne(
                    db, sql: "SELECT MAX(number) FROM trial WHERE sweep_id = ?", arguments: [sweepID]) ?? 0
            var trials: [Trial] = []
            for (ordinal, entry) in proposals.enumerated() {
                let trial = Trial(number: last + ordinal + 1, proposal: entry.proposal, seed: entry.seed)
                try Self.insert(trial, ordinal: ordinal, sweepID: sweepID, db)
                trials.append(trial)
            }
            try db.execute(
                sql: "UPDATE sweep SET expected_trials = ?, updated_at = ? WHERE id = ?",
                arguments: [expectedTrials, at.stored, sweepID])
            try Self.note(
                EventNote(
                    sweep: name, kind: .roundPlanned, text: "round \(round): \(trials.count) trials planned"),
                at: at, db)
            return trials
        }
    }

    /// Trials by number after `after`.
    ///
    /// - Throws: `notFound` for a sweep that does not exist.
    func trials(of sweep: String, after: Int = 0, limit: Int = .max) async throws(TunerError) -> [Trial] {
        try await read { db in
            _ = try Self.state(of: sweep, db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Trial.columns) FROM trial WHERE sweep_id = (SELECT id FROM sweep WHERE name = ?)
                    AND number > ? ORDER BY number LIMIT ?
                    """, arguments: [sweep, after, max(0, limit)]
            ).map(Trial.init)
        }
    }

    /// Failed attempts of a trial so far: what counts against the sweep's retries.
    func failedAttempts(sweepID: Int64, trial: Int) async throws(TunerError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT COUNT(*) FROM attempt JOIN trial ON trial.id = attempt.trial_id
                    WHERE trial.sweep_id = ? AND trial.number = ? AND attempt.state = 'failed'
                    """, arguments: [sweepID, trial]) ?? 0
        }
    }

    private static func insert(_ trial: Trial, ordinal: Int, sweepID: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO trial (sweep_id, number, round, ordinal, hyperparameters, token_budget, replicate, seed,
                    state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')
                """
        ).execute(
            arguments: [
                sweepID, trial.number, trial.proposal.round, ordinal,
                try StoreJSON.encode(trial.proposal.hyperparameters), trial.proposal.tokenBudget,
                trial.proposal.replicate, Int64(bitPattern: trial.seed),
            ])
    }
}
