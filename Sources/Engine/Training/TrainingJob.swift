public import Foundation

/// One training run, complete: the same job gives the same bits on the same machine, alone or beside others.
public struct TrainingJob: Sendable, Hashable, Codable {
    /// Built-in problem.
    public var workload: String
    /// Its options; absent ones take the descriptor's default.
    public var workloadOptions: [String: HyperparameterValue]
    /// Everything the optimizer reads, `learning_rate` (peak) included.
    public var hyperparameters: [String: HyperparameterValue]
    /// Shape of the learning rate over the run.
    public var schedule: LearningRateSchedule
    /// Tokens per optimizer step; of the first stage when the batch grows.
    public var batchSizeTokens: Int
    /// How the batch grows on the way; `nil`: it does not.
    public var batchGrowth: BatchGrowth?
    /// Tokens of the whole run; `steps = ceil(token_budget / batch_size_tokens)`.
    public var tokenBudget: Int
    /// Budgets of shorter runs that this one is to answer for as well, where its schedule contains them; others are
    /// ignored. Under `wsd` each costs its decay.
    public var shorterBudgets: [Int]
    /// Seed of the initial weights and of the order of the data.
    public var seed: UInt64
    /// Where a checkpoint is written when the run is interrupted, and looked for when it starts; `nil`: nowhere.
    public var checkpointDirectory: URL?

    /// Number of optimizer steps, rounded up so that the budget is reached.
    public var steps: Int { plan.steps }

    /// Which tokens each step takes.
    var plan: BatchPlan { BatchPlan(batch: batchSizeTokens, budget: tokenBudget, growth: batchGrowth) }

    /// A job.
    public init(
        workload: String, workloadOptions: [String: HyperparameterValue] = [:],
        hyperparameters: [String: HyperparameterValue], schedule: LearningRateSchedule = .init(),
        batchSizeTokens: Int, batchGrowth: BatchGrowth? = nil, tokenBudget: Int,
        shorterBudgets: [Int] = [], seed: UInt64, checkpointDirectory: URL? = nil
    ) {
        self.workload = workload
        self.workloadOptions = workloadOptions
        self.hyperparameters = hyperparameters
        self.schedule = schedule
        self.batchSizeTokens = batchSizeTokens
        self.batchGrowth = batchGrowth
        self.tokenBudget = tokenBudget
        self.shorterBudgets = shorterBudgets
        self.seed = seed
        self.checkpointDirectory = checkpointDirectory
    }
}

/// Shape of the learning rate over a run, as factors of its peak.
public struct LearningRateSchedule: Sendable, Hashable, Codable {
    /// The decay.
    public enum Shape: String, Sendable, Hashable, Codable, CaseIterable {
        /// Stays at the peak.
        case constant
        /// Half a cosine down to zero.
        case cosine
        /// A straight line down to zero.
        case linear
        /// Stays at the peak, then a straight line down to zero over the last `decayFraction`.
        case wsd
    }

    /// The decay.
    public var shape: Shape
    /// Fraction of the run spent on a linear warm-up from zero.
    public var warmupFraction: Double
    /// Fraction of the run spent on the decay of `wsd`.
    public var decayFraction: Double

    /// Defaults: cosine to zero without warm-up; 0.2 is the decay share most often used with `wsd`.
    public init(shape: Shape = .cosine, warmupFraction: Double = 0, decayFraction: Double = 0.2) {
        self.shape = shape
        self.warmupFraction = warmupFraction
        self.decayFraction = decayFraction
    }
}

/// What a run reports on its way.
public struct TrainingObservation: Sendable, Hashable {
    /// Steps done.
    public var step: Int
    /// Tokens seen.
    public var tokens: Int
    /// Metric name to value.
    public var metrics: [String: Double]
    /// Shorter runs whose ends were found since the last observation.
    public var shorterRuns: [ShorterRun]

    /// An observation.
    public init(step: Int, tokens: Int, metrics: [String: Double], shorterRuns: [ShorterRun] = []) {
        self.step = step
        self.tokens = tokens
        self.metrics = metrics
        self.shorterRuns = shorterRuns
    }
}

/// How a run ended.
public enum TrainingOutcome: Sendable, Hashable {
    /// The whole budget was spent. Metrics hold at least the workload's default metric, `tokens`, `epochs` and
    /// `model_size`, and `loss_floor` where it is known.
    case completed(metrics: [String: Double])
    /// The loss left the finite or grew beyond its start: the hyperparameters are too large.
    case diverged(step: Int, metrics: [String: Double])
    /// Asked to stop; a checkpoint was written when the job names a directory.
    case interrupted(step: Int)
}
