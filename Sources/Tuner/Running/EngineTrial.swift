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
                try job(), spec.optimizer,
                { observation in
                    sequence += 1
                    let elapsed = start.duration(to: .now)
                    output.write(
                        .observation(
                            Observation(
                                sequence: sequence, step: observation.step, tokens: observation.tokens,
                                metrics: observation.metrics, elapsedSeconds: elapsed / .seconds(1))))
                    if spec.awaitsAnswers == true {
                        guard !output.isBroken,
                            let answer = answers.wait(attempt: spec.name, sequence: sequence)
                        else { throw AnswerLost() }
                        directive = answer
                    }
                    if output.isBroken { stop.request() }
                }, { stop.isRequested || directive != .proceed })
            switch outcome {
            case .completed(let metrics): return .completed(metrics: metrics)
            case .diverged(let step, let metrics): return .diverged(step: step, metrics: metrics)
            case .interrupted:
                switch directive {
                case .proceed: return .interrupted
                case .stop: return .stopped
                case .pause: return .paused
                }
            }
        } catch is AnswerLost {
            return .interrupted
        } catch let error as EngineError where error.code == "checkpoint-not-written" {
            // The disk may have room again for the next attempt.
            return .failed(reason: "\(error)", permanent: false)
        } catch {
            // The same job would fail the same way: the engine is deterministic.
            return .failed(reason: "\(error)", permanent: true)
        }
    }

    /// The daemon is gone, perhaps before it wrote the observation down. No checkpoint may be ahead of what is stored:
    /// the next attempt would never report it, and be judged by a later one.
    private struct AnswerLost: Error {}

    private func job() throws -> TrainingJob {
        guard let workload = spec.workload else {
            throw TunerError(.failed, "attempt '\(spec.name)' has neither a workload nor a command")
        }
        // The batch size is the loop's, not the optimizer's, which refuses names it does not know.
        var hyperparameters = spec.optimizer?.options ?? [:]
        hyperparameters.merge(spec.hyperparameters) { _, searched in searched }
        hyperparameters["batch_size_tokens"] = nil
        return TrainingJob(
            workload: workload.name, workloadOptions: workload.options,
            hyperparameters: hyperparameters,
            schedule: spec.schedule ?? LearningRateSchedule(), batchSizeTokens: spec.batchSizeTokens,
            batchGrowth: spec.batchGrowth, tokenBudget: spec.tokenBudget, seed: spec.seed,
            checkpointDirectory: spec.checkpointDirectory.map {
                URL(filePath: $0, directoryHint: .isDirectory)
            })
    }
}
