import Foundation
import Testing

@testable import Tuner

/// `early_terminate` of a sweep whose trials an outside loop runs. One rung, at 100 tokens, and one in ten goes on: a
/// trial is told to stop there unless it is the best so far.
@Suite struct AskTellStoppingTests {
    private static let rule = EarlyTermination(rule: .successiveHalving, minTokens: 100, eta: 10)

    private func fixture(_ folder: ScratchFolder) -> AskTellFixture {
        AskTellFixture(folder: folder, cap: 4, stopping: Self.rule)
    }

    private func seen(_ trial: AskedTrial, _ sequence: Int, tokens: Int, loss: Double) -> TrialTell {
        TrialTell(
            trial: trial.number, token: trial.token,
            observation: Observation(
                sequence: sequence, step: sequence, tokens: tokens, metrics: ["validation_loss": loss],
                elapsedSeconds: 0))
    }

    private func stopped(_ trial: AskedTrial) -> TrialTell {
        TrialTell(trial: trial.number, token: trial.token, finished: .stopped)
    }

    @Test func whoIsNotAmongTheBestOfARungIsToldToStopAndTheBestIsNot() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try await fixture(folder).open()
            let trials = try await service.ask("outside", count: 4).trials
            #expect(trials.count == 4)
            func tell(_ tell: TrialTell) async throws -> TellAnswer.Decision {
                try await service.tellOne(tell).decision
            }
            // Below the rung nothing is decided.
            #expect(try await tell(seen(trials[0], 1, tokens: 50, loss: 9)) == .continue)
            #expect(try await tell(seen(trials[1], 1, tokens: 50, loss: 1)) == .continue)
            #expect(try await tell(seen(trials[0], 2, tokens: 100, loss: 3)) == .continue)
            #expect(try await tell(seen(trials[1], 2, tokens: 100, loss: 4)) == .stop)
            #expect(try await tell(seen(trials[2], 1, tokens: 100, loss: 2)) == .continue)
            // A stop stays one: for the same words, and for what comes after them.
            #expect(try await tell(seen(trials[1], 2, tokens: 100, loss: 4)) == .stop)
            #expect(try await tell(seen(trials[1], 3, tokens: 120, loss: 1)) == .stop)
            // What went on stays in, whatever came later.
            #expect(try await tell(seen(trials[0], 3, tokens: 200, loss: 3)) == .continue)

            let answer = try await service.tellOne(stopped(trials[1]))
            #expect(answer == TellAnswer(trial: trials[1].number, state: .stopped, decision: .stop))
            #expect(try await service.tellOne(stopped(trials[1])) == answer, "the same words again")
            let trial = try await service.trials(of: "outside", after: 1, limit: 1)[0]
            #expect(trial.state == .stopped && trial.metrics["tokens"] == 120 && trial.finishedAt != nil)
            let events = try await store.events(after: 0, limit: 100)
            #expect(events.count { $0.kind == "trial-stopped" } == 1)

            for trial in [trials[0], trials[2], trials[3]] { _ = try await service.complete(trial) }
            #expect(try await service.ask("outside", count: 1).state == .completed)
            #expect(try await service.summary(of: "outside").trials == [.completed: 3, .stopped: 1])
        }
    }

    @Test func anObservationAndAnEndInOneBatchAreHeardInTheirOrder() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await fixture(folder).open()
            let trials = try await service.ask("outside", count: 3).trials
            let answers = try await service.tell(
                "outside",
                [
                    seen(trials[0], 1, tokens: 100, loss: 1), seen(trials[1], 1, tokens: 100, loss: 2),
                    stopped(trials[1]), TrialTell(trial: 9, token: "none", finished: .stopped),
                    seen(trials[2], 1, tokens: 100, loss: 0.5),
                ]
            ).map { try? $0.get().decision }
            #expect(answers == [.continue, .stop, .stop, nil, .continue])
        }
    }

    @Test func aLoopHearsAfterARestartWhatItMayHaveMissed() async throws {
        try await withScratchFolder { folder in
            let (service, store) = try await fixture(folder).open()
            let trials = try await service.ask("outside", count: 4).trials
            _ = try await service.tellOne(seen(trials[0], 1, tokens: 100, loss: 1))
            #expect(try await service.tellOne(seen(trials[1], 1, tokens: 100, loss: 2)).decision == .stop)
            await service.drain()
            try store.close()

            let (next, _) = try await fixture(folder).open()
            #expect(try await next.tellOne(seen(trials[1], 1, tokens: 100, loss: 2)).decision == .stop)
            #expect(try await next.tellOne(seen(trials[0], 1, tokens: 100, loss: 1)).decision == .continue)
            // What was observed before the restart still counts.
            #expect(try await next.tellOne(seen(trials[2], 1, tokens: 100, loss: 1.5)).decision == .stop)
            #expect(try await next.tellOne(stopped(trials[1])).state == .stopped)
        }
    }

    @Test func aTrialThatWasToStopWhenItsLeaseEndedIsSettledAtTheNextStart() async throws {
        try await withScratchFolder { folder in
            let fixture = fixture(folder)
            let (service, store) = try await fixture.open()
            let trials = try await service.ask("outside", count: 2).trials
            _ = try await service.tellOne(seen(trials[0], 1, tokens: 100, loss: 1))
            #expect(try await service.tellOne(seen(trials[1], 1, tokens: 100, loss: 2)).decision == .stop)
            fixture.clock.advance(50)
            _ = try await service.tellOne(seen(trials[0], 2, tokens: 110, loss: 1))
            fixture.clock.advance(20)
            try await service.takeBackExpired(of: "outside")
            #expect(try await service.trials(of: "outside", after: 1, limit: 1)[0].state == .waiting)
            await service.drain()
            try store.close()

            let (next, _) = try await fixture.open()
            let trial = try await next.trials(of: "outside", after: 1, limit: 1)[0]
            #expect(trial.state == .stopped && trial.metrics["tokens"] == 100)
            #expect(try await next.tellOne(stopped(trials[1])).state == .stopped)
        }
    }

    @Test func aLoopCannotHoldATrial() async throws {
        try await withScratchFolder { folder in
            let (service, _) = try await fixture(folder).open()
            let trial = try await service.askOne()
            await #expect(throws: TunerError.self) {
                try await service.tellOne(
                    TrialTell(trial: trial.number, token: trial.token, finished: .paused))
            }
            #expect(try await service.complete(trial).state == .completed)
        }
    }
}
