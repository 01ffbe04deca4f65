import Engine
import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// What trials say to a fit: which stopped runs are whole runs of a smaller budget, and which shorter runs count.
@Suite struct LossSamplesTests {
    private func curve(_ schedule: LearningRateSchedule, budget: Int) throws -> [Int: Double] {
        var losses: [Int: Double] = [:]
        let job = TrainingJob(
            workload: "stream-least-squares", workloadOptions: ["modes": .integer(500)],
            hyperparameters: ["learning_rate": .real(0.2)], schedule: schedule, batchSizeTokens: 4,
            tokenBudget: budget, seed: 7)
        _ = try WorkerLoop.builtIn(
            job, .init(name: "sgd", options: [:]), { losses[$0.tokens] = $0.metrics["validation_loss"] },
            { false })
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

    private func trial(
        _ number: Int, _ rate: Double, budget: Int, state: TrialState = .completed, seed: UInt64 = 1,
        loss: Double = 2, tokens: Double? = nil, shorter: [Int: Double] = [:]
    ) -> Trial {
        var proposal = TrialProposal.sample(rate)
        proposal.tokenBudget = budget
        var metrics = ["validation_loss": loss]
        metrics["tokens"] = tokens
        return Trial(
            number: number, proposal: proposal, state: state, seed: seed, metrics: metrics,
            shorterRuns: shorter.sorted { $0.key < $1.key }.map {
                ShorterRun(tokenBudget: $0.key, metrics: ["validation_loss": $0.value])
            })
    }

    private func samples(_ trials: [Trial]) -> [LossSample] {
        var definition = SweepDefinition.sample()
        definition.optimizer?.schedule = LearningRateSchedule(shape: .constant)
        return LossSamples(definition: definition, axes: [.learningRate]).samples(trials).all
    }

    @Test func shorterRunsAreSamplesOfTheirBudgetsWithTheRunTheyAreOf() {
        let found = samples([trial(3, 0.1, budget: 1000, loss: 2, shorter: [250: 2.6, 500: 2.3])])
        #expect(found.map(\.tokenBudget) == [1000, 250, 500])
        #expect(found.map(\.loss) == [2, 2.6, 2.3])
        #expect(found.allSatisfy { $0.run == 3 })
        #expect(samples([trial(3, 0.1, budget: 1000)]).map(\.run) == [nil])
    }

    @Test func aShorterRunOfTheSameSeedCountsOnce() {
        let long = trial(1, 0.1, budget: 1000, shorter: [500: 2.3])
        let trained = trial(2, 0.1, budget: 500, loss: 2.3)
        #expect(samples([long, trained]).map(\.tokenBudget) == [1000, 500])
        let longer = trial(3, 0.1, budget: 2000, shorter: [500: 2.3])
        #expect(samples([long, longer]).map(\.tokenBudget) == [1000, 2000, 500])
        // Another seed and another rate are other runs.
        #expect(samples([long, trial(2, 0.1, budget: 500, seed: 7)]).count == 3)
        #expect(samples([long, trial(2, 0.2, budget: 500)]).count == 3)
    }

    @Test func whatDoesNotEndKeepsWhatItHasTold() {
        let diverged = trial(1, 0.1, budget: 1000, state: .diverged, shorter: [250: 2.6])
        #expect(samples([diverged]).map(\.loss) == [nil, 2.6])
        // Stopped where a shorter run ends: the whole validation set is worth more than a part of it.
        let stopped = trial(
            2, 0.1, budget: 1000, state: .stopped, loss: 2.25, tokens: 500, shorter: [250: 2.6, 500: 2.3])
        #expect(samples([stopped]).map(\.loss) == [2.6, 2.3])
        let failed = trial(3, 0.1, budget: 1000, state: .failed, shorter: [250: 2.6])
        #expect(samples([failed]).isEmpty)
    }

    @Test func shorterBudgetsAreThoseASweepCanBeToldOf() {
        var definition = SweepDefinition.sample()
        definition.tokenBudgets = [1000, 2000, 4000]
        func below(_ shape: LearningRateSchedule.Shape, _ method: SweepDefinition.SearchMethod) -> [Int] {
            definition.optimizer?.schedule = LearningRateSchedule(shape: shape)
            definition.method = method
            return definition.shorterBudgets(below: 4000)
        }
        #expect(below(.constant, .lawGuided) == [1000, 2000])
        #expect(below(.wsd, .lawGuided) == [1000, 2000])
        #expect(below(.cosine, .lawGuided).isEmpty)
        #expect(below(.constant, .sobol).isEmpty)
        definition.shorterRuns = .on
        #expect(below(.constant, .sobol) == [1000, 2000])
        #expect(definition.trainedTokens(of: 4000) == 4000)
        _ = below(.wsd, .sobol)
        #expect(definition.trainedTokens(of: 4000) == 4000 + 0.2 * 3000)
        #expect(definition.trainedTokens(of: 1000) == 1000)
        // Eight steps at least.
        var proposal = TrialProposal.sample(0.1)
        proposal.tokenBudget = 4000
        #expect(definition.shorterBudgets(of: proposal, batchSizeTokens: 200) == [2000])
        definition.shorterRuns = .off
        #expect(below(.constant, .lawGuided).isEmpty)
    }
}
