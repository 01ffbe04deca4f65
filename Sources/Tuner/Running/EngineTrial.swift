import Engine
import Foundation

/// One attempt on the built-in engine, inside a worker.
struct EngineTrial {
    var spec: AttemptSpec
    var output: ProtocolWriter
    var stop: StopRequest
    var answers: AnswerBox
    var train: WorkerLoop.Training

    /// Trains to the end, reporting on the way.
    func run() -> AttemptResult {
        let start = ContinuousClock.now
        var sequence = 0
        var directive = TrialDirective.proceed
        do {
            let outcome = try train(
                try spec.trainingJob(), spec.optimizer,
                { observation in
                    sequence += 1
                    let elapsed = start.duration(to: .now)
                    output.write(
                        .observation(
                            Observation(
                                observation, sequence: sequence, elapsedSeconds: elapsed / .seconds(1))))
                    if spec.awaitsAnswers == true {
                        guard !output.isBroken,
                            let answer = answers.wait(attempt: spec.name, sequence: sequence)
                        else { throw AnswerLost() }
                        directive = answer
                    }
                    if output.isBroken { stop.request() }
                }, { stop.isRequested || directive != .proceed })
            return AttemptResult(outcome, told: directive)
        } catch {
            return AttemptResult(engineError: error)
        }
    }
}

/// The daemon is gone, perhaps before it wrote the observation down. No checkpoint may be ahead of what is stored: the
/// next attempt would never report it, and be judged by a later one.
struct AnswerLost: Error {}

extension AttemptResult {
    /// The end of a training, in the light of what the attempt was told last.
    init(_ outcome: TrainingOutcome, told directive: TrialDirective) {
        switch (outcome, directive) {
        case (.completed(let metrics), _): self = .completed(metrics: metrics)
        case (.diverged(let step, let metrics), _): self = .diverged(step: step, metrics: metrics)
        case (.interrupted, .proceed): self = .interrupted
        case (.interrupted, .stop): self = .stopped
        case (.interrupted, .pause): self = .paused
        }
    }

    /// What a training failed with.
    init(engineError error: any Error) {
        switch error {
        case is AnswerLost: self = .interrupted
        case let error as EngineError where error.code == "checkpoint-not-written":
            // The disk may have room again for the next attempt.
            self = .failed(reason: "\(error)", permanent: false)
        default:
            // The same job would fail the same way: the engine is deterministic.
            self = .failed(reason: "\(error)", permanent: true)
        }
    }
}

extension Observation {
    /// What the engine observed, in the words of the protocol. Most observations have no shorter runs and need not say so.
    init(_ found: TrainingObservation, sequence: Int, elapsedSeconds: Double) {
        self.init(
            sequence: sequence, step: found.step, tokens: found.tokens, metrics: found.metrics,
            elapsedSeconds: elapsedSeconds,
            shorterRuns: found.shorterRuns.isEmpty ? nil : found.shorterRuns)
    }
}

extension AttemptSpec {
    /// What the engine trains.
    ///
    /// - Throws: `failed` for an attempt of a command.
    func trainingJob() throws -> TrainingJob {
        guard let workload else {
            throw TunerError(.failed, "attempt '\(name)' has neither a workload nor a command")
        }
        // The batch size is the loop's, not the optimizer's, which refuses names it does not know.
        var hyperparameters = optimizer?.options ?? [:]
        hyperparameters.merge(self.hyperparameters) { _, searched in searched }
        hyperparameters["batch_size_tokens"] = nil
        return TrainingJob(
            workload: workload.name, workloadOptions: workload.options, hyperparameters: hyperparameters,
            schedule: schedule ?? LearningRateSchedule(), batchSizeTokens: batchSizeTokens,
            batchGrowth: batchGrowth, tokenBudget: tokenBudget, shorterBudgets: shorterBudgets ?? [],
            seed: seed,
            checkpointDirectory: checkpointDirectory.map { URL(filePath: $0, directoryHint: .isDirectory) })
    }
}
