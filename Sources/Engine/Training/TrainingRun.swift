import Foundation

/// What a checkpoint holds besides the session's buffers.
struct TrainingProgress: Codable, Hashable {
    /// Steps done.
    var step = 0
    /// Sum of the losses since the last observation, and how many.
    var lossSum = 0.0
    var lossCount = 0
}

/// One job on its way: what the loop keeps beside the session, advanced a step at a time, so that one thread can drive
/// a single run or several in turn.
struct TrainingRun<Session: TrainingSession> {
    /// What a step led to.
    enum Event {
        /// Nothing to report.
        case step
        /// One of the observations on the way.
        case observation(TrainingObservation)
        /// The observation at the end of the budget; `conclude` gives the outcome.
        case last(TrainingObservation)
        /// The run is lost.
        case diverged(TrainingOutcome)
    }

    let job: TrainingJob
    /// The batch of every step.
    private let plan: BatchPlan
    private var steps: Int { plan.steps }
    private(set) var session: Session
    private var progress = TrainingProgress()
    private var final: [String: Double] = [:]

    /// A run at its start, or where a checkpoint of the same job in `job.checkpointDirectory` left it.
    init(_ job: TrainingJob, _ session: Session) {
        self.job = job
        self.session = session
        plan = job.plan
        if let folder = job.checkpointDirectory,
            let found = Checkpoint.read(from: folder, job: job, kind: session.kind),
            found.progress.step <= plan.steps,
            self.session.restore(found.buffers)
        {
            progress = found.progress
        }
    }

    /// Steps done.
    var step: Int { progress.step }

    /// Takes one step; at the end of the budget evaluates the model.
    ///
    /// - Returns: what it led to.
    /// - Throws: what the optimizer throws.
    mutating func advance() throws -> Event {
        if progress.step < steps {
            let factor = rateFactor
            guard let loss = try session.step(progress.step, factor: factor) else { return diverged() }
            progress.step += 1
            progress.lossSum += loss
            progress.lossCount += 1
        }
        let isLast = progress.step >= steps
        guard isLast || isObserved(progress.step) else { return .step }
        let found = session.evaluate(step: progress.step, full: isLast)
            .merging(accounts) { own, _ in own }
        guard found["validation_loss"]?.isFinite == true else { return diverged() }
        let observation = TrainingObservation(
            step: progress.step, tokens: plan.tokens(after: progress.step), metrics: found)
        if isLast {
            final = found
            return .last(observation)
        }
        (progress.lossSum, progress.lossCount) = (0, 0)
        return .observation(observation)
    }

    /// Ends a run that has reached its budget: its checkpoint goes.
    func conclude() -> TrainingOutcome {
        removeCheckpoint()
        return .completed(metrics: final)
    }

    /// Ends a run on its way, with a checkpoint if the job has a folder for it.
    ///
    /// - Throws: `EngineError` when the checkpoint cannot be written.
    func interrupt() throws -> TrainingOutcome {
        if let folder = job.checkpointDirectory {
            try Checkpoint(progress: progress, buffers: session.buffers)
                .write(to: folder, job: job, kind: session.kind)
        }
        return .interrupted(step: progress.step)
    }

    /// The schedule's factor of the next step, and the growing batch's. The schedule runs over tokens, counted in batches of
    /// the first stage: steps, unless the batch grows.
    private var rateFactor: Double {
        let done = plan.tokens(after: progress.step) / job.batchSizeTokens
        let batches = max(1, (job.tokenBudget + job.batchSizeTokens - 1) / job.batchSizeTokens)
        return job.schedule.factor(step: done, of: batches) * plan.stage(of: progress.step).rateFactor
    }

    /// Whether a step is one of the eighths of the run.
    private func isObserved(_ step: Int) -> Bool {
        let parts = Trainer.observationsPerRun
        return step * parts / steps > (step - 1) * parts / steps
    }

    /// The metrics that need no evaluation.
    private var accounts: [String: Double] {
        let tokens = Double(plan.tokens(after: progress.step))
        var metrics = ["tokens": tokens, "model_size": Double(session.modelSize)]
        metrics["epochs"] = session.trainingTokens.map { tokens / Double($0) } ?? min(1, tokens)
        metrics["loss_floor"] = session.lossFloor
        if progress.lossCount > 0 { metrics["train_loss"] = progress.lossSum / Double(progress.lossCount) }
        return metrics
    }

    private func diverged() -> Event {
        removeCheckpoint()
        return .diverged(.diverged(step: progress.step, metrics: accounts.filter { $0.value.isFinite }))
    }

    private func removeCheckpoint() {
        guard let folder = job.checkpointDirectory else { return }
        try? FileManager.default.removeItem(at: Checkpoint.file(in: folder))
    }
}
