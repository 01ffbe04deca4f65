import Engine
import Foundation
import ScalingLaws

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

extension TrialBoard {
    /// The trial with the lowest loss at a budget.
    func bestTrial(at budget: Int) -> Trial? {
        history.filter { $0.proposal.tokenBudget == budget && loss(of: $0) != nil }
            .min { (loss(of: $0) ?? .infinity) < (loss(of: $1) ?? .infinity) }
    }
}

/// The first round of every further budget: the law's optimum and one octave to either side.
struct Ladder {
    let board: TrialBoard
    let budget: Int
    let law: Law?

    /// Conditions at each budget above the smallest.
    static func conditionCount(_ definition: SweepDefinition) -> Int {
        let axes = TrialBoard(definition: definition, history: []).conditionAxes
        return axes.isEmpty ? 1 : 4
    }

    func points() -> [BudgetedPoint] {
        var conditions = self.conditions()
        if let cap = board.definition.runCap {
            let left = max(0, cap - board.history.count)
            let budgetsLeft = max(1, board.definition.tokenBudgets.filter { $0 >= budget }.count)
            let affordable = left / budgetsLeft / (3 * board.definition.replicates)
            conditions = Array(conditions.prefix(max(1, affordable)))
        }
        var seen: Set<BudgetedPoint> = []
        return conditions.flatMap { condition in
            rates(condition).map { board.point(condition, learningRate: $0, budget: budget) }
        }.filter { seen.insert($0).inserted }
    }

    private func rates(_ condition: TrialCondition) -> [Double?] {
        guard let range = board.learningRateRange else { return [nil] }
        let centre = min(max(predictedRate(condition), range.lowerBound), range.upperBound)
        return [centre, centre / 2, centre * 2].filter { range.contains($0) }
    }

    private func predictedRate(_ condition: TrialCondition) -> Double {
        if let law {
            let query = RecommendationQuery(tokenBudget: Double(budget), held: condition.lawValues)
            let rate = law.optimum(of: .learningRate, at: query)
            if rate.isFinite, rate > 0 { return rate }
        }
        // Without a law: the best rate of the budget below.
        let below = board.definition.tokenBudgets.last { $0 < budget } ?? budget
        let rate = board.bestTrial(at: below)?.proposal.hyperparameters["learning_rate"]?.number
        return rate ?? board.learningRateRange.map { ($0.lowerBound * $0.upperBound).squareRoot() } ?? 1
    }

    /// The law's own batch size and momentum, the ends, and one more condition in turn from budget to budget.
    private func conditions() -> [TrialCondition] {
        var centre = Bracket.centre(board)
        let smallest = board.definition.tokenBudgets.first ?? budget
        if let best = board.bestTrial(at: smallest)?.proposal.hyperparameters {
            for axis in board.sideAxes { centre[axis.name] = best[axis.name] }
        }
        guard !board.conditionAxes.isEmpty else { return [centre] }
        let query = RecommendationQuery(tokenBudget: Double(budget))
        for axis in board.conditionAxes {
            guard let lawAxis = LawAxis(rawValue: axis.name), let law else { continue }
            centre[axis.name] = nearest(law.optimum(of: lawAxis, at: query), on: axis)
        }
        let ordinal = board.definition.tokenBudgets.firstIndex(of: budget) ?? 0
        var inTurn = centre
        for axis in board.conditionAxes {
            // Van der Corput order visits the list evenly whatever its length.
            inTurn[axis.name] = board.space.value(of: axis, at: radicalInverse(ordinal))
        }
        var seen: Set<TrialCondition> = []
        let wanted = [centre, inTurn] + Bracket.star(board, centredOn: centre, budget: budget).dropFirst()
        let count = Self.conditionCount(board.definition)
        return Array(wanted.filter { seen.insert($0).inserted }.prefix(count))
    }

    private func nearest(_ wanted: Double, on axis: SearchSpace.Axis) -> HyperparameterValue {
        guard let lawAxis = LawAxis(rawValue: axis.name), wanted.isFinite else {
            return board.space.value(of: axis, at: 0.5)
        }
        switch axis.domain {
        case .value(let value): return value
        case .range(let low, let high, _, _, let integer):
            return board.space.admissible(wanted, axis: axis.name, low: low, high: high, integer: integer)
        case .values(let values):
            let fitting = values.filter { lawAxis != .batchSize || ($0.number ?? 0) < Double(budget) }
            let target = lawAxis.coordinate(of: wanted)
            func distance(_ value: HyperparameterValue) -> Double {
                abs(lawAxis.coordinate(of: value.number ?? .infinity) - target)
            }
            return fitting.min { distance($0) < distance($1) } ?? values[0]
        }
    }

    private func radicalInverse(_ index: Int) -> Double {
        var result = 0.0, weight = 0.5, rest = index
        while rest > 0 {
            if rest & 1 == 1 { result += weight }
            rest >>= 1
            weight /= 2
        }
        return result
    }
}

extension [String: HyperparameterValue] {
    /// The values of the law's axes among them.
    var lawValues: [LawAxis: Double] {
        var values: [LawAxis: Double] = [:]
        for axis in LawAxis.allCases { values[axis] = self[axis.rawValue]?.number }
        return values
    }
}
