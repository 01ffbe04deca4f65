import Engine
import Foundation
import Testing

@testable import Tuner

/// How a decision reaches a trial: the worker's side of an answer.
@Suite struct AnswerTests {
    private func engineSpec(_ folder: ScratchFolder, trial: Int = 1) -> AttemptSpec {
        var spec = AttemptSpec.sample(in: folder, trial: trial)
        spec.workload = .init(name: "stream-least-squares", options: ["modes": .integer(500)])
        spec.optimizer = .init(name: "sgd", options: [:])
        spec.schedule = LearningRateSchedule(shape: .constant)
        spec.hyperparameters = ["learning_rate": .real(0.01), "batch_size_tokens": .integer(1)]
        (spec.batchSizeTokens, spec.tokenBudget, spec.steps) = (1, 800, 800)
        spec.checkpointDirectory = folder.url.appending(path: "checkpoint-\(trial)").path
        spec.awaitsAnswers = true
        return spec
    }

    /// Runs an attempt; the answers are `proceed` up to a sequence, then `directive`.
    private func run(
        _ worker: InProcessWorker, _ spec: AttemptSpec, at sequence: Int = .max,
        _ directive: TrialDirective = .stop
    ) async throws -> (observations: [Observation], result: AttemptResult?) {
        try worker.send(spec)
        return await worker.untilFinished { observation in
            TrialAnswer(
                attempt: spec.name, sequence: observation.sequence,
                directive: observation.sequence >= sequence ? directive : .proceed)
        }
    }

    @Test func anEngineTrialEndsAtTheObservationItIsToldToEndAt() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            for sequence in [1, 3, 7] {
                let (observations, result) = try await run(
                    worker, engineSpec(folder, trial: sequence), at: sequence)
                // Not one step further: the trial waited for the answer.
                #expect(observations.map(\.sequence) == Array(1...sequence))
                #expect(result == .stopped)
            }
            // The worker stays warm, and an attempt that nobody stops completes. At the end there is nothing to stop.
            for last in [Int.max, 8] {
                let (observations, result) = try await run(worker, engineSpec(folder, trial: 9), at: last)
                #expect(observations.count == 8)
                guard case .completed? = result else {
                    Issue.record("\(String(describing: result))")
                    return
                }
            }
            worker.hangUp()
            #expect(await worker.close() == 0)
        }
    }

    @Test func aPausedTrialGoesOnFromItsCheckpointToTheSameBits() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            let (all, expected) = try await run(worker, engineSpec(folder, trial: 1))
            let (first, paused) = try await run(worker, engineSpec(folder, trial: 2), at: 3, .pause)
            #expect(paused == .paused)
            var second = engineSpec(folder, trial: 2)
            (second.attempt, second.name) = (2, "td-00000000-2-2")
            let (rest, result) = try await run(worker, second)
            #expect(result == expected)
            #expect(first.map(\.metrics) + rest.map(\.metrics) == all.map(\.metrics))
            #expect(rest.first?.step == 400)
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func aTrialThatWaitsForAnAnswerEndsWithItsDaemon() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            try worker.send(engineSpec(folder))
            let (observations, result) = await worker.untilFinished { _ in
                worker.hangUp()
                return nil
            }
            #expect(observations.count == 1)
            #expect(result == .interrupted)
            #expect(await worker.close() == 0)
            // A checkpoint would hide the observation that perhaps nobody has taken.
            let folder = try #require(engineSpec(folder).checkpointDirectory)
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func aCommandIsEndedWhenItIsTold() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker()
            let spec = AttemptSpec.script(
                in: folder, "echo step 1 loss 2.5; sleep 600",
                pattern: "step (?<step>[0-9]+) loss (?<validation_loss>[0-9.]+)")
            let (observations, result) = try await run(worker, spec, at: 1)
            #expect(observations.map(\.step) == [1])
            #expect(result == .stopped)
            // The daemon finds it again if it dies before it is written down.
            #expect(AttemptDirectory(path: spec.directory).result() == .stopped)
            // An answer to an attempt that is over concerns nobody.
            try worker.send(TrialAnswer(attempt: spec.name, sequence: 2, directive: .stop))
            var second = AttemptSpec.script(
                in: folder, #"echo '{"observation":{"metrics":{"validation_loss":1}}}'"#)
            (second.attempt, second.name) = (2, "td-00000000-1-2")
            let next = try await run(worker, second)
            #expect(next.result == .completed(metrics: ["validation_loss": 1, "tokens": 1000]))
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func answersSurviveTheWireAndAreNotTakenForAttempts() throws {
        let answer = TrialAnswer(attempt: "td-1-2", sequence: 3, directive: .proceed)
        let line = Array(try TrialProtocol.line(answer).dropLast())
        #expect(TrialProtocol.answer(line) == answer)
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"answer":{"attempt":"td-1-2","directive":"continue","sequence":3}}"#)
        #expect(TrialProtocol.answer(Array(#"{"attempt":1}"#.utf8)) == nil)
        #expect(TrialProtocol.answer(Array(#"{"answer":{}}"#.utf8)) == nil)
    }
}
