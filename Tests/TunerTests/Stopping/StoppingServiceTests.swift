import Foundation
import Testing

@testable import Tuner

@Suite struct StoppingServiceTests {
    private func fixture(
        _ folder: ScratchFolder, _ runner: any TrialRunner, _ choice: EarlyTermination, rounds: Int = 1,
        width: Int = 9, slots: Int = 1
    ) -> ServiceFixture {
        ServiceFixture(
            folder: folder, runner: runner, planner: FakePlanner(rounds: rounds, width: width), slots: slots,
            adjust: {
                $0.earlyTermination = choice
                $0.retries = 1
            })
    }

    private func run(_ service: SweepService) async throws -> [Trial] {
        try await service.start()
        _ = try await service.submit(ServiceFixture.source("alpha"))
        await service.waitUntilIdle()
        #expect(try await service.summary(of: "alpha").state == .completed)
        return try await service.trials(of: "alpha", after: 0, limit: 1000)
    }

    @Test func halvingSpendsLessAndKeepsTheBest() async throws {
        try await withScratchFolder { folder in
            let runner = ScriptedRunner()
            let (service, _) = try fixture(folder, runner, .init(rule: .successiveHalving)).open()
            let trials = try await run(service)
            let best = try #require(trials.min { rank($0) < rank($1) })
            #expect(best.state == .completed)
            #expect(trials.contains { $0.state == .stopped })
            #expect(trials.allSatisfy { $0.state == .stopped || $0.state == .completed })
            let summary = try await service.summary(of: "alpha")
            #expect(summary.best?.trial == best.number)
            #expect(runner.tokens < 9 * 1000)
            #expect(summary.tokensSpent == runner.tokens)
            let stopped = try #require(trials.first { $0.state == .stopped })
            #expect(stopped.metrics["tokens"] == 125)
            #expect(stopped.finishedAt != nil)
            let events = try await service.events(after: 0, limit: 1000)
            #expect(
                events.contains { $0.kind == "trial-stopped" && $0.text.hasSuffix("stopped at 125 tokens") })
            // A trial that was stopped is on no front.
            let front = try await service.paretoFront(of: "alpha", objectives: nil)
            #expect(front.points.map(\.trial) == [best.number])
        }
    }

    /// Distance of a trial's learning rate from the best one.
    private func rank(_ trial: Trial) -> Double {
        abs(log((trial.proposal.hyperparameters["learning_rate"]?.number ?? 1) / 0.03))
    }

    @Test(arguments: [1, 3])
    func promotionHoldsTrialsAndEndsWithTheBestCompleted(_ slots: Int) async throws {
        try await withScratchFolder { folder in
            let runner = ScriptedRunner()
            let choice = EarlyTermination(rule: .successiveHalving, mode: .promote)
            let (service, store) = try fixture(folder, runner, choice, rounds: 2, slots: slots).open()
            let trials = try await run(service)
            for round in 0..<2 {
                let cell = trials.filter { $0.proposal.round == round }
                let best = try #require(cell.min { rank($0) < rank($1) })
                #expect(best.state == .completed, "round \(round)")
                // Rungs at 1/8 and 3/8: of nine, few are trained beyond each.
                #expect(cell.count { $0.state == .completed } <= 3)
                let early = cell.count { $0.metrics["tokens"] == Double($0.proposal.tokenBudget) / 8 }
                #expect(early >= 4)
            }
            #expect(trials.allSatisfy { $0.state == .completed || $0.state == .stopped })
            // What was held and went on was not trained twice.
            let spent = try await service.summary(of: "alpha").tokensSpent
            #expect(spent == runner.tokens)
            #expect(runner.log.contains { $0.hasSuffix("paused") })
            let resumed = trials.filter { $0.attempt > 1 }
            #expect(!resumed.isEmpty)
            // The last attempt of a trial that was held for good is stopped, not paused.
            let last = Dictionary(
                grouping: try await store.attemptHistory(of: "alpha"), by: \.trial
            ).compactMapValues(\.last?.state)
            #expect(trials.allSatisfy { last[$0.number]?.rawValue == $0.state.rawValue })
        }
    }

    @Test func divergedAndFailingTrialsBlockNobodyAndCountOnce() async throws {
        try await withScratchFolder { folder in
            let runner = ScriptedRunner(fault: { spec, eighth in
                if spec.trial <= 3, eighth == 1 { return .diverged(step: 1, metrics: [:]) }
                // Fails after the first rung, twice for trial 5, and is tried again.
                if spec.trial == 4, spec.attempt == 1, eighth == 2 {
                    return .failed(reason: "power cut", permanent: false)
                }
                if spec.trial == 5, eighth == 2 { return .failed(reason: "always", permanent: false) }
                return nil
            })
            let choice = EarlyTermination(rule: .successiveHalving, eta: 2)
            let (service, _) = try fixture(folder, runner, choice).open()
            let trials = try await run(service)
            #expect(
                trials.map(\.state) == [
                    .diverged, .diverged, .diverged, .completed, .failed, .stopped, .stopped, .stopped,
                    .stopped,
                ])
            #expect(trials.map(\.attempt) == [1, 1, 1, 2, 2, 1, 1, 1, 1])
            // Three lost trials and two good ones leave room for a third of six; had the second attempts of trials
            // 4 and 5 counted again, it would have been stopped here.
            #expect(trials[5].metrics["tokens"] == 250)
            #expect(trials[6].metrics["tokens"] == 125)
        }
    }

    @Test(arguments: [EarlyTermination.Mode.stop, .promote], [UInt64(1), 2, 3])
    func aSweepThatIsInterruptedMakesTheSameDecisions(
        _ mode: EarlyTermination.Mode, seed: UInt64
    ) async throws {
        let choice = EarlyTermination(rule: .successiveHalving, mode: mode)
        let calm = try await withScratchFolder { folder in
            let (service, _) = try fixture(folder, ScriptedRunner(), choice, rounds: 3).open()
            return try await run(service)
        }
        try await withScratchFolder { folder in
            let runner = ScriptedRunner()
            var random = TestRandom(state: seed)
            for round in 0..<40 {
                let (service, store) = try fixture(folder, runner, choice, rounds: 3).open()
                try await service.start()
                _ = try await service.submit(ServiceFixture.source("alpha"))
                let last = round == 39
                if last {
                    await service.waitUntilIdle()
                } else {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<12, using: &random)))
                }
                await service.drain()
                try store.close()
            }
            let (service, _) = try fixture(folder, runner, choice, rounds: 3).open()
            let trials = try await run(service)
            #expect(trials.map(\.state) == calm.map(\.state), "seed \(seed)")
            #expect(trials.map(\.proposal) == calm.map(\.proposal), "seed \(seed)")
            #expect(trials.map(\.metrics) == calm.map(\.metrics), "seed \(seed)")
        }
    }

    @Test func cancellingASweepCancelsWhatIsHeld() async throws {
        try await withScratchFolder { folder in
            // The last trial never ends its first eighth, so the held ones stay held.
            let runner = BlockingRunner(inner: ScriptedRunner(), trial: 3)
            let choice = EarlyTermination(rule: .successiveHalving, eta: 9, mode: .promote)
            let (service, _) = try fixture(folder, runner, choice, width: 3).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { runner.isBlocked })
            #expect(try await service.summary(of: "alpha").trials == [.waiting: 2, .running: 1])
            _ = try await service.cancel("alpha")
            await service.waitUntilIdle()
            #expect(try await service.summary(of: "alpha").trials == [.cancelled: 3])
            await service.drain()
        }
    }
}
