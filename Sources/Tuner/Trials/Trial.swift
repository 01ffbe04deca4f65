public import Engine
public import Foundation

/// Where a trial stands.
///
///     waiting -> running -> completed | diverged | stopped | failed | cancelled
///                running -> interrupted -> waiting        (crash of the daemon, or a drain)
///                running -> waiting -> running | stopped  (held at its checkpoint by a stopping rule)
///
/// A diverged trial is an answer, not a failure: its hyperparameters are known to be too large.
public enum TrialState: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Planned, not started.
    case waiting
    /// An attempt is under way.
    case running
    /// The whole budget was spent.
    case completed
    /// The loss left the finite.
    case diverged
    /// Ended early by a rule.
    case stopped
    /// No attempts left.
    case failed
    /// Ended by the user.
    case cancelled
    /// Lost its attempt; goes back to waiting.
    case interrupted

    /// Whether the trial will never run again.
    public var isFinished: Bool {
        switch self {
        case .completed, .diverged, .stopped, .failed, .cancelled: true
        case .waiting, .running, .interrupted: false
        }
    }
}

/// A point a planner wants trained.
public struct TrialProposal: Sendable, Hashable, Codable {
    /// Searched hyperparameters and those the sweep file fixes.
    public var hyperparameters: [String: HyperparameterValue]
    /// Tokens of the run.
    public var tokenBudget: Int
    /// Which repetition of the same point, from 0.
    public var replicate: Int
    /// The planner's round: proposals of a round depend on finished rounds only.
    public var round: Int

    /// A point.
    public init(hyperparameters: [String: HyperparameterValue], tokenBudget: Int, replicate: Int, round: Int)
    {
        self.hyperparameters = hyperparameters
        self.tokenBudget = tokenBudget
        self.replicate = replicate
        self.round = round
    }
}

/// One trial of a sweep as the store holds it.
public struct Trial: Sendable, Hashable, Codable {
    /// Number within the sweep, from 1, in the order of planning.
    public var number: Int
    /// What is trained.
    public var proposal: TrialProposal
    /// Where it stands.
    public var state: TrialState
    /// Attempts handed out so far.
    public var attempt: Int
    /// Seed of this trial, derived from the sweep's seed and the replicate.
    public var seed: UInt64
    /// Final metrics of a completed or diverged trial; the last observed ones otherwise.
    public var metrics: [String: Double]
    /// Why it failed.
    public var failure: String?
    /// First start.
    public var startedAt: Date?
    /// End.
    public var finishedAt: Date?
    /// What runs of fewer tokens would have ended with that this one contains, by token budget.
    public var shorterRuns: [ShorterRun]

    /// A trial.
    public init(
        number: Int, proposal: TrialProposal, state: TrialState = .waiting, attempt: Int = 0, seed: UInt64,
        metrics: [String: Double] = [:], failure: String? = nil, startedAt: Date? = nil,
        finishedAt: Date? = nil, shorterRuns: [ShorterRun] = []
    ) {
        self.number = number
        self.proposal = proposal
        self.state = state
        self.attempt = attempt
        self.seed = seed
        self.metrics = metrics
        self.failure = failure
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.shorterRuns = shorterRuns
    }
}
