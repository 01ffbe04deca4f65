import Foundation
import ScalingLaws
import Testing

@testable import Tuner

/// What to run next once a sweep has stopped.
@Suite struct NextRunsDesignTests {
    private func trials(_ definition: SweepDefinition) throws -> [Trial] {
        try play(
            PlannerFactory.planner(for: definition) { trials in
                try? SweepAnalyst().law(definition: definition, trials: trials)
            }, loss: valleyLoss)
    }

    private func next(_ definition: SweepDefinition, _ trials: [Trial], at budget: Int = 1_000_000) throws
        -> (answer: Recommendation, next: NextRuns?)
    {
        let law = try SweepAnalyst().law(definition: definition, trials: trials)
        let answer = try SweepAnalyst().recommendation(
            definition: definition, law: FittedLaw(version: 1, law: law, fittedAt: Date()), trials: trials,
            question: BudgetQuestion(tokenBudget: budget))
        return (answer, NextRunsDesign(definition: definition, law: law, history: trials).runs(for: answer))
    }

    @Test(
        "a sweep that ran into its run_cap is told the cap that makes the next runs, and what they are worth")
    func runCap() throws {
        let definition = plannedSweep(method: .lawGuided, runCap: 12, replicates: 2)
        let trials = try trials(definition)
        let (answer, found) = try next(definition, trials)
        let runs = try #require(found)
        #expect(runs.expectedRegret == answer.expectedRegret)
        #expect(runs.expectedRegretAfter < runs.expectedRegret && runs.expectedRegretAfter >= 0)
        #expect(runs.runs % 2 == 0 && runs.runCap == trials.count + runs.runs && runs.costCap == nil)
        #expect(definition.tokenBudgets.contains(runs.tokenBudget) && runs.modelSize == nil)
        let rates = try #require(runs.hyperparameters["learning_rate"])
        #expect(rates.count == 2 && rates[0] <= rates[1] && rates[0] >= 1e-4 && rates[1] <= 1e-1)
    }

    @Test("a sweep that ran into its cost_cap is told the cost, in figures that can be typed")
    func costCap() throws {
        var definition = plannedSweep(method: .lawGuided)
        definition.costCap = 30_000
        let trials = try trials(definition)
        let runs = try #require(try next(definition, trials).next)
        let spent = trials.reduce(0) { $0 + $1.proposal.tokenBudget }
        let needed = Double(spent + runs.runs * runs.tokenBudget)
        let cap = try #require(runs.costCap)
        #expect(cap >= needed && cap < 1.02 * needed && cap.truncatingRemainder(dividingBy: 100) == 0)
        #expect(runs.runCap == nil)
    }

    @Test(
        "other methods are told the runs without a cap, and the asked budget decides, not the file's target")
    func others() throws {
        var definition = plannedSweep(method: .lawGuided)
        let trials = try trials(definition)
        definition.method = .grid
        let runs = try next(definition, trials).next
        #expect(runs?.runCap == nil && runs?.costCap == nil)
        let near = try next(definition, trials, at: 8000)
        #expect(near.next?.expectedRegret == near.answer.expectedRegret)
    }

    @Test("why a sweep stopped is the reason of its conclusion, without the figures of other batch sizes")
    func reasons() {
        func summary(_ state: SweepState, _ message: String?) -> SweepSummary {
            SweepSummary(
                name: "a", state: state, message: message, trials: [:], expectedTrials: 1, tokensSpent: 0,
                best: nil, createdAt: Date(), updatedAt: Date())
        }
        let sentence = "no further run fits into the caps; expected regret at the target: 10 % of the loss"
        #expect(summary(.completed, sentence).stopped == "no further run fits into the caps")
        #expect(summary(.completed, nil).stopped == "every planned trial is made")
        #expect(summary(.running, nil).stopped == nil)
        #expect(summary(.paused, nil).stopped == "the sweep is paused")
        #expect(summary(.failed, "no disk").stopped == "no disk")
    }
}
