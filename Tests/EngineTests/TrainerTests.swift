import Foundation
import Testing

@testable import Engine

@Suite struct TrainerTests {
    private let small: [String: HyperparameterValue] = [
        "width": .integer(16), "depth": .integer(1), "sequence_length": .integer(16),
    ]

    private func gpt(_ rate: Double = 0.3, budget: Int = 60 * 256, seed: UInt64 = 1, folder: URL? = nil)
        -> TrainingJob
    {
        job(
            "char-gpt", small, rate: rate, batch: 256, budget: budget, seed: seed, momentum: 0.9,
            folder: folder)
    }

    @Test func sameSeedGivesTheSameBitsAndAnotherSeedOthers() throws {
        let first = try completed(gpt())
        #expect(try completed(gpt()) == first)
        #expect(try completed(gpt(seed: 2)) != first)
    }

    @Test(arguments: ["char-gpt", "mlp", "stream-least-squares"])
    func aResumedRunEndsWithTheSameBits(workload: String) throws {
        try withFolder { folder in
            func make(_ folder: URL?) -> TrainingJob {
                job(
                    workload, workload == "char-gpt" ? small : [:], rate: 0.1, batch: 256, budget: 60 * 256,
                    momentum: workload == "stream-least-squares" ? 0 : 0.9, folder: folder)
            }
            let whole = try completed(make(nil))
            let interrupted = try Trainer.run(
                make(folder), optimizer: TestSGDFactory(), observe: { $0.step >= 20 ? .stop : .proceed })
            #expect(interrupted == .interrupted(step: 23))
            var steps: [Int] = []
            #expect(try completed(make(folder)) { steps.append($0.step) } == whole)
            #expect(steps.first == 30)
            #expect(!FileManager.default.fileExists(atPath: Checkpoint.file(in: folder).path))
        }
    }

    @Test func aDamagedCheckpointIsIgnored() throws {
        try withFolder { folder in
            _ = try Trainer.run(gpt(folder: folder), optimizer: TestSGDFactory(), observe: { _ in .stop })
            let file = Checkpoint.file(in: folder)
            let data = try Data(contentsOf: file)
            var flipped = data
            flipped[data.count / 2] ^= 1
            let whole = try completed(gpt())
            for damaged in [flipped, data.prefix(data.count / 2), Data()] {
                try damaged.write(to: file)
                #expect(Checkpoint.read(from: folder, job: gpt(), kind: "") == nil)
                var first: Int?
                #expect(try completed(gpt(folder: folder)) { first = first ?? $0.step } == whole)
                #expect(first == 8)
            }
        }
    }

    @Test func aCheckpointOfAnotherJobIsIgnored() throws {
        try withFolder { folder in
            _ = try Trainer.run(gpt(folder: folder), optimizer: TestSGDFactory(), observe: { _ in .stop })
            let other = try completed(gpt(0.1))
            #expect(try completed(gpt(0.1, folder: folder)) == other)
        }
    }

    @Test func aRequestToStopIsHeardBetweenObservations() throws {
        try withFolder { folder in
            let long = gpt(budget: 100_000_000, folder: folder)
            var asked = 0
            let outcome = try Trainer.run(
                long, optimizer: TestSGDFactory(), observe: { _ in .proceed },
                shouldStop: {
                    asked += 1
                    return asked == 3
                })
            guard case .interrupted(let step) = outcome else {
                Issue.record("ended as \(outcome)")
                return
            }
            #expect(step > 0)
            #expect(FileManager.default.fileExists(atPath: Checkpoint.file(in: folder).path))
        }
    }

    @Test func trainingLowersTheLossAndReportsEightTimes() throws {
        var observations: [TrainingObservation] = []
        let metrics = try completed(gpt(budget: 200 * 256)) { observations.append($0) }
        #expect(observations.map(\.step) == [25, 50, 75, 100, 125, 150, 175, 200])
        #expect((metrics["validation_loss"] ?? 9) < 3.2)
        #expect((metrics["validation_loss"] ?? 0) > (metrics["loss_floor"] ?? 9))
        #expect(metrics["tokens"] == 51_200)
        #expect(metrics["epochs"] == 1)
        #expect(observations.last?.metrics == metrics)
    }

    @Test(arguments: ["char-gpt", "mlp"])
    func anAbsurdRateIsSeenAsDivergenceEarly(workload: String) throws {
        let outcome = try Trainer.run(
            job(workload, workload == "char-gpt" ? small : [:], rate: 1e4, batch: 256, budget: 400 * 256),
            optimizer: TestSGDFactory(), observe: { _ in .proceed })
        guard case .diverged(let step, let metrics) = outcome else {
            Issue.record("ended as \(outcome)")
            return
        }
        #expect(step < 60)
        #expect(metrics.values.allSatisfy { $0.isFinite })
    }

    @Test func aMonitorForgivesNoiseAndAnEarlyClimb() {
        var monitor = DivergenceMonitor(steps: 1000)
        var generator = SplitMix64(1)
        for step in 0..<1000 {
            let climb = step < 30 ? 3.0 : 0
            let isLost = monitor.hasDiverged(after: 3 + climb + 0.5 * generator.normal())
            #expect(!isLost)
        }
        var lost = DivergenceMonitor(steps: 1000)
        var verdicts: [Bool] = []
        for step in 0..<400 { verdicts.append(lost.hasDiverged(after: step < 200 ? 3 : 6)) }
        #expect(!verdicts[..<200].contains(true))
        #expect(verdicts[200...].contains(true))
    }

    @Test func perExampleGradientsTrainAsTheirMean() throws {
        let job = job("mlp", rate: 0.1, batch: 16, budget: 30 * 16)
        let factory = TestSGDFactory(needsPerExampleGradients: true)
        guard
            case .completed(let metrics) = try Trainer.run(
                job, optimizer: factory, observe: { _ in .proceed })
        else {
            Issue.record("did not complete")
            return
        }
        let mean = try completed(job)
        #expect(abs((metrics["validation_loss"] ?? 0) - (mean["validation_loss"] ?? 1)) < 1e-4)
    }

    @Test func badSettingsAreNamed() {
        func message(_ job: TrainingJob) -> String {
            do {
                _ = try completed(job)
                return ""
            } catch { return "\(error)" }
        }
        #expect(message(job("char-gpt", rate: 0.1, batch: 100, budget: 1000)).contains("use 96"))
        #expect(
            message(job("chargpt", rate: 0.1, batch: 64, budget: 1000)).contains("did you mean 'char-gpt'"))
        let unknown = message(job("mlp", ["widht": .integer(3)], rate: 0.1, batch: 64, budget: 1000))
        #expect(unknown.contains("did you mean 'width'"))
        #expect(
            message(job("mlp", ["width": .integer(0)], rate: 0.1, batch: 64, budget: 1)).contains("from 1 to")
        )
        #expect(message(job("mlp", rate: 0.1, batch: 0, budget: 1)).contains("not positive"))
        let heads = message(job("char-gpt", ["heads": .integer(5)], rate: 0.1, batch: 64, budget: 1000))
        #expect(heads.contains("not a multiple of heads 5"))
        let missing = job("mlp", ["path": .text("/nowhere/x.csv")], rate: 0.1, batch: 64, budget: 1000)
        #expect(message(missing).contains("no file at '/nowhere/x.csv'"))
        var rateless = job("mlp", rate: 0.1, batch: 64, budget: 1000)
        rateless.hyperparameters = [:]
        #expect(message(rateless).contains("no learning_rate"))
    }
}

@Suite struct ScheduleTests {
    @Test(arguments: LearningRateSchedule.Shape.allCases)
    func factorsStayWithinBoundsAndBeginAtThePeak(shape: LearningRateSchedule.Shape) {
        let schedule = LearningRateSchedule(shape: shape)
        let factors = (0..<100).map { schedule.factor(step: $0, of: 100) }
        #expect(factors[0] == 1)
        #expect(factors.allSatisfy { $0 > 0 && $0 <= 1 })
        #expect(zip(factors, factors.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(schedule.factor(step: 0, of: 1) == 1)
    }

    @Test func knownPointsOfTheShapes() {
        #expect(abs(LearningRateSchedule(shape: .cosine).factor(step: 50, of: 100) - 0.5) < 1e-12)
        #expect(LearningRateSchedule(shape: .linear).factor(step: 75, of: 100) == 0.25)
        let wsd = LearningRateSchedule(shape: .wsd, decayFraction: 0.2)
        #expect(wsd.factor(step: 80, of: 100) == 1)
        #expect(wsd.factor(step: 90, of: 100) == 0.5)
        let warm = LearningRateSchedule(shape: .constant, warmupFraction: 0.1)
        #expect(warm.factor(step: 0, of: 100) < 0.1)
        #expect(warm.factor(step: 10, of: 100) == 1)
    }
}
