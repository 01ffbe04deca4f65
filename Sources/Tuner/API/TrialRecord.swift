public import Engine
public import Foundation

/// A trial as the socket, `--json` and exports show it.
///
///     {"number":17,"state":"completed","attempt":1,"hyperparameters":{...},"token_budget":8000000,"metrics":{...}}
public struct TrialRecord: Sendable, Hashable, Codable {
    /// Number within the sweep, from 1.
    public var number: Int
    /// Where it stands.
    public var state: TrialState
    /// Attempts handed out so far.
    public var attempt: Int
    /// Values by name.
    public var hyperparameters: [String: HyperparameterValue]
    /// Tokens of the run.
    public var tokenBudget: Int
    /// Metrics by name; `null` for one that is not finite.
    public var metrics: [String: Double?]
    /// The planner's round.
    public var round: Int
    /// Which repetition of the same point, from 0.
    public var replicate: Int
    /// Seed.
    public var seed: UInt64
    /// Why it failed.
    public var failure: String?
    /// First start.
    public var startedAt: Date?
    /// End.
    public var finishedAt: Date?
    /// What runs of fewer tokens would have ended with that this one contains; absent without any.
    public var shorterRuns: [ShorterRun]?

    enum CodingKeys: String, CodingKey {
        case number, state, attempt, hyperparameters
        case tokenBudget = "token_budget"
        case metrics, round, replicate, seed, failure
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case shorterRuns = "shorter_runs"
    }

    /// The record of a trial.
    public init(_ trial: Trial) {
        number = trial.number
        state = trial.state
        attempt = trial.attempt
        hyperparameters = trial.proposal.hyperparameters
        tokenBudget = trial.proposal.tokenBudget
        metrics = trial.metrics.mapValues { $0.isFinite ? $0 : nil }
        round = trial.proposal.round
        replicate = trial.proposal.replicate
        seed = trial.seed
        failure = trial.failure
        startedAt = trial.startedAt
        finishedAt = trial.finishedAt
        shorterRuns = trial.shorterRuns.isEmpty ? nil : trial.shorterRuns
    }

    /// A finite metric.
    public func metric(_ name: String) -> Double? { metrics[name] ?? nil }
}

/// A page of trials.
public struct TrialPage: Sendable, Hashable, Codable {
    /// By number.
    public var trials: [TrialRecord]
    /// What to pass as `after` for the next page; absent on the last one.
    public var nextAfter: Int?

    enum CodingKeys: String, CodingKey {
        case trials
        case nextAfter = "next_after"
    }

    /// A page.
    public init(trials: [TrialRecord], nextAfter: Int? = nil) {
        self.trials = trials
        self.nextAfter = nextAfter
    }
}

/// The observations of a trial's current attempt.
public struct ObservationPage: Sendable, Hashable, Codable {
    /// In order.
    public var observations: [Observation]
}
