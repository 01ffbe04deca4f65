import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct WorkerLoopTests {
    @Test func attemptsAreTrainedOneAfterAnother() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker { job, optimizer, observe, _ in
                // Known to the loop, not to optimizers.
                #expect(job.hyperparameters["batch_size_tokens"] == nil)
                try observe(TrainingObservation(step: 5, tokens: 500, metrics: ["validation_loss": 3]))
                try observe(TrainingObservation(step: 10, tokens: 1000, metrics: ["validation_loss": 2]))
                let rate = job.hyperparameters["learning_rate"]?.number ?? 0
                let momentum = job.hyperparameters["momentum"]?.number ?? 0
                return .completed(metrics: [
                    "rate": rate, "momentum": momentum, "seed": Double(job.seed),
                    "named": optimizer?.name == "sgd" ? 1 : 0,
                ])
            }
            for trial in 1...3 {
                var spec = AttemptSpec.sample(in: folder, trial: trial)
                spec.hyperparameters["batch_size_tokens"] = .integer(100)
                try worker.send(spec)
            }
            for _ in 1...3 {
                let (observations, result) = await worker.untilFinished()
                #expect(observations.map(\.sequence) == [1, 2])
                #expect(observations.map(\.step) == [5, 10])
                #expect(result == .completed(metrics: ["rate": 0.1, "momentum": 0.5, "seed": 7, "named": 1]))
            }
            worker.hangUp()
            #expect(await worker.close() == 0)
            // Short trials leave nothing on the disk.
            #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "attempts").path))
        }
    }

    @Test func theEndOfTheInputStopsTheTrialUnderWay() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker { _, _, observe, shouldStop in
                try observe(TrainingObservation(step: 1, tokens: 100, metrics: [:]))
                while !shouldStop() { usleep(1000) }
                return .interrupted(step: 4)
            }
            try worker.send(.sample(in: folder))
            try worker.send(.sample(in: folder, trial: 2))
            try await Task.sleep(for: .milliseconds(50))
            worker.hangUp()
            #expect(await worker.untilFinished().result == .interrupted)
            // What was handed over and not begun is interrupted too.
            #expect(await worker.untilFinished().result == .interrupted)
            #expect(await worker.close() == 0)
        }
    }

    @Test func theEndOfTheInputEndsACommandWithItsWholeGroup() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker()
            let file = folder.url.appending(path: "pids")
            try worker.send(.script(in: folder, "sleep 600 & echo $$ $! > pids.new; mv pids.new pids; wait"))
            #expect(await eventually { FileManager.default.fileExists(atPath: file.path) })
            let pids = try String(contentsOf: file, encoding: .utf8).split { !$0.isNumber }.compactMap {
                Int($0)
            }
            #expect(pids.count == 2)
            worker.hangUp()
            #expect(await worker.untilFinished().result == .interrupted)
            #expect(await eventually { !pids.contains(where: isRunning) })
            #expect(await worker.close() == 0)
        }
    }

    @Test func whatTheEngineRefusesFailsForGoodWithItsText() async throws {
        struct Refusal: Error, CustomStringConvertible {
            let description = "batch_size_tokens 0 is not positive"
        }
        try await withScratchFolder { folder in
            let worker = InProcessWorker { _, _, _, _ in throw Refusal() }
            try worker.send(.sample(in: folder))
            #expect(
                await worker.untilFinished().result
                    == .failed(reason: "batch_size_tokens 0 is not positive", permanent: true))
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func anInterruptedEngineTrialGoesOnFromItsCheckpointToTheSameNumbers() async throws {
        try await withScratchFolder { folder in
            func attempt(_ trial: Int) -> AttemptSpec {
                var spec = AttemptSpec.sample(in: folder, trial: trial)
                spec.workload = .init(name: "stream-least-squares", options: ["modes": .integer(30_000)])
                spec.optimizer = .init(name: "sgd", options: [:])
                spec.hyperparameters = ["learning_rate": .real(0.01), "batch_size_tokens": .integer(1)]
                (spec.batchSizeTokens, spec.tokenBudget, spec.steps) = (1, 12_000, 12_000)
                spec.checkpointDirectory = folder.url.appending(path: "checkpoint-\(trial)").path
                return spec
            }
            let whole = InProcessWorker(train: WorkerLoop.builtIn)
            try whole.send(attempt(1))
            let (observations, expected) = await whole.untilFinished()
            whole.hangUp()
            _ = await whole.close()
            #expect(observations.count == 8)
            guard case .completed? = expected else {
                Issue.record("\(String(describing: expected))")
                return
            }

            let broken = InProcessWorker(train: WorkerLoop.builtIn)
            try broken.send(attempt(2))
            try await Task.sleep(for: .milliseconds(100))
            broken.hangUp()
            let interrupted = await broken.untilFinished().result
            _ = await broken.close()
            let resumed = InProcessWorker(train: WorkerLoop.builtIn)
            try resumed.send(attempt(2))
            let (rest, result) = await resumed.untilFinished()
            resumed.hangUp()
            _ = await resumed.close()
            #expect(interrupted == .interrupted)
            #expect(result == expected)
            #expect(rest.last?.step == 12_000)
        }
    }

    @Test func whatTheRegistriesDoNotKnowFailsForGood() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker(train: WorkerLoop.builtIn)
            var spec = AttemptSpec.sample(in: folder)
            try worker.send(spec)
            let workload = await worker.untilFinished().result
            #expect(workload?.reason?.contains("unknown workload 'fake'") == true)
            #expect(workload?.isPermanentFailure == true)
            spec.optimizer = .init(name: "sdg", options: [:])
            try worker.send(spec)
            #expect(await worker.untilFinished().result?.reason?.contains("no optimizer 'sdg'") == true)
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func anotherVersionOfTheProtocolIsRefused() async throws {
        try await withScratchFolder { folder in
            let worker = InProcessWorker()
            var spec = AttemptSpec.sample(in: folder)
            spec.protocolVersion = 2
            try worker.send(spec)
            #expect(await worker.untilFinished().result?.reason?.contains("version 2") == true)
            worker.hangUp()
            _ = await worker.close()
        }
    }

    @Test func resultsThatAreNotFiniteSurviveTheWire() throws {
        let result = AttemptResult.diverged(
            step: 3, metrics: ["validation_loss": .infinity, "ratio": -.infinity])
        let line = try TrialProtocol.line(.finished(result))
        #expect(TrialProtocol.parse(Array(line.dropLast())) == .finished(result))
        for text in ["", "{", "{}", "[1]", #"{"observation":{}}"#, #"{"finished":{"outcome":"odd"}}"#] {
            #expect(TrialProtocol.parse(Array(text.utf8)) == .log(text))
        }
    }
}
