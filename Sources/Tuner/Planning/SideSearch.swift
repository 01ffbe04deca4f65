import Foundation

/// Hyperparameters the law does not follow: each is tried alone at the smallest budget, then held at its best.
struct SideSearch {
    let board: TrialBoard
    let budget: Int

    /// Most values of an axis that are tried.
    static let valuesPerAxis = 4

    /// Up to four values of each side axis at the best point so far.
    func points() -> [BudgetedPoint] {
        guard let best = board.bestTrial(at: budget) else { return [] }
        return board.sideAxes.flatMap { axis in
            board.space.grid(of: axis, count: Self.valuesPerAxis).map { value in
                BudgetedPoint(
                    hyperparameters: best.proposal.hyperparameters.merging([axis.name: value]) { $1 },
                    tokenBudget: budget)
            }
        }
    }

    /// Whether some side axis has taken more than one value yet.
    var isDone: Bool {
        board.sideAxes.contains { axis in
            Set(board.history.map { $0.proposal.hyperparameters[axis.name] }).count > 1
        }
    }
}
