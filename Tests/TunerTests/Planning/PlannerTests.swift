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
        // When law-guided ends depends on what the trials show.
        let slack = method == .lawGuided ? 3.0 : 2.0
        #expect(Double(estimate) > Double(trials.count) / slack)
        #expect(Double(estimate) < slack * Double(trials.count))
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

    @Test("law-guided answers for 125 times its largest budget, for less than a target run")
    func lawGuidedFollowsTheValley() throws {
        let definition = plannedSweep(method: .lawGuided)
        let trials = try play(planner(definition), loss: valleyLoss)
        let law = try SweepAnalyst().law(definition: definition, trials: trials)
        let answer = law.recommend(RecommendationQuery(tokenBudget: 1_000_000)).values[.learningRate]
        let truth = 0.01 * pow(1000, -0.5)
        let rate = try #require(answer?.value)
        #expect(abs(log2(rate / truth)) < 0.5, "answered \(rate), optimum \(truth)")
        #expect(trials.reduce(0) { $0 + $1.proposal.tokenBudget } < 500_000)
        #expect(Set(trials.map(\.proposal.tokenBudget)).count >= 3)
    }

    @Test(
        "law-guided runs each of four budgets, no more than a third of its trials at the smallest, and ends next to the law's optimum at the largest",
        arguments: [20, 40], [-0.5, 0, 0.2])
    func lawGuidedClimbs(cap: Int, exponent: Double) throws {
        let definition = plannedSweep(
            method: .lawGuided, extra: [batchSizes([50, 100, 200])], runCap: cap)
        let trials = try play(planner(definition)) { proposal in
            let values = proposal.hyperparameters
            let best =
                0.01 * pow(Double(proposal.tokenBudget) / 1000, exponent)
                * pow((values["batch_size_tokens"]?.number ?? 100) / 100, 0.5)
            let distance = log((values["learning_rate"]?.number ?? 0) / best)
            return 2 + pow(Double(proposal.tokenBudget) / 1000, -0.3) + 0.05 * distance * distance
        }
        let runs = Dictionary(grouping: trials, by: \.proposal.tokenBudget).mapValues(\.count)
        #expect(trials.count <= cap && trials.count >= cap * 3 / 4)
        #expect(runs.count == 4 && runs.values.allSatisfy { $0 >= 3 }, "\(runs)")
        #expect(3 * (runs[1000] ?? 0) <= trials.count + 2, "\(runs)")
        let law = try SweepAnalyst().law(definition: definition, trials: trials)
        let nearest = trials.filter { $0.proposal.tokenBudget == 8000 }.map { trial -> Double in
            let held = trial.proposal.hyperparameters.lawValues.filter { $0.key != .learningRate }
            let optimum = law.optimum(
                of: .learningRate, at: RecommendationQuery(tokenBudget: 8000, held: held))
            return abs(log((trial.proposal.hyperparameters["learning_rate"]?.number ?? 0) / optimum))
        }.min()
        #expect((nearest ?? .infinity) < 0.4)
    }

    @Test("a sweep without cost_cap has a cost it does not exceed")
    func defaultCost() throws {
        for cap in [nil, 30] as [Int?] {
            let definition = plannedSweep(method: .lawGuided, runCap: cap)
            let trials = try play(planner(definition), loss: valleyLoss)
            let spent = Double(trials.reduce(0) { $0 + $1.proposal.tokenBudget })
            #expect(spent <= SweepDesign(definition: definition, history: []).costCap)
            #expect(spent < 250_000)
        }
    }

    @Test("law-guided never spends more than cost_cap, and uses what it may")
    func costCap() throws {
        var definition = plannedSweep(method: .lawGuided, extra: [batchSizes([50, 100, 200])])
        definition.costCap = 30_000
        let trials = try play(planner(definition), loss: valleyLoss)
        let spent = trials.reduce(0) { $0 + $1.proposal.tokenBudget }
        #expect(spent <= 30_000)
        #expect(spent > 10_000)
        definition.costCap = 5500
        #expect(
            try play(planner(definition), loss: valleyLoss).allSatisfy { $0.proposal.tokenBudget <= 5500 })
    }

    @Test("cost_cap also holds the trials of what the law does not follow, and replicates")
    func costCapOfTheRest() throws {
        let decay = SweepDefinition.SearchParameter(
            name: "weight_decay", domain: .values([.real(0), .real(0.1), .real(0.2), .real(0.3)]))
        for searchesRate in [true, false] {
            var definition = plannedSweep(method: .lawGuided, extra: [decay], replicates: 2)
            if !searchesRate { definition.parameters[0].domain = .value(.real(0.01)) }
            for cap in [1500.0, 4000, 9000, 21_000] {
                definition.costCap = cap
                let trials = try play(planner(definition), loss: valleyLoss)
                #expect(Double(trials.reduce(0) { $0 + $1.proposal.tokenBudget }) <= cap)
                #expect(trials.count % 2 == 0)
            }
        }
    }

    @Test("what a stopped trial reported last is not taken for a result")
    func stoppedTrialsAreNotTheBest() {
        let definition = plannedSweep(method: .lawGuided)
        func trial(_ number: Int, _ state: TrialState, _ loss: Double) -> Trial {
            let proposal = TrialProposal(
                hyperparameters: ["learning_rate": .real(0.01)], tokenBudget: 1000, replicate: 0, round: 1)
            return Trial(
                number: number, proposal: proposal, state: state, seed: 0,
                metrics: ["validation_loss": loss])
        }
        let board = TrialBoard(
            definition: definition, history: [trial(1, .completed, 2), trial(2, .stopped, 1)])
        #expect(board.bestTrial(at: 1000)?.number == 1)
    }

    @Test("law-guided says why it ends")
    func conclusion() throws {
        let definition = plannedSweep(method: .lawGuided)
        let planner = self.planner(definition)
        let trials = try play(planner, loss: valleyLoss)
        let text = try #require(planner.conclusion(history: trials))
        #expect(text.contains("expected regret at the target"))
        var capped = definition
        capped.costCap = Double(trials.prefix(12).reduce(0) { $0 + $1.proposal.tokenBudget })
        let ended = try play(self.planner(capped), loss: valleyLoss)
        #expect(try #require(self.planner(capped).conclusion(history: ended)).contains("regret"))
    }

    @Test("law-guided trains the model sizes it is given and follows the optimum in them")
    func modelSizes() throws {
        var definition = plannedSweep(method: .lawGuided)
        definition.modelSizes = [100, 200, 400]
        definition.parameters.append(
            .init(name: "model_size", domain: .values([.integer(100), .integer(200), .integer(400)])))
        definition.costUnit = .flops
        definition.targetModelSize = 1600
        let trials = try play(planner(definition)) { proposal in
            let size = proposal.modelSize ?? 100
            var moved = proposal
            moved.hyperparameters["learning_rate"] = .real(
                (proposal.hyperparameters["learning_rate"]?.number ?? 0) * pow(size / 100, 0.5))
            return valleyLoss(moved).map { $0 + pow(size / 100, -0.3) }
        }
        #expect(Set(trials.compactMap(\.proposal.modelSize)).count >= 2)
        let law = try SweepAnalyst().law(definition: definition, trials: trials)
        let rate = law.optimum(
            of: .learningRate, at: RecommendationQuery(tokenBudget: 1_000_000, modelSize: 1600))
        #expect(abs(log2(rate / (0.01 * pow(1000, -0.5) / 4))) < 1, "answered \(rate)")
    }

    @Test("trials are chosen for every target cell; a budget is answered for the size that goes with it")
    func targetCells() throws {
        var definition = plannedSweep(method: .lawGuided)
        definition.modelSizes = [100, 200]
        definition.targetTokenBudgets = [500_000, 1_000_000]
        definition.targetCells = [
            .init(modelSize: 200, tokenBudget: 500_000), .init(modelSize: 1600, tokenBudget: 500_000),
            .init(modelSize: 400, tokenBudget: 1_000_000),
        ]
        let targets = SweepDesign(definition: definition, history: []).space.targets
        #expect(targets.map(\.tokenBudget) == [500_000, 500_000, 1_000_000])
        #expect(targets.map(\.modelSize) == [200, 1600, 400])
        #expect(definition.targetModelSize(tokenBudget: 500_000) == 1600)
        #expect(definition.targetModelSize(tokenBudget: 1_000_000) == 400)
        #expect(definition.targetModelSize(tokenBudget: 7) == 1600)
        definition.targetCells = []
        #expect(definition.targetModelSize(tokenBudget: 500_000) == 200)
        let one = SweepDesign(definition: definition, history: []).space.targets
        #expect(one.map(\.modelSize) == [200, 200])
    }

    @Test("law-guided goes outwards when the best is the outermost tried, and stops at the range")
    func lawGuidedExtends() throws {
        let definition = plannedSweep(
            method: .lawGuided, extra: [batchSizes([25, 100, 400, 800])], budgets: [8000, 64000])
        // The optimum moves with the batch size by its square, not by its root.
        let trials = try play(planner(definition)) { proposal in
            let batch = proposal.hyperparameters["batch_size_tokens"]?.number ?? 100
            let distance = log(
                (proposal.hyperparameters["learning_rate"]?.number ?? 0) / (1e-3 * pow(batch / 400, 2)))
            return 2 + 0.05 * distance * distance
        }
        let rates = trials.filter { $0.proposal.hyperparameters["batch_size_tokens"]?.number == 100 }
            .compactMap { $0.proposal.hyperparameters["learning_rate"]?.number }
        #expect((rates.min() ?? 1) < 2e-4)
        #expect(rates.allSatisfy { $0 >= 1e-4 && $0 <= 0.1 })
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
