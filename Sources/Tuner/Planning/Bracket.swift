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
        let axis = board.learningRate.map { centred($0, board) }
        var count = gridCount(axis)
        if let cap = definition.runCap {
            let allowance = max(4, Int(Double(cap) * Self.share) / definition.replicates)
            while conditions.count > 1, conditions.count * count > allowance { conditions.removeLast() }
            count = min(count, max(4, allowance / conditions.count))
        }
        let rates: [Double?] =
            axis.map { board.space.grid(of: $0, count: count).map(\.number) } ?? [nil]
        var seen: Set<BudgetedPoint> = []
        return conditions.flatMap { condition in
            rates.map { board.point(condition, learningRate: $0, budget: budget) }
        }.filter { $0.isTrainable && seen.insert($0).inserted }
    }

    /// The learning rate's axis, narrowed to where a probe expects the optimum at the centre of the other axes. A list, and
    /// a range with a step of its own, are what the user wants to see: they stay.
    private func centred(_ axis: SearchSpace.Axis, _ board: TrialBoard) -> SearchSpace.Axis {
        guard let probe = definition.probeCentre, let budget = definition.tokenBudgets.first,
            case .range(let low, let high, let scale, nil, let integer) = axis.domain
        else { return axis }
        let batch = (Self.centre(board)["batch_size_tokens"] ?? board.space.fixed["batch_size_tokens"])?
            .number
        let part = probe.search(in: low...high, tokenBudget: budget, batchSize: batch)
        return SearchSpace.Axis(
            name: axis.name,
            domain: .range(
                min: part.lowerBound, max: part.upperBound, scale: scale, step: nil, integer: integer))
    }

    private func gridCount(_ axis: SearchSpace.Axis?) -> Int {
        let low: Double
        let high: Double
        switch axis?.domain {
        case .range(let min, let max, _, _, _): (low, high) = (min, max)
        case .values(let values):
            let numbers = values.compactMap(\.number)
            (low, high) = (numbers.min() ?? 1, numbers.max() ?? 1)
        case .value, nil: return 1
        }
        let steps = log(high / low) / log(Self.widestStep)
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
