import Foundation
import Testing

@testable import Tuner

@Suite("What a sweep costs")
struct SweepCostTests {
    private func trial(_ number: Int, _ budget: Int) -> Trial {
        Trial(
            number: number,
            proposal: TrialProposal(
                hyperparameters: ["learning_rate": .real(0.01)], tokenBudget: budget, replicate: 0, round: 1),
            state: .completed, seed: 0, metrics: ["validation_loss": 2])
    }

    @Test("trials are counted in target runs, and the most they may cost is said where no cap is set")
    func targetRuns() throws {
        let trials = [trial(1, 1000), trial(2, 8000), trial(3, 8000)]
        let capped = try #require(
            SweepCost(plannedSweep(method: .lawGuided, runCap: 40), trials: trials))
        #expect(capped.spent == 17_000 && capped.target == 1e6)
        #expect(capped.targetRuns == 0.017)
        // A quarter more than forty trials spread evenly over 1000, 2000, 4000 and 8000 tokens.
        #expect(capped.cap == 1.25 * 40 * 3750)
        let free = try #require(SweepCost(plannedSweep(method: .lawGuided), trials: []))
        #expect(free.capInTargetRuns == 0.25)
        #expect(try #require(SweepCost(plannedSweep(method: .random), trials: trials)).cap == nil)
    }

    @Test("a sweep without a target has nothing to be compared with")
    func noTarget() {
        var definition = plannedSweep(method: .lawGuided)
        definition.targetTokenBudgets = []
        #expect(SweepCost(definition, trials: []) == nil)
    }

    @Test("seconds are compared by size until a trial was timed")
    func seconds() throws {
        var definition = plannedSweep(method: .lawGuided)
        definition.costUnit = .seconds
        #expect(try #require(SweepCost(definition, trials: [])).targetRuns == nil)
        let planned = SweepCost(definition, planned: [(1000, nil, 5), (8000, nil, 2)])
        #expect(try #require(planned).targetRuns == 0.021)
        var timed = trial(1, 1000)
        timed.startedAt = Date(timeIntervalSince1970: 0)
        timed.finishedAt = Date(timeIntervalSince1970: 2)
        let cost = try #require(SweepCost(definition, trials: [timed]))
        #expect(abs((cost.targetRuns ?? 0) - 0.001) < 1e-9)
    }

    @Test("what is written is read again")
    func codable() throws {
        let cost = try #require(SweepCost(plannedSweep(method: .lawGuided), trials: [trial(1, 1000)]))
        let text = try JSONEncoder().encode(cost)
        #expect(try JSONDecoder().decode(SweepCost.self, from: text) == cost)
        #expect(String(decoding: text, as: UTF8.self).contains("\"target_runs\":0.001"))
    }
}
