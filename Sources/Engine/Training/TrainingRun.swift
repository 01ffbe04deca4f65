import Foundation

/// What a checkpoint holds besides the session's buffers.
struct TrainingProgress: Codable, Hashable {
    /// Steps done.
    var step = 0
    /// Sum of the losses since the last observation, and how many.
    var lossSum = 0.0
    var lossCount = 0
    /// Forks that are done with, and what they found.
    var forksDone = 0
    var shorterRuns: [ShorterRun] = []
}

/// One job on its way: what the loop keeps beside the session, advanced a step at a time, so that one thread can drive
/// a single run or several in turn.
///
/// Where a shorter run parts from this one, the session goes on as the shorter one to its end, and then back to where
/// they parted; an interruption on that way is one at the parting.
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
    private let forks: [RunFork]
    /// The shorter run that the session is on, its steps, and the session's buffers where they parted.
    private var detour: (fork: RunFork, step: Int, parting: [String: Data])?
    /// Shorter runs that this process has told of. A run that is taken up tells of all again: what told the daemon last may
    /// have died with it.
    private var told = 0
    private var isLost = false

    /// A run at its start, or where a checkpoint of the same job in `job.checkpointDirectory` left it.
    init(_ job: TrainingJob, _ session: Session) {
        self.job = job
        self.session = session
        plan = job.plan
        forks = RunFork.forks(of: job)
        if let folder = job.checkpointDirectory,
            let found = Checkpoint.read(from: folder, job: job, kind: session.kind),
            found.progress.step <= plan.steps,
            self.session.restore(found.buffers)
        {
            progress = found.progress
            takeForks()
        }
    }

    /// Steps done, on a shorter run while it is on one.
    var step: Int { detour?.step ?? progress.step }

    /// Takes one step; at the end of the budget evaluates the model.
    ///
    /// - Returns: what it led to.
    /// - Throws: what the optimizer throws.
    mutating func advance() throws -> Event {
        if isLost { return diverged() }
        if detour != nil {
            try advanceDetour()
        } else if progress.step < steps {
            let factor = rateFactor(step: progress.step, tokenBudget: job.tokenBudget)
            guard let loss = try session.step(progress.step, factor: factor) else { return diverged() }
            progress.step += 1
            progress.lossSum += loss
            progress.lossCount += 1
        }
        takeForks()
        if detour != nil { return .step }
        let isLast = progress.step >= steps
        guard isLast || isObserved(progress.step) else { return .step }
        let found = session.evaluate(step: progress.step, full: isLast)
            .merging(accounts(at: progress.step)) { own, _ in own }
        guard found["validation_loss"]?.isFinite == true else { return diverged() }
        let observation = TrainingObservation(
            step: progress.step, tokens: plan.tokens(after: progress.step), metrics: found,
            shorterRuns: untoldShorterRuns())
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
        if isLost { return loss() }
        if let folder = job.checkpointDirectory {
            try Checkpoint(progress: progress, buffers: detour?.parting ?? session.buffers)
                .write(to: folder, job: job, kind: session.kind)
        }
        return .interrupted(step: progress.step)
    }

    /// Parts from the shorter runs that end with this step or begin to decay after it, one at a time.
    private mutating func takeForks() {
        while detour == nil, progress.forksDone < forks.count,
            forks[progress.forksDone].shared == progress.step
        {
            let fork = forks[progress.forksDone]
            if fork.steps == progress.step {
                end(fork)
            } else {
                detour = (fork, progress.step, session.buffers)
            }
        }
    }

    /// Takes a step of a shorter run; at its end, or when it is lost, the session is back on the long one.
    private mutating func advanceDetour() throws {
        guard let (fork, step, parting) = detour else { return }
        let factor = rateFactor(step: step, tokenBudget: fork.tokenBudget)
        let isLost = try session.step(step, factor: factor) == nil
        detour?.step += 1
        guard isLost || step + 1 == fork.steps else { return }
        if isLost { progress.forksDone += 1 } else { end(fork) }
        detour = nil
        guard session.restore(parting) else {
            throw EngineError(
                code: "not-restored",
                message: "a run could not go back to where a shorter one had parted from it",
                why: "its optimizer does not take back the state it gave",
                help: "leave shorter runs out: shorter_runs: off")
        }
    }

    /// Notes what a shorter run, on which the session is, ends with.
    private mutating func end(_ fork: RunFork) {
        progress.forksDone += 1
        var found = session.evaluate(step: fork.steps, full: true)
            .merging(accounts(at: fork.steps)) { own, _ in own }
        // The mean over a window of the long run.
        found["train_loss"] = nil
        guard found["validation_loss"]?.isFinite == true else { return }
        progress.shorterRuns.append(
            ShorterRun(tokenBudget: fork.tokenBudget, metrics: found.filter { $0.value.isFinite }))
    }

    /// The schedule's factor of a step, and the growing batch's. The schedule runs over tokens, counted in batches of the
    /// first stage: steps, unless the batch grows.
    private func rateFactor(step: Int, tokenBudget: Int) -> Double {
        let done = plan.tokens(after: step) / job.batchSizeTokens
        let batches = max(1, (tokenBudget + job.batchSizeTokens - 1) / job.batchSizeTokens)
        return job.schedule.factor(step: done, of: batches) * plan.stage(of: step).rateFactor
    }

    /// Whether a step is one of the eighths of the run.
    private func isObserved(_ step: Int) -> Bool {
        let parts = Trainer.observationsPerRun
        return step * parts / steps > (step - 1) * parts / steps
    }

    /// The metrics that need no evaluation.
    private func accounts(at step: Int) -> [String: Double] {
        let tokens = Double(plan.tokens(after: step))
        var metrics = ["tokens": tokens, "model_size": Double(session.modelSize)]
        metrics["epochs"] = session.trainingTokens.map { tokens / Double($0) } ?? min(1, tokens)
        metrics["loss_floor"] = session.lossFloor
        if progress.lossCount > 0 { metrics["train_loss"] = progress.lossSum / Double(progress.lossCount) }
        return metrics
    }

    private mutating func untoldShorterRuns() -> [ShorterRun] {
        defer { told = progress.shorterRuns.count }
        return Array(progress.shorterRuns[told...])
    }

    /// The end of a run that is lost; what it has not told of shorter ones comes before.
    private mutating func diverged() -> Event {
        let untold = untoldShorterRuns()
        guard untold.isEmpty else {
            isLost = true
            let metrics = accounts(at: progress.step).filter { $0.value.isFinite }
            return .observation(
                TrainingObservation(
                    step: progress.step, tokens: plan.tokens(after: progress.step), metrics: metrics,
                    shorterRuns: untold))
        }
        return .diverged(loss())
    }

    /// How a run that is lost ends: its checkpoint goes.
    private func loss() -> TrainingOutcome {
        removeCheckpoint()
        return .diverged(
            step: progress.step, metrics: accounts(at: progress.step).filter { $0.value.isFinite })
    }

    private func removeCheckpoint() {
        guard let folder = job.checkpointDirectory else { return }
        try? FileManager.default.removeItem(at: Checkpoint.file(in: folder))
    }
}
