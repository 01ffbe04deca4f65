import Engine
import Foundation
import Synchronization
import Testing

@testable import Tuner

/// Runs stacks without processes, and keeps a log of what it was given.
private final class StackRunner: TrialRunner {
    typealias Ends = @Sendable (AttemptSpec, _ size: Int) -> AttemptResult

    private let state = Mutex((log: [[Int]](), directives: [Int: [TrialDirective]]()))
    private let observations: Int
    private let endless: Bool
    private let end: Ends

    init(
        observations: Int = 1, endless: Bool = false,
        end: @escaping Ends = { spec, _ in .completed(metrics: ["validation_loss": loss(of: spec)]) }
    ) {
        self.observations = observations
        self.endless = endless
        self.end = end
    }

    /// Trials of each hand-out, in order.
    var log: [[Int]] { state.withLock(\.log) }
    /// What each trial was told.
    var directives: [Int: [TrialDirective]] { state.withLock(\.directives) }

    func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult {
        state.withLock { $0.log.append([spec.trial]) }
        if endless { return await Self.forever() }
        return end(spec, 1)
    }

    func run(stack: AttemptStack) async {
        state.withLock { $0.log.append(stack.specs.map(\.trial)) }
        var left = Set(stack.specs.indices)
        for sequence in 1...observations {
            let places = left.sorted()
            let seen = places.map { index in
                AttemptStack.Reported(
                    index: index,
                    content: Observation(
                        sequence: sequence, step: sequence, tokens: 100 * sequence,
                        metrics: ["validation_loss": loss(of: stack.specs[index])], elapsedSeconds: 0))
            }
            for (index, directive) in zip(places, await stack.answer(seen)) {
                state.withLock { $0.directives[stack.specs[index].trial, default: []].append(directive) }
                guard directive != .proceed else { continue }
                left.remove(index)
                await stack.ended([.init(index: index, content: directive == .stop ? .stopped : .paused)])
            }
        }
        let size = stack.specs.count
        let result = endless ? await Self.forever() : nil
        await stack.ended(
            left.sorted().map { .init(index: $0, content: result ?? end(stack.specs[$0], size)) })
    }

    private static func forever() async -> AttemptResult {
        try? await Task.sleep(for: .seconds(600))
        return .interrupted
    }

    func shutDown() async {}
}

@Suite struct StackServiceTests {
    private func fixture(
        _ folder: ScratchFolder, _ runner: StackRunner, width: Int = 8, slots: Int = 2,
        adjust: @escaping @Sendable (inout SweepDefinition) -> Void = { _ in }
    ) -> ServiceFixture {
        ServiceFixture(
            folder: folder, runner: runner, planner: FakePlanner(rounds: 1, width: width), slots: slots,
            adjust: {
                $0.stacking = .automatic
                adjust(&$0)
            })
    }

    private func finish(_ fixture: ServiceFixture) async throws -> [Trial] {
        let (service, _) = try fixture.open()
        try await service.start()
        _ = try await service.submit(ServiceFixture.source("alpha"))
        await service.waitUntilIdle()
        return try await service.trials(of: "alpha", after: 0, limit: 1000)
    }

    @Test func trialsOfOneShapeAreSharedOutEquallyOverTheSlots() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner()
            let trials = try await finish(fixture(folder, runner))
            #expect(runner.log.sorted { $0[0] < $1[0] } == [[1, 2, 3, 4], [5, 6, 7, 8]])
            #expect(trials.allSatisfy { $0.state == .completed && $0.attempt == 1 })
            #expect(
                trials.map { $0.metrics["validation_loss"] ?? 0 }
                    == trials.map {
                        loss(
                            of: AttemptSpec(
                                sweep: "", trial: 0, attempt: 0, name: "", token: "",
                                hyperparameters: $0.proposal.hyperparameters,
                                tokenBudget: $0.proposal.tokenBudget, batchSizeTokens: 1, steps: 1, seed: 0,
                                directory: ""))
                    })
        }
    }

    @Test func noStackIsLargerThanAWorkerTakes() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner()
            _ = try await finish(fixture(folder, runner, width: 40, slots: 1))
            #expect(runner.log.map(\.count) == [16, 16, 8])
        }
    }

    @Test(arguments: ["off", "parallel", "timeout", "seconds", "stopping", "larger", "command"])
    func whatKeepsTrialsAlone(_ reason: String) async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner()
            let fixture = fixture(folder, runner, slots: 1) { definition in
                switch reason {
                case "off": definition.stacking = .off
                case "parallel": definition.parallel = 1
                case "timeout": definition.trialTimeout = 60
                case "seconds": definition.costUnit = .seconds
                case "stopping": definition.earlyTermination = EarlyTermination(rule: .median)
                case "larger":
                    definition.subject = .workload(
                        name: "quadratic", options: ["dimension": .integer(100_000)])
                default: definition.subject = .command(["train"])
                }
            }
            _ = try await finish(fixture)
            #expect(runner.log == (1...8).map { [$0] })
        }
    }

    @Test func parallelBoundsTheTrialsOfAllStacks() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner()
            _ = try await finish(fixture(folder, runner, slots: 1) { $0.parallel = 3 })
            #expect(runner.log.map(\.count) == [3, 3, 2])
        }
    }

    @Test func trialsOfAnotherBatchSizeBudgetOrSeedAreAnotherStack() {
        var definition = SweepDefinition.sample()
        definition.stacking = .automatic
        let rule = StackRule(definition)
        let trial = Trial(number: 1, proposal: .sample(0.1), seed: 3)
        var others = [trial, trial, trial, trial]
        others[0].proposal.hyperparameters["batch_size_tokens"] = .integer(50)
        others[1].proposal.tokenBudget = 7
        others[2].seed = 4
        others[3].attempt = 1
        let shape = rule.shape(of: trial)
        #expect(shape != nil)
        #expect(others.allSatisfy { rule.shape(of: $0) != shape })
        // A second attempt runs alone.
        #expect(rule.shape(of: others[3]) == nil)
        var same = trial
        same.proposal.hyperparameters["learning_rate"] = .real(7)
        #expect(rule.shape(of: same) == shape)
    }

    @Test func aCrashOfAStackCostsEachOneAttemptAndTheNextIsAlone() async throws {
        try await withScratchFolder { folder in
            // Trial 3 crashes its worker whenever it runs.
            let runner = StackRunner { spec, size in
                if size > 1 || spec.trial == 3 {
                    return .failed(reason: "the worker was ended by signal 9", permanent: false)
                }
                return .completed(metrics: ["validation_loss": 1])
            }
            let trials = try await finish(fixture(folder, runner, width: 4, slots: 1) { $0.retries = 0 })
            #expect(runner.log.first == [1, 2, 3, 4])
            #expect(Set(runner.log.dropFirst()) == [[1], [2], [3], [4]])
            #expect(trials.map(\.state) == [.completed, .completed, .failed, .completed])
            #expect(trials.allSatisfy { $0.attempt == 2 })
        }
    }

    @Test func aTrialThatIsRefusedForGoodFailsAloneAndOnce() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner { spec, _ in
                spec.trial == 2
                    ? .failed(reason: "no such option", permanent: true) : .diverged(step: 3, metrics: [:])
            }
            let trials = try await finish(fixture(folder, runner, width: 4, slots: 1) { $0.retries = 3 })
            #expect(trials.map(\.state) == [.diverged, .failed, .diverged, .diverged])
            #expect(trials.allSatisfy { $0.attempt == 1 })
        }
    }

    @Test func aStoppingRuleHearsThemInTheirOrderAndStopsSomeOnly() async throws {
        try await withScratchFolder { folder in
            func directives(_ stacking: SweepDefinition.Stacking, _ name: String) async throws -> (
                [Trial], [Int: [TrialDirective]]
            ) {
                let runner = StackRunner(observations: 8)
                var fixture = fixture(folder, runner, width: 8, slots: 1) {
                    $0.stacking = stacking
                    $0.earlyTermination = EarlyTermination(rule: .successiveHalving, minTokens: 200, eta: 2)
                }
                fixture.folder = folder
                let (service, store) = try fixture.open()
                try await service.start()
                _ = try await service.submit(ServiceFixture.source(name))
                await service.waitUntilIdle()
                let trials = try await service.trials(of: name, after: 0, limit: 100)
                await service.drain()
                try store.close()
                return (trials, runner.directives)
            }
            let (first, told) = try await directives(.upTo(8), "one")
            let (second, toldAgain) = try await directives(.upTo(8), "two")
            #expect(told == toldAgain)
            #expect(first.map(\.state) == second.map(\.state))
            #expect(Set(first.map(\.state)) == [.completed, .stopped])
            for trial in first {
                let stops = told[trial.number]?.contains(.stop) ?? false
                #expect(stops == (trial.state == .stopped))
            }
        }
    }

    @Test func cancellingASweepEndsItsStacks() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner(endless: true)
            let (service, _) = try fixture(folder, runner).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { runner.log.count == 2 })
            _ = try await service.cancel("alpha")
            #expect(
                try await eventually {
                    try await service.trials(of: "alpha", after: 0, limit: 100).allSatisfy {
                        $0.state == .cancelled
                    }
                })
        }
    }

    @Test func aDrainInterruptsAllAndTheNextStartRunsThemAlone() async throws {
        try await withScratchFolder { folder in
            let runner = StackRunner(endless: true)
            let (service, store) = try fixture(folder, runner).open()
            try await service.start()
            _ = try await service.submit(ServiceFixture.source("alpha"))
            #expect(await eventually { runner.log.count == 2 })
            await service.drain()
            try store.close()
            let next = StackRunner()
            let (again, _) = try fixture(folder, next).open()
            try await again.start()
            await again.waitUntilIdle()
            let trials = try await again.trials(of: "alpha", after: 0, limit: 100)
            #expect(trials.allSatisfy { $0.state == .completed && $0.attempt == 2 })
            #expect(next.log.allSatisfy { $0.count == 1 })
        }
    }

    @Test func aQueueGivesCompanionsInOrderAndKeepsTheOthers() {
        var queue = TrialQueue(
            (1...2000).map { Trial(number: $0, proposal: .sample(0.1), seed: UInt64($0 % 3)) })
        _ = queue.take(1)
        #expect(queue.take(3) { $0.seed == 0 }.map(\.number) == [3, 6, 9])
        #expect(queue.take(5).map(\.number) == [2, 4, 5, 7, 8])
        // Far behind nothing is looked for.
        #expect(queue.take(4) { $0.number > 1990 }.isEmpty)
        #expect(queue.count == 1991)
    }
}
