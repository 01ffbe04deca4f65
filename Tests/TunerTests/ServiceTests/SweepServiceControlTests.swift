import Foundation
import Testing

@testable import Tuner

@Suite struct SweepServiceControlTests {
    @Test func aPausedSweepFinishesWhatRunsAndStartsNothing() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner(delay: 0.4)
            let (service, _) = try ServiceFixture(folder: folder, runner: runner, slots: 2).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { runner.log.count == 2 })
            #expect(try await service.pause("alpha").state == .paused)
            await service.waitUntilIdle()
            #expect(runner.log.count == 2)
            #expect(try await service.summary(of: "alpha").trials == [.completed: 2, .waiting: 2])
            let error = await #expect(throws: TunerError.self) { try await service.pause("alpha") }
            #expect(error?.code == .conflict)
            #expect(try await service.resume("alpha").state == .running)
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").state == .completed)
        }
    }

    @Test func cancellingEndsRunningTrialsAndKeepsResults() async throws {
        try await withScratchFolder { folder in
            let runner = FakeRunner(endless: ["alpha/2.1"])
            let (service, _) = try ServiceFixture(folder: folder, runner: runner, slots: 1).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { runner.log.count == 2 })
            #expect(try await service.cancel("alpha").state == .cancelled)
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").trials == [.completed: 1, .cancelled: 3])
            await #expect(throws: TunerError.self) { try await service.resume("alpha") }
            try await service.remove("alpha")
            let error = await #expect(throws: TunerError.self) { try await service.summary(of: "alpha") }
            #expect(error?.code == .notFound)
            // The name is free again.
            _ = try await service.submit(ServiceFixture.source("alpha", more: "seed: 3"))
            #expect(await eventually { runner.log.count == 4 })
            #expect(runner.log.suffix(2) == ["alpha/1.1", "alpha/2.1"])
            await service.drain()
        }
    }

    @Test func cancelAtAnyMomentLeavesNothingOpen() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 0.003)).open()
            try await service.start()
            for index in 0..<15 {
                _ = try await service.submit(ServiceFixture.source("sweep-\(index)"))
                try await Task.sleep(for: .microseconds(Int.random(in: 0...25_000, using: &random)))
                _ = try? await service.cancel("sweep-\(index)")
            }
            await service.waitUntilIdle()
            #expect(try await store.openAttempts().isEmpty, "seed \(seed)")
            for summary in try await service.sweeps() {
                #expect(summary.state != .running, "seed \(seed)")
                #expect(
                    summary.trials[.waiting] == nil && summary.trials[.running] == nil,
                    "seed \(seed): \(summary)")
            }
        }
    }

    @Test func aRunningSweepIsNotRemoved() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 5)).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            let error = await #expect(throws: TunerError.self) { try await service.remove("alpha") }
            #expect(error?.code == .conflict)
            await service.drain()
        }
    }

    @Test func afterADrainTheSweepGoesOnWhereItWas() async throws {
        try await withScratchFolder { folder in
            let slow = FakeRunner(delay: 60)
            let (service, store) = try ServiceFixture(folder: folder, runner: slow).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { slow.log.count == 3 })
            await service.drain()
            #expect(try await service.summary(of: "alpha").trials == [.interrupted: 3, .waiting: 1])
            #expect(try await service.summary(of: "alpha").state == .running)
            let error = await #expect(throws: TunerError.self) {
                try await service.submit(ServiceFixture.source("beta"))
            }
            #expect(error?.code == .conflict)
            try store.close()

            let (next, _) = try ServiceFixture(folder: folder).open()
            try await next.start()
            await next.waitUntilIdle()
            #expect(try await next.summary(of: "alpha").trials == [.completed: 12])
            #expect(try await next.trials(of: "alpha", after: 0, limit: 4).map(\.attempt) == [2, 2, 2, 1])
        }
    }

    @Test func interruptionsAtRandomChangeNothingAboutTheTrials() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        let expected = try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await service.waitUntilIdle()
            return try await service.trials(of: "alpha", after: 0, limit: 100)
        }
        try await withScratchFolder { folder in
            var rounds = 0
            while rounds < 60 {
                let (service, store) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 0.01))
                    .open()
                try await service.start()
                _ = try await service.submit(ServiceFixture.source("alpha"))
                try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000, using: &random)))
                let isDone = try await service.summary(of: "alpha").state == .completed
                await service.drain()
                try store.close()
                if isDone { break }
                rounds += 1
            }
            let store = try Store(at: folder.database)
            let trials = try await store.trials(of: "alpha")
            func essence(_ trial: Trial) -> String {
                "\(trial.number) \(trial.proposal.round) \(trial.seed) \(trial.state) \(trial.metrics) "
                    + trial.proposal.hyperparameters.sorted { $0.key < $1.key }.map { "\($0.value)" }.joined(
                        separator: ",")
            }
            #expect(trials.map(essence) == expected.map(essence), "seed \(seed), \(rounds) interruptions")
            #expect(rounds > 0, "seed \(seed)")
        }
    }

    @Test func aResultLeftBehindIsTakenInsteadOfRunningAgain() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 60), slots: 2)
                .open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(try await eventually { try await store.openAttempts().count == 2 })
            let attempt = try await store.openAttempts()[0]
            // The process dies here, after the worker has written its result.
            let copy = folder.url.appending(path: "copy.sqlite")
            _ = try await store.inspect("VACUUM INTO '\(copy.path)'")
            await service.drain()
            try store.close()
            let directory = AttemptDirectory(path: attempt.directory)
            try directory.make()
            try directory.write(
                Data(#"{"outcome":"completed","metrics":{"validation_loss":1.25}}"#.utf8), to: "result.json")
            try directory.write(
                Data(
                    (#"{"sequence":1,"step":5,"tokens":50,"metrics":{"validation_loss":1.25},"elapsed_seconds":1}"#
                        + "\n{\"sequence\":2,\"st").utf8), to: "observations.jsonl")

            let runner = FakeRunner()
            let crashed = try Store(at: copy)
            let next = SweepService(
                store: crashed, dependencies: ServiceFixture(folder: folder, runner: runner).dependencies())
            try await next.start()
            await next.waitUntilIdle()
            let first = try await next.trials(of: "alpha", after: attempt.trial - 1, limit: 1)[0]
            #expect(first.metrics == ["validation_loss": 1.25])
            #expect(first.attempt == 1)
            #expect(!runner.log.contains { $0.hasPrefix("alpha/\(attempt.trial).") })
            #expect(try await next.observations(of: "alpha", trial: attempt.trial).count == 1)
        }
    }

    @Test func aStoreWithoutRoomIsWaitedFor() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 0.05)).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            let pages = try await store.inspect("PRAGMA page_count")[0]
            _ = try await store.inspect("PRAGMA max_page_count = \(pages)")
            // Fill what is left of the last pages.
            let filler =
                "INSERT INTO event (at, sweep, kind, text) VALUES (0, 'x', 'x', '\(String(repeating: "x", count: 500))')"
            while (try? await store.inspect(filler)) != nil {}
            #expect(
                try await eventually {
                    try await service.status().health.contains { $0.code == "store-not-writable" }
                })
            _ = try await store.inspect("PRAGMA max_page_count = 1000000")
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").trials == [.completed: 12])
            #expect(try await service.status().health.contains { $0.code == "store-not-writable" } == false)
        }
    }
}
