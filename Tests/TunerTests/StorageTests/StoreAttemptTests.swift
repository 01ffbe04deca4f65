import Foundation
import Testing

@testable import Tuner

@Suite struct StoreAttemptTests {
    private func observation(_ sequence: Int, _ loss: Double) -> Observation {
        Observation(
            sequence: sequence, step: sequence, tokens: 10 * sequence, metrics: ["validation_loss": loss],
            elapsedSeconds: Double(sequence))
    }

    @Test func aRoundIsPlannedOnceAndAsAWhole() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1), .sample(0.2)])
            let error = await #expect(throws: TunerError.self) {
                try await store.planRound(
                    sweepID: id, proposals: [(.sample(0.3), 1)], expectedTrials: 9, at: Date())
            }
            #expect(error?.code == .conflict)
            let next = try await store.planRound(
                sweepID: id, proposals: [(.sample(0.3, round: 1), .max)], expectedTrials: 9, at: Date())
            #expect(next.map(\.number) == [3])
            #expect(try await store.trials(of: "sample", after: 2).map(\.seed) == [.max])
        }
    }

    @Test func anIntentNamesTheAttemptBeforeAnythingIsStarted() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1), .sample(0.2)])
            let attempt = try await store.intendSample(id, trial: 2)
            #expect(attempt.name == "td-\(store.uuid.prefix(8))-2-1")
            #expect(attempt.token.count == 32)
            #expect(attempt.state == .intended)
            #expect(try await store.trials(of: "sample").map(\.state) == [.waiting, .running])
            await #expect(throws: TunerError.self) { try await store.intendSample(id, trial: 2) }
            // The process dies here; the next one finds the attempt open.
            try store.close()
            let again = try Store(at: folder.database)
            #expect(try await again.openAttempts() == [attempt])
            let trial = try await again.finish(
                attempt, .interrupted(trialBecomes: .waiting), at: Date(), front: simpleFront)
            #expect(trial.state == .waiting)
            #expect(try await again.intendSample(id, trial: 2).number == 2)
        }
    }

    @Test func anObservationDeliveredTwiceIsStoredOnce() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            let attempt = try await store.intendSample(id, trial: 1)
            try await store.append([observation(1, 5), observation(2, 4)], to: attempt, at: Date())
            try await store.append([observation(2, 99), observation(3, .nan)], to: attempt, at: Date())
            let stored = try await store.observations(of: attempt)
            #expect(stored.map(\.sequence) == [1, 2, 3])
            #expect(stored[1].metrics == ["validation_loss": 4])
            #expect(stored[2].metrics["validation_loss"]?.isNaN == true)
        }
    }

    @Test func aStaleAttemptIsRefused() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            let first = try await store.intendSample(id, trial: 1)
            _ = try await store.finish(
                first, .interrupted(trialBecomes: .waiting), at: Date(), front: simpleFront)
            let second = try await store.intendSample(id, trial: 1)
            await #expect(throws: TunerError.self) {
                try await store.append([observation(1, 1)], to: first, at: Date())
            }
            await #expect(throws: TunerError.self) {
                try await store.finish(first, .completed(metrics: [:]), at: Date(), front: simpleFront)
            }
            var forged = second
            forged.token = "0"
            await #expect(throws: TunerError.self) {
                try await store.append([observation(1, 1)], to: forged, at: Date())
            }
            #expect(try await store.observations(of: second).isEmpty)
        }
    }

    @Test func theFirstCompleteResultOfATrialWins() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            let late = try await store.intendSample(id, trial: 1)
            _ = try await store.finish(
                late, .interrupted(trialBecomes: .waiting), at: Date(), front: simpleFront)
            _ = try await store.complete(id, trial: 1, loss: 2)
            let error = await #expect(throws: TunerError.self) {
                try await store.finish(
                    late, .completed(metrics: ["validation_loss": 1]), at: Date(), front: simpleFront)
            }
            #expect(error?.code == .conflict)
            #expect(try await store.trials(of: "sample").first?.metrics == ["validation_loss": 2])
            let states = try await store.inspect("SELECT state FROM attempt ORDER BY number")
            #expect(states == ["superseded", "completed"])
        }
    }

    @Test func changesAskedForTogetherShareACommitAndFailAlone() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(
                at: folder.database, (0..<40).map { .sample(0.1 + Double($0)) })
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for trial in 1...60 {
                    group.addTask {
                        (try? await store.complete(id, trial: trial, loss: Double(trial))) != nil
                    }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == [true: 40, false: 20])
            let summary = try #require(try await store.summaries(of: "sample").first)
            #expect(summary.trials == [.completed: 40])
            #expect(summary.best == .init(trial: 1, metric: "validation_loss", value: 1))
            #expect(summary.tokensSpent == 40_000)
        }
    }

    @Test func removingASweepTakesEverythingButItsEvents() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            _ = try await store.complete(id, trial: 1, loss: 2)
            await #expect(throws: TunerError.self) { try await store.removeSweep("sample", at: Date()) }
            try await store.moveSweep("sample", to: .cancelled, from: [.running], at: Date())
            try await store.removeSweep("sample", at: Date())
            #expect(try await store.storedSweeps().isEmpty)
            for table in [
                "trial", "attempt", "observation", "pareto_front", "pareto_version", "pareto_point", "law",
            ] {
                #expect(try await store.inspect("SELECT COUNT(*) FROM \(table)") == ["0"])
            }
            #expect(try await store.events(after: 0, limit: 100).last?.kind == "sweep-removed")
        }
    }
}
