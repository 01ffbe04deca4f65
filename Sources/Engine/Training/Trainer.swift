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
    /// is over.
    ///
    /// - Parameters:
    ///   - job: what to train.
    ///   - optimizer: makes the update rule. Not asked by `stream-least-squares`, which is plain SGD by itself.
    ///   - evaluator: measures the finished model once more, where the workload has noise to measure with.
    ///   - observe: called with every observation; what it throws ends the run and is passed on.
    ///   - shouldStop: asked between steps, about 20 times a second; true ends the run as `observe`'s `.stop` does.
    /// - Returns: how it ended; metrics hold finite numbers only.
    /// - Throws: `EngineError` for an unknown workload, a bad option or data file, a batch that is no multiple of the
    ///   sequence length, or a checkpoint that cannot be written; whatever `optimizer` and `observe` throw.
    public static func run(
        _ job: TrainingJob, optimizer: any OptimizerFactory,
        evaluator: (any EndOfTrialEvaluator)? = nil,
        observe: (TrainingObservation) throws -> TrainingDirective, shouldStop: () -> Bool = { false }
    ) throws -> TrainingOutcome {
        try check(job)
        if job.workload == StreamLeastSquares.descriptor.name {
            return try loop(job, RecursionSession(job), observe, shouldStop)
        }
        let workload = try WorkloadRegistry.builtIn.makeWorkload(
            job.workload, options: job.workloadOptions, Float.self)
        let session = try GradientSession(
            job, workload: workload, factory: optimizer, evaluator: evaluator)
        return try loop(job, session, observe, shouldStop)
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

    private static func check(_ job: TrainingJob) throws {
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

    /// What the loop keeps besides the session.
    struct RunState: Codable, Hashable {
        /// Steps done.
        var step = 0
        /// Sum of the losses since the last observation, and how many.
        var lossSum = 0.0
        var lossCount = 0
    }

    private static func loop(
        _ job: TrainingJob, _ initial: some TrainingSession,
        _ observe: (TrainingObservation) throws -> TrainingDirective, _ shouldStop: () -> Bool
    ) throws -> TrainingOutcome {
        var session = initial
        let plan = job.plan
        let steps = plan.steps
        // The schedule runs over tokens, counted in batches of the first stage: steps, unless the batch grows.
        let batches = max(1, (job.tokenBudget + job.batchSizeTokens - 1) / job.batchSizeTokens)
        var state = RunState()
        if let folder = job.checkpointDirectory,
            let found = Checkpoint.read(from: folder, job: job, kind: session.kind),
            found.progress.step <= steps,
            session.restore(found.buffers)
        {
            state = found.progress
        }
        let clock = ContinuousClock()
        var lastPoll = clock.now
        while state.step < steps {
            let done = plan.tokens(after: state.step) / job.batchSizeTokens
            let factor =
                job.schedule.factor(step: done, of: batches) * plan.stage(of: state.step).rateFactor
            guard let loss = try session.step(state.step, factor: factor) else {
                return diverged(job, session, state)
            }
            state.step += 1
            state.lossSum += loss
            state.lossCount += 1
            guard state.step < steps else { break }
            if isObserved(state.step, of: steps) {
                let found = metrics(job, session, state, full: false)
                guard found["validation_loss"]?.isFinite == true else { return diverged(job, session, state) }
                (state.lossSum, state.lossCount) = (0, 0)
                if try observe(observation(job, state.step, found)) == .stop {
                    return try interrupt(job, session, state)
                }
            }
            let now = clock.now
            if now - lastPoll >= .milliseconds(50) {
                lastPoll = now
                if shouldStop() { return try interrupt(job, session, state) }
            }
        }
        let found = metrics(job, session, state, full: true)
        guard found["validation_loss"]?.isFinite == true else { return diverged(job, session, state) }
        _ = try observe(observation(job, state.step, found))
        removeCheckpoint(job)
        return .completed(metrics: found)
    }

    /// Whether a step is one of the eighths of the run.
    private static func isObserved(_ step: Int, of steps: Int) -> Bool {
        let parts = observationsPerRun
        return step * parts / steps > (step - 1) * parts / steps
    }

    private static func observation(_ job: TrainingJob, _ step: Int, _ metrics: [String: Double])
        -> TrainingObservation
    {
        TrainingObservation(step: step, tokens: job.plan.tokens(after: step), metrics: metrics)
    }

    private static func metrics(
        _ job: TrainingJob, _ session: some TrainingSession, _ state: RunState, full: Bool
    ) -> [String: Double] {
        session.evaluate(step: state.step, full: full)
            .merging(accounts(job, session, state)) { own, _ in own }
    }

    /// The metrics that need no evaluation.
    private static func accounts(
        _ job: TrainingJob, _ session: some TrainingSession, _ state: RunState
    ) -> [String: Double] {
        let tokens = Double(job.plan.tokens(after: state.step))
        var metrics = ["tokens": tokens, "model_size": Double(session.modelSize)]
        metrics["epochs"] = session.trainingTokens.map { tokens / Double($0) } ?? min(1, tokens)
        metrics["loss_floor"] = session.lossFloor
        if state.lossCount > 0 { metrics["train_loss"] = state.lossSum / Double(state.lossCount) }
        return metrics
    }

    private static func diverged(
        _ job: TrainingJob, _ session: some TrainingSession, _ state: RunState
    ) -> TrainingOutcome {
        removeCheckpoint(job)
        return .diverged(
            step: state.step, metrics: accounts(job, session, state).filter { $0.value.isFinite })
    }

    private static func interrupt(
        _ job: TrainingJob, _ session: some TrainingSession, _ state: RunState
    ) throws -> TrainingOutcome {
        if let folder = job.checkpointDirectory {
            try Checkpoint(progress: state, buffers: session.buffers)
                .write(to: folder, job: job, kind: session.kind)
        }
        return .interrupted(step: state.step)
    }

    private static func removeCheckpoint(_ job: TrainingJob) {
        guard let folder = job.checkpointDirectory else { return }
        try? FileManager.default.removeItem(at: Checkpoint.file(in: folder))
    }

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
