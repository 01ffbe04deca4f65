import Engine
import Foundation
import GRDB
import Plugins

/// A sweep as the store holds it; its definition is read again from the source.
struct StoredSweep: Sendable, Hashable {
    var id: Int64
    var name: String
    var state: SweepState
    var message: String?
    var source: SweepSource
    var expectedTrials: Int
}

/// One hand-out of a trial.
struct StoredAttempt: Sendable, Hashable {
    /// Where an attempt stands.
    enum State: String, Sendable {
        /// Recorded, perhaps started: the intent comes before anything is done.
        case intended
        case running
        case completed, diverged, stopped, failed, interrupted, cancelled
        /// Ended at a checkpoint; while it is the latest attempt, its trial is held there.
        case paused
        /// Complete, but another attempt's result was there first.
        case superseded
    }

    var id: Int64
    var trialID: Int64
    var sweepID: Int64
    var sweep: String
    /// Number of the trial within its sweep.
    var trial: Int
    /// From 1.
    var number: Int
    var name: String
    var token: String
    /// Absolute path; may not exist.
    var directory: String
    var state: State
    /// When it is taken back from the outside loop that has it; `nil` for attempts the daemon runs itself.
    var leaseExpiresAt: Date?
}

/// How an attempt ends in the store.
enum AttemptEnd: Sendable, Hashable {
    case completed(metrics: [String: Double])
    case diverged(step: Int?, metrics: [String: Double])
    /// Ended early by a rule; `metrics` are those the rule decided on, with the `tokens` they were measured at.
    case stopped(metrics: [String: Double])
    /// Ended at a checkpoint: the trial waits, held by the rule.
    case paused(metrics: [String: Double])
    /// `retry`: the trial goes back to waiting.
    case failed(reason: String, retry: Bool)
    /// The trial becomes `waiting`, `interrupted` or `cancelled`.
    case interrupted(trialBecomes: TrialState)
}

extension Date {
    /// From a column of the store.
    init(stored seconds: Double) { self.init(timeIntervalSince1970: seconds) }
    /// For a column of the store.
    var stored: Double { timeIntervalSince1970 }
}

extension StoredSweep {
    static let columns =
        "id, name, state, message, source_text, source_file, source_directory, expected_trials, external_optimizer"

    init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        state = SweepState(rawValue: row["state"]) ?? .failed
        message = row["message"]
        source = SweepSource(
            text: row["source_text"], file: row["source_file"],
            directory: URL(filePath: row["source_directory"] as String, directoryHint: .isDirectory),
            external: try (row["external_optimizer"] as String?).map {
                try StoreJSON.decode(ExternalOptimizer.self, from: $0)
            })
        expectedTrials = row["expected_trials"]
    }
}

extension Trial {
    static let columns = """
        number, round, hyperparameters, token_budget, replicate, seed, state, attempt, metrics, failure, \
        started_at, finished_at, (SELECT json_group_object(shorter_run.token_budget, json(shorter_run.metrics))
            FROM shorter_run WHERE shorter_run.trial_id = trial.id) AS shorter_runs
        """

    init(row: Row) throws {
        let proposal = TrialProposal(
            hyperparameters: try StoreJSON.decode(
                [String: HyperparameterValue].self, from: row["hyperparameters"]),
            tokenBudget: row["token_budget"], replicate: row["replicate"], round: row["round"])
        self.init(
            number: row["number"], proposal: proposal,
            state: TrialState(rawValue: row["state"]) ?? .failed, attempt: row["attempt"],
            seed: UInt64(bitPattern: row["seed"] as Int64),
            metrics: try StoreJSON.decode([String: Double].self, from: row["metrics"]),
            failure: row["failure"],
            startedAt: (row["started_at"] as Double?).map { Date(stored: $0) },
            finishedAt: (row["finished_at"] as Double?).map { Date(stored: $0) },
            shorterRuns: try Self.shorterRuns(row["shorter_runs"]))
    }

    /// From an object of metrics by token budget.
    private static func shorterRuns(_ text: String?) throws -> [ShorterRun] {
        // Most trials have none.
        guard let text, text != "{}" else { return [] }
        return try StoreJSON.decode([String: [String: Double]].self, from: text).compactMap {
            budget, metrics in
            Int(budget).map { ShorterRun(tokenBudget: $0, metrics: metrics) }
        }.sorted { $0.tokenBudget < $1.tokenBudget }
    }
}

extension Observation {
    init(row: Row) throws {
        self.init(
            sequence: row["sequence"], step: row["step"], tokens: row["tokens"],
            metrics: try StoreJSON.decode([String: Double].self, from: row["metrics"]),
            elapsedSeconds: row["elapsed_seconds"])
    }
}

extension StoredAttempt {
    static let select = """
        SELECT attempt.*, trial.number AS trial_number, trial.sweep_id, sweep.name AS sweep_name
        FROM attempt JOIN trial ON trial.id = attempt.trial_id JOIN sweep ON sweep.id = trial.sweep_id
        """

    init(row: Row) {
        self.init(
            id: row["id"], trialID: row["trial_id"], sweepID: row["sweep_id"], sweep: row["sweep_name"],
            trial: row["trial_number"], number: row["number"], name: row["name"], token: row["token"],
            directory: row["directory"], state: State(rawValue: row["state"]) ?? .failed,
            leaseExpiresAt: (row["lease_expires_at"] as Double?).map { Date(stored: $0) })
    }
}
