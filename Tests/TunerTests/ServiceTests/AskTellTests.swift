import Engine
import Foundation
import Testing

@testable import Tuner

@Suite struct AskTellTests {
    @Test func aLoopAsksAndTellsUntilTheSweepIsOver() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder).open()
            var numbers: [Int] = []
            while let trial = try await service.ask("outside", count: 1).trials.first {
                #expect(trial.attempt == 1 && trial.token.count == 32 && trial.steps == nil)
                #expect(try await service.complete(trial, loss: trial.loss).decision == .stop)
                numbers.append(trial.number)
            }
            #expect(numbers == [1, 2, 3, 4, 5, 6])
            #expect(try await service.ask("outside", count: 1).state == .completed)
            let summary = try await service.summary(of: "outside")
            #expect(summary.state == .completed && summary.trials == [.completed: 6])
            let trials = try await service.trials(of: "outside", after: 0, limit: 100)
            let front = try await service.paretoFront(of: "outside", objectives: nil)
            #expect(front == simpleFront(front.objectives, trials))
        }
    }

    @Test func theSameWordsAgainAreAnsweredAsBeforeAndOthersAreAConflict() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try await AskTellFixture(folder: folder).open()
            let trial = try await service.askOne()
            let first = try await service.tellOne(trial.observation(1, loss: 3))
            #expect(first.decision == .continue && first.state == .running)
            #expect(try await service.tellOne(trial.observation(1, loss: 3)) == first)
            await expect(.conflict) { try await service.tellOne(trial.observation(1, loss: 3.5)) }

            let end = try await service.complete(trial, loss: 2.5)
            #expect(end == TellAnswer(trial: 1, state: .completed, decision: .stop))
            #expect(try await service.complete(trial, loss: 2.5) == end)
            await expect(.conflict) { try await service.complete(trial, loss: 2.6) }
            await expect(.conflict) { try await service.tellOne(trial.observation(2, loss: 2)) }
            await expect(.conflict) {
                try await service.tellOne(
                    TrialTell(trial: 1, token: trial.token, finished: .diverged(step: 3, metrics: [:])))
            }
            // The observation that is there already is still answered.
            #expect(try await service.tellOne(trial.observation(1, loss: 3)).decision == .stop)

            #expect(try await service.observations(of: "outside", trial: 1).count == 1)
            let kinds = try await store.events(after: 0, limit: 100).map(\.kind)
            #expect(kinds.count { $0 == "trial-completed" } == 1)
            #expect(
                try await service.trials(of: "outside", after: 0, limit: 1)[0].metrics["validation_loss"]
                    == 2.5)
        }
    }

    @Test func shorterRunsAreKeptWithTheTrialAndToldOnce() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder).open()
            let trial = try await service.askOne()
            func tell(_ budget: Int, _ loss: Double, sequence: Int = 1) -> TrialTell {
                var tell = trial.observation(sequence, loss: 3)
                tell.observation?.shorterRuns = [
                    ShorterRun(tokenBudget: budget, metrics: ["validation_loss": loss])
                ]
                return tell
            }
            let first = try await service.tellOne(tell(64, 4))
            #expect(try await service.tellOne(tell(64, 4)) == first)
            _ = try await service.tellOne(tell(128, 3.5, sequence: 2))
            await expect(.usage) { try await service.tellOne(tell(0, 4, sequence: 3)) }
            _ = try await service.complete(trial, loss: 2.5)
            let stored = try await service.trials(of: "outside", after: 0, limit: 1)[0]
            #expect(
                stored.shorterRuns == [
                    ShorterRun(tokenBudget: 64, metrics: ["validation_loss": 4]),
                    ShorterRun(tokenBudget: 128, metrics: ["validation_loss": 3.5]),
                ])
        }
    }

    @Test func whatCannotBeIsRefused() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder).open()
            let trial = try await service.askOne()
            func tell(_ tell: TrialTell) async throws { _ = try await service.tellOne(tell) }
            await expect(.conflict) {
                try await tell(TrialTell(trial: 1, token: "guess", finished: .interrupted))
            }
            await expect(.notFound) {
                try await tell(TrialTell(trial: 2, token: trial.token, finished: .interrupted))
            }
            await expect(.usage) { try await tell(TrialTell(trial: 1, token: trial.token)) }
            await expect(.usage) {
                try await tell(
                    TrialTell(trial: 1, token: trial.token, finished: .completed(metrics: ["accuracy": 1])))
            }
            await expect(.usage) {
                try await tell(
                    TrialTell(
                        trial: 1, token: trial.token, finished: .completed(metrics: ["validation_loss": .nan])
                    ))
            }
            await expect(.usage) {
                try await tell(
                    TrialTell(trial: 1, token: trial.token, finished: .completed(metrics: ["Loss Value": 1])))
            }
            await expect(.usage) { try await tell(trial.observation(-1, loss: 1)) }
            await expect(.notFound) { _ = try await service.ask("nobody", count: 1) }
            // None of it counted.
            #expect(try await service.complete(trial).state == .completed)
        }
    }

    @Test func aTrialNothingIsHeardOfIsHandedOutAgain() async throws {
        try await withScratchFolder { folder in
            let fixture = AskTellFixture(folder: folder)
            let (service, _) = try await fixture.open()
            let lost = try await service.askOne()
            let kept = try await service.askOne()
            fixture.clock.advance(50)
            let lease = try await service.tellOne(kept.observation(1, loss: 3)).leaseExpiresAt
            #expect(try #require(lease) == kept.leaseExpiresAt.addingTimeInterval(50))
            fixture.clock.advance(20)
            let again = try await service.askOne()
            #expect(again.number == lost.number && again.attempt == 2 && again.token != lost.token)
            #expect(again.hyperparameters == lost.hyperparameters && again.seed == lost.seed)
            await expect(.conflict) { try await service.complete(lost) }
            #expect(try await service.complete(kept).state == .completed)
            #expect(try await service.complete(again).state == .completed)
            #expect(try await service.askOne().number == 3)
        }
    }

    @Test func workThatComesLateCountsWhileNobodyElseHasTheTrial() async throws {
        try await withScratchFolder { folder in
            let fixture = AskTellFixture(folder: folder)
            let (service, _) = try await fixture.open()
            let late = try await service.askOne()
            let silent = try await service.askOne()
            fixture.clock.advance(1000)
            try await service.takeBackExpired(of: "outside")
            #expect(try await service.summary(of: "outside").trials == [.waiting: 2])
            #expect(try await service.complete(late, loss: 2.5).state == .completed)
            #expect(try await service.tellOne(silent.observation(1, loss: 4)).decision == .continue)
            #expect(try await service.summary(of: "outside").trials == [.completed: 1, .running: 1])
            // Neither is handed out again.
            #expect(try await service.askOne().number == 3)
            #expect(try await service.complete(silent).state == .completed)
        }
    }

    @Test func failuresAreTriedAgainWhileRetriesLastAndATrialCanBeGivenBack() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder, retries: 1).open()
            func fail(_ trial: AskedTrial, _ reason: String = "out of memory") async throws -> TellAnswer {
                try await service.tellOne(
                    TrialTell(
                        trial: trial.number, token: trial.token,
                        finished: .failed(reason: reason, permanent: false)))
            }
            let first = try await service.askOne()
            #expect(try await fail(first) == TellAnswer(trial: 1, state: .waiting, decision: .stop))
            #expect(try await fail(first).state == .waiting)
            await expect(.conflict) { _ = try await fail(first, "another") }
            let second = try await service.askOne()
            #expect(second.number == 1 && second.attempt == 2)
            #expect(try await fail(second).state == .failed)
            let third = try await service.askOne()
            #expect(third.number == 2)
            let back = try await service.tellOne(
                TrialTell(trial: 2, token: third.token, finished: .interrupted))
            #expect(back.state == .waiting)
            #expect(try await service.askOne().number == 2)
        }
    }

    @Test func aBatchTakesEachTellForItself() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder).open()
            let trials = try await service.ask("outside", count: 3).trials
            #expect(trials.map(\.number) == [1, 2, 3])
            let results = try await service.tell(
                "outside",
                [
                    trials[0].observation(1, loss: 4),
                    TrialTell(
                        trial: 1, token: trials[0].token, finished: .completed(metrics: [:])),
                    TrialTell(trial: 2, token: "stale", finished: .interrupted),
                    TrialTell(trial: 3, token: trials[2].token),
                    TrialTell(
                        trial: 3, token: trials[2].token, finished: .diverged(step: 7, metrics: [:])),
                ])
            let codes = results.map { result in
                if case .failure(let error) = result { return error.code.rawValue } else { return "taken" }
            }
            #expect(codes == ["taken", "taken", "conflict", "usage", "taken"])
            let states = try await service.trials(of: "outside", after: 0, limit: 9).map(\.state)
            #expect(states == [.completed, .running, .diverged])
        }
    }

    @Test(arguments: [SweepDefinition.SearchMethod.tpe, .grid, .lawGuided])
    func loopsAtOnceNeverGetTheSameTrial(method: SweepDefinition.SearchMethod) async throws {
        try await withScratchFolder { folder in
            let (service, store) = try await AskTellFixture(folder: folder, method: method, cap: 40).open()
            let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var numbers: [Int] = []
                        while true {
                            let answer = try await service.ask("outside", count: 2)
                            guard answer.state == .running else { return numbers }
                            for trial in answer.trials {
                                _ = try await service.complete(trial, loss: trial.loss)
                                numbers.append(trial.number)
                            }
                            if answer.trials.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(numbers.count == Set(numbers).count && numbers.count > 3)
            let trials = try await store.trials(of: "outside")
            #expect(trials.map(\.number).sorted() == numbers.sorted())
            #expect(trials.allSatisfy { $0.state == .completed && $0.attempt == 1 })
            #expect(try await service.summary(of: "outside").state == .completed)
        }
    }

    @Test func parallelBoundsWhatIsOut() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder, parallel: 2).open()
            let trials = try await service.ask("outside", count: 5).trials
            #expect(trials.count == 2)
            let more = try await service.ask("outside", count: 5)
            #expect(more.trials.isEmpty && more.state == .running)
            _ = try await service.complete(trials[0])
            #expect(try await service.ask("outside", count: 5).trials.count == 1)
        }
    }

    @Test func aRestartLeavesTrialsInTheirHandsAndGoesOnWithTheSamePoints() async throws {
        let expected = try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder, method: .tpe, cap: 24).open()
            return try await drive(service, trials: 24)
        }
        let found = try await withScratchFolder { folder in
            let fixture = AskTellFixture(folder: folder, method: .tpe, cap: 24)
            var all: [String] = []
            for part in 0..<3 {
                let (service, store) = try await fixture.open()
                all += try await drive(service, trials: 8)
                if part == 1 {
                    // One is out while the daemon is away, and told to the next.
                    let out = try await service.askOne()
                    await service.drain()
                    try store.close()
                    let (next, nextStore) = try await fixture.open()
                    #expect(try await next.complete(out, loss: out.loss).state == .completed)
                    all += [text(out)] + (try await drive(next, trials: 7))
                    #expect(try await next.ask("outside", count: 1).state == .completed)
                    await next.drain()
                    try nextStore.close()
                    break
                }
                await service.drain()
                try store.close()
            }
            return all
        }
        #expect(found == expected)
    }

    @Test func cancellingTellsLoopsToStop() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try await AskTellFixture(folder: folder).open()
            let trial = try await service.askOne()
            _ = try await service.cancel("outside")
            #expect(try await store.openAttempts().isEmpty)
            let answer = try await service.tellOne(trial.observation(1, loss: 3))
            #expect(answer == TellAnswer(trial: 1, state: .cancelled, decision: .stop))
            #expect(
                try await service.ask("outside", count: 1) == AskAnswer(sweep: "outside", state: .cancelled))
            try await service.remove("outside")
            await expect(.notFound) { _ = try await service.ask("outside", count: 1) }
        }
    }

    @Test func aPausedSweepHandsOutNothingAndStillListens() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await AskTellFixture(folder: folder).open()
            let trial = try await service.askOne()
            _ = try await service.pause("outside")
            #expect(try await service.ask("outside", count: 1) == AskAnswer(sweep: "outside", state: .paused))
            #expect(try await service.complete(trial).state == .completed)
            _ = try await service.resume("outside")
            #expect(try await service.askOne().number == 2)
        }
    }

    @Test func aSweepTheDaemonRunsIsNotAsked() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try ServiceFixture(folder: folder, runner: FakeRunner(delay: 60)).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            await expect(.conflict) { _ = try await service.ask("alpha", count: 1) }
            await expect(.conflict) {
                _ = try await service.tell("alpha", [TrialTell(trial: 1, token: "x", finished: .interrupted)])
            }
            await service.drain()
        }
    }

    private func drive(_ service: SweepService, trials: Int) async throws -> [String] {
        var all: [String] = []
        for _ in 0..<trials {
            let trial = try await service.askOne()
            _ = try await service.complete(trial, loss: trial.loss)
            all.append(text(trial))
        }
        return all
    }

    private func text(_ trial: AskedTrial) -> String {
        "\(trial.number) \(trial.tokenBudget) \(trial.seed) "
            + trial.hyperparameters.sorted { $0.key < $1.key }.map { "\($0.value)" }.joined(separator: ",")
    }

    private func expect<Value>(_ code: ErrorCode, _ body: () async throws -> Value) async {
        let error = await #expect(throws: TunerError.self) { _ = try await body() }
        #expect(error?.code == code, "\(String(describing: error))")
    }
}
