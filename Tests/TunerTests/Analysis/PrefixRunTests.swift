import Engine
import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// Which stopped runs are whole runs of a smaller budget.
@Suite struct PrefixRunTests {
    private func curve(_ schedule: LearningRateSchedule, budget: Int) throws -> [Int: Double] {
        var losses: [Int: Double] = [:]
        let job = TrainingJob(
            workload: "stream-least-squares", workloadOptions: ["modes": .integer(500)],
            hyperparameters: ["learning_rate": .real(0.2)], schedule: schedule, batchSizeTokens: 4,
            tokenBudget: budget, seed: 7)
        _ = try WorkerLoop.builtIn(
            job, .init(name: "sgd", options: [:]), { losses[$0.tokens] = $0.metrics["validation_loss"] }, { false })
        return losses
    }

    @Test func underAConstantRateAStoppedRunIsAWholeRun() throws {
        let constant = LearningRateSchedule(shape: .constant)
        #expect(constant.isWholeRun(at: 0.25))
        let long = try curve(constant, budget: 16_384), short = try curve(constant, budget: 4096)
        let prefix = try #require(long[4096])
        #expect(prefix == short[4096])
    }

    @Test(arguments: [LearningRateSchedule.Shape.cosine, .linear, .wsd])
    func underADecayItIsNot(_ shape: LearningRateSchedule.Shape) throws {
        let schedule = LearningRateSchedule(shape: shape)
        #expect(!schedule.isWholeRun(at: 0.25))
        #expect(schedule.isWholeRun(at: 1))
        let long = try #require(try curve(schedule, budget: 16_384)[4096])
        let short = try #require(try curve(schedule, budget: 4096)[4096])
        // By much more than the noise of any fit: also for wsd, whose rate has not begun to decay there.
        #expect(long > 1.1 * short, "\(shape): \(long) and \(short)")
    }

    @Test func aWarmUpMayBeATenthOfWhatWasTrained() {
        let schedule = LearningRateSchedule(shape: .constant, warmupFraction: 0.05)
        #expect(schedule.isWholeRun(at: 0.5))
        #expect(!schedule.isWholeRun(at: 0.4))
    }

    @Test func samplesTakeStoppedTrialsAtTheirOwnTokensWhereTheScheduleAllows() {
        var definition = SweepDefinition.sample()
        let trials = [
            Trial(
                number: 1, proposal: .sample(0.1), state: .completed, seed: 1,
                metrics: ["validation_loss": 2]),
            Trial(
                number: 2, proposal: .sample(0.01), state: .stopped, seed: 1,
                metrics: ["validation_loss": 3, "tokens": 375]),
            Trial(number: 3, proposal: .sample(0.01), state: .stopped, seed: 1),
            Trial(
                number: 4, proposal: .sample(0.01), state: .failed, seed: 1, metrics: ["validation_loss": 3]),
            Trial(number: 5, proposal: .sample(9), state: .diverged, seed: 1),
        ]
        func budgets() -> [Double] {
            LossSamples(definition: definition, axes: [.learningRate]).samples(trials).all.map(\.tokenBudget)
        }
        definition.optimizer?.schedule = LearningRateSchedule(shape: .constant)
        #expect(budgets() == [1000, 375, 1000])
        definition.optimizer?.schedule = LearningRateSchedule(shape: .wsd)
        #expect(budgets() == [1000, 1000])
        // The schedule of a command is not known.
        definition.optimizer = nil
        #expect(budgets() == [1000, 1000])
    }
}
