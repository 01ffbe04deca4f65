import Foundation
import Testing

@testable import Tuner

@Suite struct StoreFrontTests {
    private let axes: [SweepDefinition.Objective] = [.init(name: "validation_loss"), .init(name: "tokens")]

    private func finished(at path: URL) async throws -> Store {
        let (store, id) = try await Store.withRound(
            at: path,
            [
                .sample(0.1, budget: 1000), .sample(0.2, budget: 2000), .sample(0.3, budget: 1000),
                .sample(0.4, budget: 2000), .sample(0.5, budget: 1500),
            ])
        for (trial, loss) in [(1, 5.0), (2, 3), (3, 4), (4, 3.5), (5, 4.5)] {
            _ = try await store.complete(id, trial: trial, loss: loss)
        }
        return store
    }

    @Test func theFrontFollowsTheTrialsAsTheyFinish() async throws {
        try await withScratchFolder { folder in
            let store = try await finished(at: folder.database)
            let front = try await store.front(of: "sample", objectives: axes, make: simpleFront)
            #expect(front == simpleFront(axes, try await store.trials(of: "sample")))
            #expect(front.points.map(\.trial) == [2, 3])

            let history = try await store.frontHistory(of: "sample", objectives: axes)
            #expect(history.map(\.trial) == [1, 2, 3])
            #expect(history.map { $0.front.points.map(\.trial) } == [[1], [2, 1], [2, 3]])
            #expect(history.map(\.front.hypervolume) == [1, 2, 2])
            #expect(history.map(\.version) == [1, 2, 3])
        }
    }

    @Test func anotherSetOfObjectivesGetsItsHistoryWhenItIsFirstAskedFor() async throws {
        try await withScratchFolder { folder in
            let store = try await finished(at: folder.database)
            let loss: [SweepDefinition.Objective] = [.init(name: "validation_loss")]
            #expect(try await store.frontHistory(of: "sample", objectives: loss).isEmpty)
            let front = try await store.front(of: "sample", objectives: loss, make: simpleFront)
            #expect(front.points == [.init(trial: 2, values: [3])])
            #expect(try await store.frontHistory(of: "sample", objectives: loss).map(\.trial) == [1, 2])
        }
    }

    @Test func maximisedObjectivesPointTheOtherWay() async throws {
        try await withScratchFolder { folder in
            let store = try await finished(at: folder.database)
            let worst: [SweepDefinition.Objective] = [.init(name: "validation_loss", goal: .maximize)]
            let front = try await store.front(of: "sample", objectives: worst, make: simpleFront)
            #expect(front.points == [.init(trial: 1, values: [5])])
        }
    }

    @Test func trialsWithoutTheObjectivesLeaveTheFrontAlone() async throws {
        try await withScratchFolder { folder in
            let (store, id) = try await Store.withRound(at: folder.database, [.sample(0.1)])
            let attempt = try await store.intendSample(id, trial: 1)
            _ = try await store.finish(
                attempt, .diverged(step: 3, metrics: ["validation_loss": .infinity]), at: Date(),
                front: simpleFront)
            let front = try await store.front(of: "sample", objectives: axes, make: simpleFront)
            #expect(front.points.isEmpty)
            #expect(front.hypervolume == nil)
            let trial = try #require(try await store.trials(of: "sample").first)
            #expect(trial.metrics["validation_loss"] == .infinity)
        }
    }

    /// A front is kept up to date from itself and its corner, without the other trials: it must be what all give.
    @Test(arguments: [false, true]) func aFrontKeptUpToDateIsThatOfAllTrials(forgetsCorners: Bool)
        async throws
    {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        let axes: [SweepDefinition.Objective] = [
            .init(name: "validation_loss"), .init(name: "accuracy", goal: .maximize), .init(name: "tokens"),
        ]
        try await withScratchFolder { folder in
            let budgets = [100, 200, 400]
            let (store, id) = try await Store.withRound(
                at: folder.database, (0..<60).map { .sample(0.1, budget: budgets[$0 % 3]) })
            _ = try await store.front(of: "sample", objectives: axes, make: compute)
            for trial in (1...60).shuffled(using: &random) {
                // A store of an older program does not know its corners.
                if forgetsCorners { _ = try await store.inspect("UPDATE pareto_front SET corner = NULL") }
                let attempt = try await store.intendSample(id, trial: trial)
                // Few values, so that there are ties.
                let metrics = [
                    "validation_loss": Double(Int.random(in: 0..<8, using: &random)),
                    "accuracy": Double(Int.random(in: 0..<8, using: &random)),
                ]
                let end: AttemptEnd =
                    Int.random(in: 0..<9, using: &random) == 0
                    ? .diverged(step: nil, metrics: metrics) : .completed(metrics: metrics)
                _ = try await store.finish(attempt, end, at: Date(), front: compute)
                let kept = try await store.front(of: "sample", objectives: axes, make: compute)
                let all = compute(axes, try await store.trials(of: "sample"))
                #expect(Set(kept.points) == Set(all.points), "seed \(seed)")
                #expect(kept.reference == all.reference, "seed \(seed)")
                #expect(kept.hypervolume == all.hypervolume, "seed \(seed)")
            }
        }
    }

    private let compute: FrontMaker = { ParetoFront.compute(objectives: $0, trials: $1) }
}
