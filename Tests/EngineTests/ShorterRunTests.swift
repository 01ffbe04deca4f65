import Foundation
import Testing

@testable import Engine

/// What a long run tells of the shorter runs inside it.
@Suite("Shorter runs") struct ShorterRunTests {
    private static let shapes: [LearningRateSchedule.Shape] = [.constant, .wsd]
    /// In steps, of a run of 64; 13 steps have a decay of 2.6.
    private static let lengths = [13, 32, 40]

    private func make(
        _ workload: String, _ shape: LearningRateSchedule.Shape, steps: Int = 64, shorter: [Int] = [],
        folder: URL? = nil
    ) -> TrainingJob {
        let gpt: [String: HyperparameterValue] = [
            "width": .integer(16), "depth": .integer(1), "sequence_length": .integer(16),
        ]
        let batch = 64
        var made = job(
            workload, workload == "char-gpt" ? gpt : [:], rate: 0.1, batch: batch, budget: steps * batch,
            momentum: workload == "stream-least-squares" ? 0 : 0.9,
            schedule: LearningRateSchedule(shape: shape), folder: folder)
        made.shorterBudgets = shorter.map { $0 * batch }
        return made
    }

    /// The final metrics that a run of its own has, without the loss over a window of the run.
    private func end(_ job: TrainingJob) throws -> [String: Double] {
        var metrics = try completed(job)
        metrics["train_loss"] = nil
        return metrics
    }

    @Test(arguments: ["char-gpt", "mlp", "stream-least-squares"], shapes)
    func aLongRunTellsWhatShorterOnesEndWithToTheBit(
        workload: String, shape: LearningRateSchedule.Shape
    ) throws {
        var told: [ShorterRun] = []
        let long = try completed(make(workload, shape, shorter: Self.lengths)) { told += $0.shorterRuns }
        #expect(told.map(\.tokenBudget) == Self.lengths.map { 64 * $0 })
        for (run, steps) in zip(told, Self.lengths) {
            #expect(run.metrics == (try end(make(workload, shape, steps: steps))), "\(steps) steps")
        }
        // And is none the different for it.
        #expect(try completed(make(workload, shape)) == long)
    }

    @Test(arguments: shapes)
    func interruptedAnywhereTheProcessThatGoesOnTellsOfAll(shape: LearningRateSchedule.Shape) throws {
        func start(_ job: TrainingJob) throws -> TrainingRun<RecursionSession> {
            TrainingRun(job, try RecursionSession(job))
        }
        /// Advances to the end or by some steps.
        func advance(
            _ run: inout TrainingRun<RecursionSession>, _ count: Int, _ told: inout [TrainingObservation]
        ) throws -> Bool {
            for _ in 0..<count {
                switch try run.advance() {
                case .step: break
                case .observation(let observation): told.append(observation)
                case .last(let observation):
                    told.append(observation)
                    return true
                case .diverged: Issue.record("diverged")
                }
            }
            return false
        }
        var whole = try start(make("stream-least-squares", shape, shorter: Self.lengths))
        var expected: [TrainingObservation] = []
        _ = try advance(&whole, .max, &expected)
        #expect(expected.flatMap(\.shorterRuns).count == 3)
        for count in 1..<80 {
            try withFolder { folder in
                let job = make("stream-least-squares", shape, shorter: Self.lengths, folder: folder)
                var before: [TrainingObservation] = []
                var run = try start(job)
                if try advance(&run, count, &before) { return }
                _ = try run.interrupt()
                var second = try start(job)
                var after: [TrainingObservation] = []
                _ = try advance(&second, .max, &after)
                #expect(
                    (before + after).map(\.metrics) == expected.map(\.metrics), "interrupted after \(count)")
                // What was told before may have been lost with its hearer, so all is told again.
                #expect(
                    after.flatMap(\.shorterRuns) == expected.flatMap(\.shorterRuns),
                    "interrupted after \(count)")
            }
        }
    }

    @Test func aRunThatIsLostTellsWhatItHasNotToldBefore() throws {
        // Eight steps of 64 are an eighth; the run diverges at the earliest after a twentieth of its steps.
        var made = make("mlp", .constant, steps: 64, shorter: [2])
        made.hyperparameters["learning_rate"] = .real(1e4)
        var told: [TrainingObservation] = []
        let outcome = try Trainer.run(
            made, optimizer: TestSGDFactory(),
            observe: { observation in
                told.append(observation)
                return .proceed
            })
        guard case .diverged(let step, _) = outcome else {
            Issue.record("ended as \(outcome)")
            return
        }
        #expect(step < 8)
        #expect(told.map(\.step) == [step])
        #expect(told.first?.shorterRuns.map(\.tokenBudget) == [2 * 64])
    }

    @Test func onlySchedulesThatShareTheirFirstStepsContainOthers() {
        func contains(
            _ shape: LearningRateSchedule.Shape, _ fraction: Double, warmup: Double = 0, decay: Double = 0.2
        )
            -> Bool
        {
            LearningRateSchedule(shape: shape, warmupFraction: warmup, decayFraction: decay)
                .containsRun(of: fraction)
        }
        #expect(contains(.constant, 0.01) && contains(.wsd, 0.01))
        #expect(!contains(.cosine, 0.5) && !contains(.linear, 0.5))
        // The warm-up of the shorter run would be shorter; a tenth of it is let pass.
        #expect(contains(.constant, 0.5, warmup: 0.05) && !contains(.constant, 0.4, warmup: 0.05))
        #expect(contains(.wsd, 0.5, warmup: 0.05) && !contains(.wsd, 0.4, warmup: 0.05))
        // A decay from the first step on shares nothing.
        #expect(!contains(.wsd, 0.5, decay: 1))
    }

    @Test func aScheduleThatContainsNoneIsAskedForNone() throws {
        var told: [ShorterRun] = []
        _ = try completed(make("stream-least-squares", .cosine, shorter: [32])) { told += $0.shorterRuns }
        #expect(told.isEmpty)
    }

    @Test func aGrowingBatchHasShorterRunsUnderAConstantRateOnly() {
        func forks(_ shape: LearningRateSchedule.Shape) -> [RunFork] {
            var made = make("mlp", shape, steps: 1000, shorter: [100, 500])
            made.batchGrowth = BatchGrowth(startTokens: 64 * 50)
            return RunFork.forks(of: made)
        }
        #expect(forks(.wsd).isEmpty)
        // 50 steps at 64 tokens, then 25 of 128; for the longer one 46 of them, 65 of 256 and 13 of 512.
        #expect(forks(.constant).map(\.steps) == [75, 174])
        #expect(forks(.constant).allSatisfy { $0.shared == $0.steps })
    }

    /// A session that does not take its state back.
    private struct OneWaySession: TrainingSession {
        var base: RecursionSession
        var modelSize: Int { base.modelSize }
        var trainingTokens: Int? { base.trainingTokens }
        var lossFloor: Double? { base.lossFloor }
        var kind: String { base.kind }
        var buffers: [String: Data] { base.buffers }
        mutating func step(_ step: Int, factor: Double) throws -> Double? { base.step(step, factor: factor) }
        func evaluate(step: Int, full: Bool) -> [String: Double] { base.evaluate(step: step, full: full) }
        mutating func restore(_ buffers: [String: Data]) -> Bool { false }
    }

    @Test func anOptimizerThatDoesNotTakeItsStateBackFailsTheRunWithHelp() throws {
        func run(_ shape: LearningRateSchedule.Shape) throws {
            let job = make("stream-least-squares", shape, shorter: [32])
            _ = try Trainer.run(
                job, session: OneWaySession(base: RecursionSession(job)), observe: { _ in .proceed })
        }
        do {
            try run(.wsd)
            Issue.record("the long run went on from the end of the shorter one")
        } catch let error as EngineError {
            #expect(error.code == "not-restored")
            #expect(error.help?.contains("shorter_runs: off") == true)
        }
        // Under a constant rate nothing is put back.
        try run(.constant)
    }

    @Test func aShorterRunThatIsLostIsNotTold() throws {
        // A rate that only the decay survives: the long run diverges behind the end of the first.
        var told: [ShorterRun] = []
        var made = make("mlp", .wsd, steps: 400, shorter: [40, 300])
        made.hyperparameters["learning_rate"] = .real(1e4)
        let outcome = try Trainer.run(
            made, optimizer: TestSGDFactory(),
            observe: { observation in
                told += observation.shorterRuns
                return .proceed
            })
        guard case .diverged = outcome else {
            Issue.record("ended as \(outcome)")
            return
        }
        #expect(told.isEmpty)
    }
}
