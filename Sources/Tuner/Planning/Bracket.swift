import Engine
import Foundation

/// Round 1: the learning-rate range at the smallest budget, at the centre and the ends of every other axis.
struct Bracket {
    let definition: SweepDefinition

    /// Largest factor between neighbouring learning rates of the first grid: about half a decade.
    private static let widestStep = 3.2
    /// Share of `run_cap` the first round may use.
    private static let share = 0.45

    func points() -> [BudgetedPoint] {
        let board = TrialBoard(definition: definition, history: [])
        let budget = definition.tokenBudgets.first ?? 0
        var conditions = Self.star(board, centredOn: Self.centre(board), budget: budget)
        var count = gridCount(board)
        if let cap = definition.runCap {
            let allowance = max(4, Int(Double(cap) * Self.share) / definition.replicates)
            while conditions.count > 1, conditions.count * count > allowance { conditions.removeLast() }
            count = min(count, max(4, allowance / conditions.count))
        }
        let rates: [Double?] =
            board.learningRate.map { board.space.grid(of: $0, count: count).map(\.number) } ?? [nil]
        var seen: Set<BudgetedPoint> = []
        return conditions.flatMap { condition in
            rates.map { board.point(condition, learningRate: $0, budget: budget) }
        }.filter { $0.isTrainable && seen.insert($0).inserted }
    }

    private func gridCount(_ board: TrialBoard) -> Int {
        guard let range = board.learningRateRange else { return 1 }
        let steps = log(range.upperBound / range.lowerBound) / log(Self.widestStep)
        return min(10, max(5, Int(steps.rounded(.up)) + 1))
    }

    /// The middle of every axis but the learning rate.
    static func centre(_ board: TrialBoard) -> TrialCondition {
        var centre: TrialCondition = [:]
        for axis in board.conditionAxes + board.sideAxes {
            centre[axis.name] = board.space.value(of: axis, at: 0.5)
        }
        return centre
    }

    /// The centre, and the ends of every axis the law follows; batch sizes beyond the budget are left out.
    static func star(
        _ board: TrialBoard, centredOn centre: TrialCondition, budget: Int
    ) -> [TrialCondition] {
        var conditions = [centre]
        for axis in board.conditionAxes {
            for value in ends(of: axis, board: board, budget: budget) {
                conditions.append(centre.merging([axis.name: value]) { $1 })
            }
        }
        var seen: Set<TrialCondition> = []
        return conditions.filter { seen.insert($0).inserted }
    }

    private static func ends(
        of axis: SearchSpace.Axis, board: TrialBoard, budget: Int
    ) -> [HyperparameterValue] {
        if case .values(let values) = axis.domain, axis.name == "batch_size_tokens" {
            let fitting = values.filter { ($0.number ?? 0) < Double(budget) }
            return [fitting.first, fitting.last].compactMap(\.self)
        }
        return [board.space.value(of: axis, at: 0), board.space.value(of: axis, at: 1)]
    }
}
