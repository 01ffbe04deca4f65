import Engine
import Foundation
import Testing

@testable import Tuner

@Suite("Pareto fronts")
struct ParetoFrontTests {
    private let objectives = [
        SweepDefinition.Objective(name: "tokens"), SweepDefinition.Objective(name: "validation_loss"),
    ]

    private func trial(_ number: Int, tokens: Int, loss: Double, state: TrialState = .completed) -> Trial {
        Trial(
            number: number,
            proposal: TrialProposal(hyperparameters: [:], tokenBudget: tokens, replicate: 0, round: 1),
            state: state, seed: 1, metrics: ["validation_loss": loss])
    }

    @Test("keeps the trials nobody beats in both loss and tokens, cheapest first")
    func keepsNondominated() {
        let front = ParetoFront.compute(
            objectives: objectives,
            trials: [
                trial(1, tokens: 100, loss: 3), trial(2, tokens: 100, loss: 2.5),
                trial(3, tokens: 200, loss: 2.6),
                trial(4, tokens: 400, loss: 2), trial(5, tokens: 800, loss: 4),
            ])
        #expect(front.points.map(\.trial) == [2, 4])
        #expect(front.reference == [800, 4])
        // (800-100)(4-2.5) + (800-400)(2.5-2)
        #expect(front.hypervolume == 700 * 1.5 + 400 * 0.5)
    }

    @Test("of trials equal in everything the first stands")
    func firstOfEquals() {
        let front = ParetoFront.compute(
            objectives: objectives, trials: [trial(7, tokens: 10, loss: 1), trial(3, tokens: 10, loss: 1)])
        #expect(front.points.map(\.trial) == [3])
    }

    @Test("diverged trials and trials without the metric are not on it")
    func leavesOutUnfinished() {
        var silent = trial(2, tokens: 10, loss: 0)
        silent.metrics = [:]
        let front = ParetoFront.compute(
            objectives: objectives,
            trials: [
                trial(1, tokens: 10, loss: 0.1, state: .diverged), silent, trial(3, tokens: 20, loss: .nan),
            ])
        #expect(front.points.isEmpty)
        #expect(front.hypervolume == nil)
    }

    @Test("a maximised objective is turned around and reported as measured")
    func maximises() {
        let front = ParetoFront.compute(
            objectives: [objectives[0], .init(name: "validation_loss", goal: .maximize)],
            trials: [
                trial(1, tokens: 10, loss: 1), trial(2, tokens: 20, loss: 2), trial(3, tokens: 30, loss: 0),
            ])
        #expect(front.points.map(\.trial) == [1, 2])
        #expect(front.points.map { $0.values[1] } == [1, 2])
    }

    @Test("the hypervolume agrees with counting cells, in two and three dimensions", arguments: [2, 3])
    func hypervolumeAgainstCounting(dimension: Int) {
        let seed: UInt64 = 20_261_122
        var generator = SplitMix64(seed)
        for _ in 0..<40 {
            let points = (0..<6).map { _ in (0..<dimension).map { _ in Double(generator.index(8)) } }
            let reference = [Double](repeating: 8, count: dimension)
            var counted = 0.0
            var cell = [Int](repeating: 0, count: dimension)
            for code in 0..<Int(pow(8.0, Double(dimension))) {
                var rest = code
                for axis in 0..<dimension {
                    cell[axis] = rest % 8
                    rest /= 8
                }
                if points.contains(where: { zip($0, cell).allSatisfy { $0 <= Double($1) } }) { counted += 1 }
            }
            #expect(
                ParetoFront.hypervolume(points, reference: reference) == counted,
                "seed \(seed), points \(points)")
        }
    }

    @Test("no point of a random front dominates another, and every trial left out is dominated")
    func frontIsExact() {
        let seed: UInt64 = 7
        var generator = SplitMix64(seed)
        for _ in 0..<30 {
            let trials = (1...40).map {
                trial($0, tokens: 1 + generator.index(9), loss: Double(generator.index(9)))
            }
            let front = ParetoFront.compute(objectives: objectives, trials: trials)
            let chosen = Set(front.points.map(\.trial))
            for candidate in trials {
                let dominators = trials.filter { other in
                    let mine = (candidate.proposal.tokenBudget, candidate.metrics["validation_loss"] ?? 0)
                    let theirs = (other.proposal.tokenBudget, other.metrics["validation_loss"] ?? 0)
                    return theirs.0 <= mine.0 && theirs.1 <= mine.1 && theirs != mine
                }
                if chosen.contains(candidate.number) { #expect(dominators.isEmpty, "seed \(seed)") }
                let twin = front.points.contains {
                    $0.values == [
                        Double(candidate.proposal.tokenBudget), candidate.metrics["validation_loss"] ?? 0,
                    ]
                }
                if !chosen.contains(candidate.number) { #expect(!dominators.isEmpty || twin, "seed \(seed)") }
            }
        }
    }
}
