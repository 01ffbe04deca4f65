import Foundation
import GRDB

extension Store {
    /// Stores finished trials that were run elsewhere, all or none; a sweep that is not there yet is made, paused.
    ///
    /// The trials are a round of their own, numbered on from those that are there. They have no attempts.
    ///
    /// - Parameters:
    ///   - trials: finished; their numbers do not matter.
    ///   - definition: of the sweep.
    ///   - source: its text, which must be that of a sweep that is there.
    ///   - at: now.
    ///   - front: makes fronts.
    /// - Returns: whether the sweep is new.
    /// - Throws: `conflict` when the sweep has another text, or trials that are not finished.
    func importTrials(
        _ trials: [Trial], of definition: SweepDefinition, source: SweepSource, at: Date,
        front: @escaping FrontMaker
    ) async throws(TunerError) -> Bool {
        let name = definition.name
        return try await writer.perform { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT id, source_text FROM sweep WHERE name = ?", arguments: [name])
            if let known, known["source_text"] != source.text {
                throw TunerError(
                    .conflict, "there is a sweep '\(name)' already, with another text",
                    help: "give the sweep another name, or remove the old one: tunerd remove \(name)")
            }
            let id =
                try known.map { $0["id"] as Int64 }
                ?? Self.insert(
                    definition, source: source, state: .paused, expectedTrials: trials.count, at: at, db)
            try Self.requireAllFinished(sweepID: id, name, db)
            let last = try Row.fetchOne(
                db,
                sql: "SELECT COALESCE(MAX(number), 0) AS number, COALESCE(MAX(round), 0) AS round FROM trial "
                    + "WHERE sweep_id = ?", arguments: [id])
            let (number, round): (Int, Int) = (last?["number"] ?? 0, last?["round"] ?? 0)
            for (ordinal, trial) in trials.enumerated() {
                var stored = trial
                stored.number = number + ordinal + 1
                stored.proposal.round = round + 1
                stored.finishedAt = at
                try Self.insertFinished(stored, ordinal: ordinal, sweepID: id, db)
                try Self.updateFronts(sweepID: id, trial: stored, at: at, make: front, db)
            }
            try db.execute(
                sql:
                    "UPDATE sweep SET expected_trials = MAX(expected_trials, ?), updated_at = ? WHERE id = ?",
                arguments: [number + trials.count, at.stored, id])
            try Self.note(
                EventNote(
                    sweep: name, kind: .trialsImported, text: "\(trials.count) trials were imported"), at: at,
                db)
            return known == nil
        }
    }

    private static func requireAllFinished(sweepID: Int64, _ name: String, _ db: Database) throws {
        let open = try Int.fetchOne(
            db,
            sql: """
                SELECT COUNT(*) FROM trial
                WHERE sweep_id = ? AND state IN ('waiting', 'running', 'interrupted')
                """, arguments: [sweepID])
        guard let open, open > 0 else { return }
        throw TunerError(
            .conflict, "sweep '\(name)' has \(open) trials that are not finished",
            why: "the rounds of a sweep follow each other",
            help: "let 'tunerd run' finish it, or cancel it, and import then")
    }

    private static func insertFinished(
        _ trial: Trial, ordinal: Int, sweepID: Int64, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO trial (sweep_id, number, round, ordinal, hyperparameters, token_budget, replicate, seed,
                    state, metrics, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            sweepID, trial.number, trial.proposal.round, ordinal,
            try StoreJSON.encode(trial.proposal.hyperparameters), trial.proposal.tokenBudget,
            trial.proposal.replicate, Int64(bitPattern: trial.seed), trial.state.rawValue,
            try StoreJSON.encode(trial.metrics), trial.finishedAt?.stored,
        ])
        try insert(trial.shorterRuns, trialID: db.lastInsertedRowID, db)
    }
}
