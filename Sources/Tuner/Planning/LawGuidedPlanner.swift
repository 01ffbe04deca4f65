import Engine
import Foundation
import ScalingLaws

/// Brackets the optimum at the smallest budget, then follows the current law upwards with few trials a budget.
///
/// One budget after the other, cheapest first. A *condition* is one choice of everything searched but the learning
/// rate. Rounds:
///
/// 1. smallest budget: the learning-rate range in even log steps, at the centre and the ends of every other axis;
/// 2. same budget: halve the step around the best, try hyperparameters the law does not follow (weight decay, ...)
///    one at a time, and go on outwards where the best is the outermost tried;
/// 3. each next budget: the law's optimum and one run to either side, at up to four conditions: the law's own
///    batch size and momentum, the ends, and one more in turn; then outwards again where the best is outermost.
///
/// Everything is derived from the trials, so a restart goes on where it was.
struct LawGuidedPlanner: Planner {
    let definition: SweepDefinition
    /// Fits the law to finished trials; `nil` while there is too little to fit.
    let fit: @Sendable ([Trial]) -> Law?

    /// Rounds spent at one budget at most: the first, and up to four that refine or go outwards.
    private static let roundsPerBudget = 5

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        let round = (history.last?.proposal.round ?? 0) + 1
        let board = TrialBoard(definition: definition, history: history)
        let points: [BudgetedPoint]
        if history.isEmpty {
            points = Bracket(definition: definition).points()
        } else if let more = furtherPoints(board, round: round), !more.isEmpty {
            points = more
        } else {
            points = nextBudgetPoints(board)
        }
        return definition.repeated(
            points.filter(\.isTrainable), round: round, alreadyPlanned: history.count)
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        let board = TrialBoard(definition: definition, history: history)
        let reached = board.currentBudget.flatMap { definition.tokenBudgets.firstIndex(of: $0) } ?? -1
        let left = definition.tokenBudgets.count - 1 - reached
        let perBudget = definition.replicates * (3 * Ladder.conditionCount(definition) + 2)
        let first =
            history.isEmpty ? Bracket(definition: definition).points().count * definition.replicates : 0
        let expected = first + max(0, left - (history.isEmpty ? 1 : 0)) * perBudget
        return min(expected, definition.runCap.map { max(0, $0 - history.count) } ?? expected)
    }

    /// Refinements at the budget under way, or `nil` when its rounds are used up.
    private func furtherPoints(_ board: TrialBoard, round: Int) -> [BudgetedPoint]? {
        guard let budget = board.currentBudget, board.rounds(at: budget) < Self.roundsPerBudget else {
            return nil
        }
        let first = budget == definition.tokenBudgets.first
        let refinement = Refinement(board: board, budget: budget)
        var points = refinement.outwards() + refinement.inwards(widest: first ? 2.1 : 4.2)
        if first, board.rounds(at: budget) == 1 {
            points += SideSearch(board: board, budget: budget).points()
        }
        var seen = Set(board.points)
        return points.filter { seen.insert($0).inserted }
    }

    /// The first points of the next budget, or none when all budgets are done.
    private func nextBudgetPoints(_ board: TrialBoard) -> [BudgetedPoint] {
        guard let current = board.currentBudget,
            let next = definition.tokenBudgets.first(where: { $0 > current })
        else { return [] }
        return Ladder(board: board, budget: next, law: fit(board.history)).points()
    }
}
