import Foundation

/// What the caller wants after an observation.
public enum TrainingDirective: Sendable, Hashable {
    /// Go on.
    case proceed
    /// Write a checkpoint, if the job has a folder for it, and end as interrupted.
    case stop
}

/// Runs training jobs: the loop around a workload and an optimizer.
public enum Trainer {
    /// How many observations a run gives, the last one at its end.
    public static let observationsPerRun = 8

    /// Runs one job to its end, on the calling thread.
    ///
    /// Observations come at eighths of the run. Those on the way use a fixed part of the validation set; the last
    /// one, which is also in the outcome, uses all of it. `train_loss` is the mean over the steps since the
    /// observation before. A checkpoint of the same job in `job.checkpointDirectory` is taken up, and the run ends
    /// with the same bits as one that was never interrupted; a damaged one is ignored. It is removed when the run
    /// is over. An observation also brings what the runs of `job.shorterBudgets` end with that were passed since the last.
    ///
    /// - Parameters:
    ///   - job: what to train.
    ///   - optimizer: makes the update rule. Not asked by `stream-least-squares`, which is plain SGD by itself.
    ///   - shelf: keeps the workload for the next job that wants the same; `nil`: it is made anew.
    ///   - evaluator: measures the finished model once more, where the workload has noise to measure with.
    ///   - observe: called with every observation; what it throws ends the run and is passed on.
    ///   - shouldStop: asked between steps, about 20 times a second; true ends the run as `observe`'s `.stop` does.
    /// - Returns: how it ended; metrics hold finite numbers only.
    /// - Throws: `EngineError` for an unknown workload, a bad option or data file, a batch that is no multiple of the
    ///   sequence length, or a checkpoint that cannot be written; whatever `optimizer` and `observe` throw.
    public static func run(
        _ job: TrainingJob, optimizer: any OptimizerFactory, shelf: WorkloadShelf? = nil,
        evaluator: (any EndOfTrialEvaluator)? = nil,
        observe: (TrainingObservation) throws -> TrainingDirective, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try check(job)
        if job.workload == StreamLeastSquares.descriptor.name {
            return try loop(job, RecursionSession(job), observe, shouldStop)
        }
        return try (shelf ?? WorkloadShelf()).with(job.workload, options: job.workloadOptions) { workload in
            let session = try GradientSession(
                job, workload: workload, factory: optimizer, evaluator: evaluator)
            return try loop(job, session, observe, shouldStop)
        }
    }

    /// Runs a job whose session was made elsewhere: the same loop, observations and checkpoints.
    ///
    /// - Parameters:
    ///   - job: what to train; its workload and hyperparameters are the session's business.
    ///   - session: the run at its start.
    ///   - observe: called with every observation; what it throws ends the run and is passed on.
    ///   - shouldStop: asked between steps; true ends the run as `observe`'s `.stop` does.
    /// - Returns: how it ended.
    /// - Throws: `EngineError` for sizes that are not positive or a checkpoint that cannot be written; whatever
    ///   `observe` throws.
    public static func run(
        _ job: TrainingJob, session: some TrainingSession,
        observe: (TrainingObservation) throws -> TrainingDirective, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try check(job)
        return try loop(job, session, observe, shouldStop)
    }

    static func check(_ job: TrainingJob) throws {
        guard job.batchSizeTokens > 0 else {
            throw EngineError.badOption("batch_size_tokens \(job.batchSizeTokens) is not positive")
        }
        guard job.tokenBudget > 0 else {
            throw EngineError.badOption("token_budget \(job.tokenBudget) is not positive")
        }
        guard let growth = job.batchGrowth else { return }
        guard growth.startTokens >= job.batchSizeTokens else {
            throw EngineError.badOption(
                "batch_growth starts after \(growth.startTokens) tokens, and a batch has \(job.batchSizeTokens)",
                why: "the first stage is the run that was tuned: at least one step",
                help: "raise 'start_tokens', or take smaller batches")
        }
        guard BatchGrowth.factors.contains(growth.factor) else {
            throw EngineError.badOption(
                "the factor of batch_growth is \(growth.factor)",
                help:
                    "it is a whole number from \(BatchGrowth.factors.lowerBound) to \(BatchGrowth.factors.upperBound)"
            )
        }
    }

    private static func loop(
        _ job: TrainingJob, _ session: some TrainingSession,
        _ observe: (TrainingObservation) throws -> TrainingDirective, _ shouldStop: () -> Bool
    ) throws -> TrainingOutcome {
        var run = TrainingRun(job, session)
        let clock = ContinuousClock()
        var lastPoll = clock.now
        while true {
            switch try run.advance() {
            case .step: break
            case .observation(let observation):
                if try observe(observation) == .stop { return try run.interrupt() }
            case .last(let observation):
                _ = try observe(observation)
                return run.conclude()
            case .diverged(let outcome): return outcome
            }
            let now = clock.now
            if now - lastPoll >= pollInterval {
                lastPoll = now
                if shouldStop() { return try run.interrupt() }
            }
        }
    }

    /// Between two questions whether to stop.
    static let pollInterval = Duration.milliseconds(50)

    /// The peak learning rate of a job.
    static func learningRate(of job: TrainingJob) throws -> Double {
        guard let rate = job.hyperparameters["learning_rate"]?.number, rate.isFinite, rate >= 0 else {
            let given =
                job.hyperparameters["learning_rate"].map { "learning_rate '\($0)'" } ?? "no learning_rate"
            throw EngineError.badOption(
                given, why: "a run needs the peak of its learning rate, zero or positive")
        }
        return rate
    }
}
