public import Engine
public import Foundation

/// A trial as it is handed to an outside loop.
public struct AskedTrial: Sendable, Hashable, Codable {
    /// Number within the sweep.
    public var number: Int
    /// Which hand-out of the trial it is, from 1.
    public var attempt: Int
    /// Names this hand-out in tells; nobody can guess it.
    public var token: String
    /// Values by name, those the sweep fixes included.
    public var hyperparameters: [String: HyperparameterValue]
    /// Tokens to train.
    public var tokenBudget: Int
    /// `ceil(token_budget / batch_size_tokens)`; `nil` for a sweep without a batch size.
    public var steps: Int?
    /// Which repetition of the same point, from 0.
    public var replicate: Int
    /// Seed of the run, below 2^31.
    public var seed: UInt64
    /// When the trial is handed to somebody else, unless something is told of it before.
    public var leaseExpiresAt: Date

    enum CodingKeys: String, CodingKey {
        case number, attempt, token, hyperparameters
        case tokenBudget = "token_budget"
        case steps, replicate, seed
        case leaseExpiresAt = "lease_expires_at"
    }

    /// An open trial of a sweep.
    init(_ open: OpenTrial, _ definition: SweepDefinition) {
        number = open.trial.number
        attempt = open.attempt.number
        token = open.attempt.token
        hyperparameters = open.trial.proposal.hyperparameters
        tokenBudget = open.trial.proposal.tokenBudget
        let budget = open.trial.proposal.tokenBudget
        steps = AttemptPlan.batchSizeTokens(hyperparameters).map { max(1, (budget + $0 - 1) / $0) }
        replicate = open.trial.proposal.replicate
        seed = open.trial.seed
        leaseExpiresAt = open.leaseExpiresAt
    }
}

/// The answer to an ask.
public struct AskAnswer: Sendable, Hashable, Codable {
    /// Sweep.
    public var sweep: String
    /// Where it stands. `running` without trials: the next ones depend on results that are still out.
    public var state: SweepState
    /// The trials; fewer than asked when there are no more now.
    public var trials: [AskedTrial]

    /// An answer.
    public init(sweep: String, state: SweepState, trials: [AskedTrial] = []) {
        self.sweep = sweep
        self.state = state
        self.trials = trials
    }
}

/// What an outside loop tells of a trial: an observation on the way, its end, or both, in the words of the trial
/// protocol.
///
///     {"trial":17,"token":"...","observation":{"sequence":3,"step":200,"metrics":{"validation_loss":2.31}}}
///     {"trial":17,"token":"...","finished":{"outcome":"completed","metrics":{"validation_loss":1.98}}}
public struct TrialTell: Sendable, Hashable, Codable {
    /// Trial number.
    public var trial: Int
    /// The token it was handed out with.
    public var token: String
    var observation: LenientObservation?
    var finished: FinishedRecord?

    /// A tell; a missing or zero sequence of the observation stands for the next one.
    public init(
        trial: Int, token: String, observation: Observation? = nil, finished: AttemptResult? = nil
    ) {
        self.trial = trial
        self.token = token
        self.observation = observation.map(LenientObservation.init)
        self.finished = finished.map(FinishedRecord.init)
    }

    enum CodingKeys: String, CodingKey {
        case trial, token, observation, finished
    }

    /// Reads the object; `trial` may be left out where the path names it, and is 0 then.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        trial = try container.decodeIfPresent(Int.self, forKey: .trial) ?? 0
        token = try container.decode(String.self, forKey: .token)
        observation = try container.decodeIfPresent(LenientObservation.self, forKey: .observation)
        finished = try container.decodeIfPresent(FinishedRecord.self, forKey: .finished)
    }

    /// The tell for the store.
    ///
    /// - Throws: `usage` when it says nothing, or something that cannot be.
    func checked() throws(TunerError) -> StoredTell {
        guard observation != nil || finished != nil else {
            throw TunerError(
                .usage, "trial \(trial) is told nothing of",
                help: "give 'observation' or 'finished', or both")
        }
        let shorterRuns = observation?.shorterRuns ?? []
        let told = [observation?.metrics, finished?.metrics] + shorterRuns.map(\.metrics)
        let names = told.compactMap { $0?.keys.sorted() }
        for name in names.joined() where !SweepParser.isSnakeCase(name) {
            throw TunerError(
                .usage, "'\(name)' is not the name of a metric", why: "names are snake_case, at most 64 long")
        }
        let numbers = [observation?.sequence, observation?.step, observation?.tokens, finished?.step]
        if let negative = numbers.compactMap(\.self).first(where: { $0 < 0 }) {
            throw TunerError(
                .usage, "'\(negative)' is not possible for trial \(trial)",
                why: "sequence, step and tokens count upwards from zero")
        }
        if let run = shorterRuns.first(where: { $0.tokenBudget < 1 }) {
            throw TunerError(
                .usage, "trial \(trial) contains no run of \(run.tokenBudget) tokens",
                why: "a shorter run has fewer tokens than its trial, and one at least")
        }
        var result: AttemptResult?
        if let finished {
            guard let known = finished.result, known != .paused else {
                throw TunerError(
                    .usage, "'\(finished.outcome)' is no outcome",
                    why: "there are completed, diverged, stopped (as it was told to), failed and interrupted "
                        + "(to give the trial back)")
            }
            result = known
        }
        return StoredTell(
            trial: trial, token: token, observation: observation?.observation, finished: result)
    }
}

/// The answer to a tell.
public struct TellAnswer: Sendable, Hashable, Codable {
    /// Whether a trial goes on.
    public enum Decision: String, Sendable, Hashable, Codable {
        /// Train on.
        case `continue`
        /// Nothing more is wanted of this attempt.
        case stop
    }
    /// Trial number.
    public var trial: Int
    /// Where the trial stands.
    public var state: TrialState
    /// Whether it goes on; `stop` for one that has ended.
    public var decision: Decision
    /// The end of its lease, while it runs.
    public var leaseExpiresAt: Date?

    enum CodingKeys: String, CodingKey {
        case trial, state, decision
        case leaseExpiresAt = "lease_expires_at"
    }
}

/// The answers to several tells, in their order.
public struct TellAnswers: Sendable, Codable {
    /// One for each tell.
    public var answers: [Item]

    /// An answer, or why there is none.
    public struct Item: Sendable, Codable {
        /// Trial number.
        public var trial: Int
        /// The answer to a tell that was taken.
        public var answer: TellAnswer?
        /// Why it was refused.
        public var problem: ProblemDocument?
    }
}
