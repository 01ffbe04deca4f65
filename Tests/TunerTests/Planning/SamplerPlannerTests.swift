import Engine
import Foundation
import Testing

@testable import Tuner

@Suite("Planners of samplers")
struct SamplerPlannerTests {
    static let methods: [SweepDefinition.SearchMethod] = [.halton, .tpe, .gp, .cmaes, .nsga2]

    private func planner(_ definition: SweepDefinition) -> any Planner {
        PlannerFactory.planner(for: definition) { _ in nil }
    }

    @Test(
        "replicates count once, their mean is the value, and every budget has its share", arguments: methods)
    func shares(method: SweepDefinition.SearchMethod) throws {
        let definition = plannedSweep(
            method: method, budgets: [1000, 8000], runCap: 36, replicates: 2, seed: 2)
        let trials = try play(planner(definition), loss: valleyLoss)
        #expect(trials.count == 36)
        for budget in definition.tokenBudgets {
            let here = trials.filter { $0.proposal.tokenBudget == budget }
            #expect(here.count == 18)
            #expect(Set(here.map(\.proposal.hyperparameters)).count == 9)
        }
        #expect(planner(definition).expectedTrialCount(history: trials) == 0)
    }

    @Test(
        "model-based methods end nearer to the optimum than they begin",
        arguments: [SweepDefinition.SearchMethod.tpe, .gp])
    func improves(method: SweepDefinition.SearchMethod) throws {
        let definition = plannedSweep(method: method, budgets: [1000], runCap: 40, seed: 3)
        let trials = try play(planner(definition), loss: valleyLoss)
        func distance(_ trials: ArraySlice<Trial>) -> Double {
            let sum = trials.reduce(0.0) {
                $0 + abs(log(($1.proposal.hyperparameters["learning_rate"]?.number ?? 1) / 0.01))
            }
            return sum / Double(trials.count)
        }
        #expect(trials.count == 40)
        #expect(distance(trials.suffix(20)) < 0.6 * distance(trials.prefix(8)))
    }

    @Test("a short search looks at its results, too: methods part after their first points")
    func shortSearches() throws {
        let searches = try [SweepDefinition.SearchMethod.tpe, .gp, .nsga2].map { method in
            let definition = plannedSweep(method: method, budgets: [1000], runCap: 9, seed: 3)
            return try play(planner(definition), loss: valleyLoss).map(\.proposal.hyperparameters)
        }
        #expect(Set(searches.map { $0.prefix(3) }).count == 1)
        #expect(Set(searches).count == 3)
    }

    @Test("values that come back from the store without their decimal point are the same points")
    func storedValues() throws {
        let decay = SweepDefinition.SearchParameter(
            name: "weight_decay", domain: .values([.real(0), .real(1)]))
        let definition = plannedSweep(method: .tpe, extra: [decay], budgets: [1000], runCap: 30)
        var trials = try play(planner(definition), loss: valleyLoss)
        trials.removeLast(10)
        let next = try planner(definition).nextRound(history: trials)
        for index in trials.indices {
            if let number = trials[index].proposal.hyperparameters["weight_decay"]?.number {
                trials[index].proposal.hyperparameters["weight_decay"] = .integer(Int(number))
            }
        }
        #expect(try planner(definition).nextRound(history: trials) == next)
    }

    @Test(
        "listed values run out instead of being tried twice; batches beyond a budget are left out",
        arguments: methods)
    func lists(method: SweepDefinition.SearchMethod) throws {
        var definition = plannedSweep(
            method: method, extra: [batchSizes([100, 500, 4000])], budgets: [1000, 8000], runCap: 40)
        definition.parameters[0].domain = .values([.real(0.001), .real(0.01)])
        let trials = try play(planner(definition), loss: valleyLoss)
        #expect(Set(trials.map(\.proposal.hyperparameters)).count <= 6)
        // Two rates, with two batch sizes at the smaller budget and three at the larger.
        #expect(trials.count == 2 * 2 + 2 * 3)
        #expect(
            Set(
                trials.map {
                    BudgetedPoint(
                        hyperparameters: $0.proposal.hyperparameters, tokenBudget: $0.proposal.tokenBudget)
                }
            ).count
                == trials.count)
        #expect(
            trials.allSatisfy {
                ($0.proposal.hyperparameters["batch_size_tokens"]?.number ?? 0)
                    < Double($0.proposal.tokenBudget)
            })
    }

    @Test(
        "what is kept between rounds changes nothing: a planner made anew plans the same", arguments: methods)
    func keptStateIsDerived(method: SweepDefinition.SearchMethod) throws {
        let definition = plannedSweep(
            method: method, extra: [batchSizes([100, 500, 4000])], budgets: [1000, 8000], runCap: 45,
            replicates: 2, seed: UInt64.random(in: 0..<1_000_000))
        let kept = planner(definition)
        var trials: [Trial] = []
        while true {
            let round = try kept.nextRound(history: trials)
            #expect(try planner(definition).nextRound(history: trials) == round, "seed \(definition.seed)")
            if round.isEmpty { break }
            for proposal in round {
                let number = trials.count + 1
                // A replicate that fails now and then.
                let loss = number % 13 == 0 ? nil : valleyLoss(proposal)
                trials.append(
                    Trial(
                        number: number, proposal: proposal, state: loss == nil ? .diverged : .completed,
                        seed: 1, metrics: loss.map { ["validation_loss": $0] } ?? [:]))
            }
        }
        #expect(trials.count == 45)
        // Another table than the one known with trials added is learnt from its first trial on.
        var edited = Array(trials.prefix(20))
        edited[3].metrics["validation_loss"] = 0.5
        #expect(
            try kept.nextRound(history: edited) == planner(definition).nextRound(history: edited),
            "seed \(definition.seed)")
        // A point that is cut between its replicates.
        for count in [7, 8, 7] {
            let cut = Array(trials.prefix(count))
            #expect(
                try kept.nextRound(history: cut) == planner(definition).nextRound(history: cut),
                "seed \(definition.seed)")
        }
    }

    @Test("a sweep where everything diverges ends at its cap", arguments: methods)
    func diverges(method: SweepDefinition.SearchMethod) throws {
        let trials = try play(planner(plannedSweep(method: method, budgets: [1000], runCap: 25))) { _ in nil }
        #expect(trials.count == 25)
    }
}
