import Foundation
import ScalingLaws
import Testing

@testable import Tuner

@Suite("Questions about a model size")
struct BudgetQuestionTests {
    /// A grid over budgets and model sizes whose best learning rate falls as `N^-1/2` and `T^-1/2`.
    private static let sized: (definition: SweepDefinition, trials: [Trial]) = {
        var definition = plannedSweep(method: .grid, budgets: [1000, 2000, 4000])
        definition.parameters[0].domain = .range(min: 1e-4, max: 1e-1, scale: .log, step: 2, integer: false)
        definition.modelSizes = [100, 200, 400]
        definition.targetModelSize = 800
        definition.parameters.append(
            .init(name: "model_size", domain: .values([.integer(100), .integer(200), .integer(400)])))
        let trials = try? play(PlannerFactory.planner(for: definition) { _ in nil }) { proposal in
            let size = proposal.modelSize ?? 100
            var moved = proposal
            moved.hyperparameters["learning_rate"] = .real(
                (proposal.hyperparameters["learning_rate"]?.number ?? 0) * (size / 100).squareRoot())
            return valleyLoss(moved).map { $0 + 0.3 * 100 / size }
        }
        return (definition, trials ?? [])
    }()

    private func ask(
        _ question: BudgetQuestion, _ definition: SweepDefinition = sized.definition,
        _ trials: [Trial] = sized.trials
    ) throws -> Recommendation {
        let analyst = SweepAnalyst()
        let law = try analyst.law(definition: definition, trials: trials)
        return try analyst.recommendation(
            definition: definition, law: FittedLaw(version: 1, law: law, fittedAt: .distantPast),
            trials: trials, question: question)
    }

    @Test("another size is answered with the rate of that size")
    func anotherSize() throws {
        func rate(_ size: Int?) throws -> Double {
            let answer = try ask(.init(tokenBudget: 8000, modelSize: size))
            #expect(answer.modelSize == Double(size ?? 800))
            return try #require(answer.hyperparameters["learning_rate"]?.value.number)
        }
        let usual = try rate(nil)
        #expect(try rate(800) == usual)
        #expect(abs(log2(try rate(100) / usual) - 1.5) < 0.3)
        #expect(abs(log2(try rate(3200) / usual) + 1) < 0.3)
    }

    @Test("the answer changes its predicted loss with the size")
    func loss() throws {
        let small = try ask(.init(tokenBudget: 4000, modelSize: 100)).predicted["validation_loss"]?.value
        let large = try ask(.init(tokenBudget: 4000, modelSize: 400)).predicted["validation_loss"]?.value
        #expect(try #require(small) > #require(large) + 0.1)
    }

    @Test("strict refuses a model far beyond those that were run")
    func strict() throws {
        let far = try ask(.init(tokenBudget: 4000, modelSize: 100_000))
        #expect(throws: TunerError.self) { try far.refuseWideExtrapolation() }
        try ask(.init(tokenBudget: 4000, modelSize: 1000)).refuseWideExtrapolation()
    }

    @Test("a sweep of one size says so, and how to get an answer")
    func oneSize() throws {
        let definition = plannedSweep(method: .lawGuided)
        let trials = try play(
            PlannerFactory.planner(for: definition) {
                try? SweepAnalyst().law(definition: definition, trials: $0)
            },
            loss: valleyLoss)
        let error = try #require(
            #expect(throws: TunerError.self) {
                try ask(.init(tokenBudget: 8000, modelSize: 7_000_000_000), definition, trials)
            })
        #expect(error.code == .usage)
        #expect(error.message.contains("'7000000000'"))
        #expect(error.help?.contains("'model_sizes'") == true)
        #expect(try ask(.init(tokenBudget: 8000), definition, trials).modelSize == nil)
    }

    @Test("while only one size is finished there is not enough data")
    func oneFinishedSize() throws {
        let first = Self.sized.trials.filter { $0.proposal.modelSize == 100 }
        #expect(first.count > 10)
        let error = try #require(
            #expect(throws: TunerError.self) {
                try ask(.init(tokenBudget: 8000, modelSize: 200), Self.sized.definition, first)
            })
        #expect(error.code == .notEnoughData)
        #expect(error.why?.contains("100") == true)
    }

    @Test("what no law can answer is refused")
    func refusals() {
        for question in [
            BudgetQuestion(tokenBudget: 0), .init(tokenBudget: 1, modelSize: 0),
            .init(tokenBudget: 1, held: [.learningRate: -1]), .init(tokenBudget: 1, held: [.momentum: 1]),
        ] {
            #expect(throws: TunerError.self) { try question.check() }
        }
    }
}
