import Engine
import Foundation
import ScalingLaws
import Testing

@testable import Tuner

@Suite("Planners")
struct PlannerTests {
    private func planner(_ definition: SweepDefinition) -> any Planner {
        PlannerFactory.planner(for: definition) { trials in
            try? SweepAnalyst().law(definition: definition, trials: trials)
        }
    }

    @Test(
        "every planner: same seed, same trials; proposals lie in their domains; replicates and run_cap are honoured",
        arguments: SweepDefinition.SearchMethod.allCases, [nil, 17] as [Int?])
    func conformance(method: SweepDefinition.SearchMethod, cap: Int?) throws {
        let definition = plannedSweep(
            method: method, extra: [batchSizes([50, 100, 200])], runCap: cap, replicates: 2, seed: 5)
        let trials = try play(planner(definition), restartAt: 2, loss: valleyLoss)
        #expect(try play(planner(definition), loss: valleyLoss) == trials)
        #expect(!trials.isEmpty)
        #expect(trials.count <= cap ?? .max)
        #expect(trials.count % 2 == 0 || cap != nil)
        for trial in trials {
            let rate = trial.proposal.hyperparameters["learning_rate"]?.number ?? 0
            #expect(rate >= 1e-4 && rate <= 1e-1)
            #expect([50, 100, 200].contains(trial.proposal.hyperparameters["batch_size_tokens"]?.number))
            #expect(definition.tokenBudgets.contains(trial.proposal.tokenBudget))
        }
        let estimate = planner(definition).expectedTrialCount(history: [])
        #expect(Double(estimate) > 0.5 * Double(trials.count) && Double(estimate) < 2 * Double(trials.count))
        #expect(planner(definition).expectedTrialCount(history: trials) == 0)
    }

    @Test("another seed draws other random points")
    func seedsMatter() throws {
        let one = try play(planner(plannedSweep(method: .random, seed: 1)), loss: valleyLoss)
        let two = try play(planner(plannedSweep(method: .random, seed: 2)), loss: valleyLoss)
        #expect(one.map(\.proposal) != two.map(\.proposal))
    }

    @Test("grid takes every combination that fits into its budget")
    func gridIsComplete() throws {
        let definition = plannedSweep(method: .grid, extra: [batchSizes([100, 1000, 4000])])
        let trials = try play(planner(definition), loss: valleyLoss)
        // Five learning rates; a batch must leave two steps: one batch size at 1000, two at 2000 and 4000, three at 8000.
        #expect(trials.count == 5 * (1 + 2 + 2 + 3))
        #expect(Set(trials.map(\.proposal)).count == trials.count)
    }

    @Test("grid steps momentum by factors of 1 - momentum")
    func gridStepsMomentum() throws {
        let momentum = SweepDefinition.SearchParameter(
            name: "momentum",
            domain: .range(min: 0.8, max: 0.95, scale: .complementLog, step: 2, integer: false))
        let trials = try play(planner(plannedSweep(method: .grid, extra: [momentum])), loss: valleyLoss)
        let tried = Set(trials.compactMap { $0.proposal.hyperparameters["momentum"]?.number })
        #expect(tried.sorted().map { ($0 * 1000).rounded() } == [800, 900, 950])
    }

    @Test("law-guided finds the optimum at every budget with few trials above the smallest")
    func lawGuidedFollowsTheValley() throws {
        let definition = plannedSweep(method: .lawGuided)
        let trials = try play(planner(definition), loss: valleyLoss)
        for budget in definition.tokenBudgets {
            let here = trials.filter { $0.proposal.tokenBudget == budget }
            let best = here.filter { $0.state == .completed }
                .min { ($0.metrics["validation_loss"] ?? 9) < ($1.metrics["validation_loss"] ?? 9) }
            let rate = best?.proposal.hyperparameters["learning_rate"]?.number ?? 0
            let truth = 0.01 * pow(Double(budget) / 1000, -0.5)
            #expect(abs(log2(rate / truth)) < 1, "budget \(budget): best tried \(rate), optimum \(truth)")
            if budget > 1000 { #expect(here.count <= 6, "budget \(budget) took \(here.count) trials") }
        }
    }

    @Test("law-guided goes outwards when the best is the outermost tried, and stops at the range")
    func lawGuidedExtends() throws {
        let definition = plannedSweep(method: .lawGuided, budgets: [1000, 64000])
        // The optimum jumps up by 16 between the budgets: no law says so.
        let trials = try play(planner(definition)) { proposal in
            let best = proposal.tokenBudget == 1000 ? 1e-3 : 1.6e-2
            let distance = log((proposal.hyperparameters["learning_rate"]?.number ?? 0) / best)
            return 2 + 0.05 * distance * distance
        }
        let rates = trials.filter { $0.proposal.tokenBudget == 64000 }
            .compactMap { $0.proposal.hyperparameters["learning_rate"]?.number }
        #expect((rates.max() ?? 0) > 4e-3)
        #expect(rates.allSatisfy { $0 <= 0.1 })
    }

    @Test("law-guided tries what the law does not follow alone at the smallest budget and keeps the best")
    func sideParameters() throws {
        let decay = SweepDefinition.SearchParameter(
            name: "weight_decay", domain: .values([.real(0), .real(0.1), .real(0.2)]))
        let definition = plannedSweep(method: .lawGuided, extra: [decay])
        let trials = try play(planner(definition)) { proposal in
            valleyLoss(proposal).map {
                $0 + (proposal.hyperparameters["weight_decay"] == .real(0.2) ? 0 : 0.05)
            }
        }
        let above = trials.filter { $0.proposal.tokenBudget > 1000 }
        #expect(!above.isEmpty)
        #expect(above.allSatisfy { $0.proposal.hyperparameters["weight_decay"] == .real(0.2) })
    }

    @Test("a sweep that searches nothing runs each budget once")
    func nothingSearched() throws {
        var definition = plannedSweep(method: .lawGuided)
        definition.parameters = [.init(name: "learning_rate", domain: .value(.real(0.01)))]
        let trials = try play(planner(definition), loss: valleyLoss)
        #expect(trials.map(\.proposal.tokenBudget) == definition.tokenBudgets)
    }

    @Test("a sweep where everything diverges ends")
    func everythingDiverges() throws {
        let trials = try play(planner(plannedSweep(method: .lawGuided))) { _ in nil }
        #expect(trials.count < 60)
    }
}
