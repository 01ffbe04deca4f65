import Foundation

/// Further rounds at a budget: outwards where the best learning rate is the outermost tried, inwards around it.
struct Refinement {
    let board: TrialBoard
    let budget: Int

    /// Factor of a step outwards: an octave at first, the spacing of the ladder, then twice as many octaves each round,
    /// since a law that was wrong by an octave may be wrong by more.
    private var outward: Double { pow(2, Double(min(3, board.rounds(at: budget)))) }

    /// One more learning rate beyond the best where the best is the smallest, or the largest, tried.
    func outwards() -> [BudgetedPoint] {
        guard let range = board.learningRateRange else { return [] }
        return board.conditions(at: budget).compactMap { condition in
            let entries = board.entries(at: budget, condition: condition)
            guard let best = bestIndex(entries) else {
                // Everything diverged: the optimum lies below all that was tried.
                guard let lowest = entries.first?.learningRate, lowest > range.lowerBound else { return nil }
                return board.point(condition, learningRate: max(range.lowerBound, lowest / 8), budget: budget)
            }
            let rate = entries[best].learningRate
            if best == entries.count - 1, rate < range.upperBound {
                return board.point(
                    condition, learningRate: min(range.upperBound, rate * outward), budget: budget)
            }
            if best == 0, rate > range.lowerBound {
                return board.point(
                    condition, learningRate: max(range.lowerBound, rate / outward), budget: budget)
            }
            return nil
        }
    }

    /// The geometric means of the best learning rate and its neighbours, while they are more than a factor apart.
    func inwards(widest: Double) -> [BudgetedPoint] {
        board.conditions(at: budget).flatMap { condition -> [BudgetedPoint] in
            let entries = board.entries(at: budget, condition: condition)
            guard let best = bestIndex(entries) else { return [] }
            return [best - 1, best + 1].compactMap { neighbour in
                guard entries.indices.contains(neighbour) else { return nil }
                let pair = (entries[best].learningRate, entries[neighbour].learningRate)
                guard max(pair.0 / pair.1, pair.1 / pair.0) > widest else { return nil }
                return board.point(condition, learningRate: (pair.0 * pair.1).squareRoot(), budget: budget)
            }
        }
    }

    private func bestIndex(_ entries: [TrialBoard.Entry]) -> Int? {
        entries.indices.filter { entries[$0].loss != nil }
            .min { (entries[$0].loss ?? .infinity) < (entries[$1].loss ?? .infinity) }
    }
}

/// Hyperparameters the law does not follow: each is tried alone at the smallest budget, then held at its best.
struct SideSearch {
    let board: TrialBoard
    let budget: Int

    /// Up to four values of each side axis at the best point so far.
    func points() -> [BudgetedPoint] {
        guard let best = board.bestTrial(at: budget) else { return [] }
        return board.sideAxes.flatMap { axis in
            board.space.grid(of: axis, count: 4).map { value in
                BudgetedPoint(
                    hyperparameters: best.proposal.hyperparameters.merging([axis.name: value]) { $1 },
                    tokenBudget: budget)
            }
        }
    }
}
