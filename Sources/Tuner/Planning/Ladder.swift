import Engine
import Foundation
import ScalingLaws

/// The first round of every further budget: the law's optimum and a run to either side.
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
        return [centre, centre / spacing, centre * spacing].filter { range.contains($0) }
    }

    /// Factor between neighbouring learning rates: one octave, or so much more that the outer runs stand out of the
    /// noise.
    ///
    /// With curvature k and residual s (both of log loss), a pair at a distance x places the optimum with an error
    /// proportional to `s / (k x)`; at `1/2 k x^2 = 2.5 s` the pair rises clearly above the noise and is still near enough
    /// for the parabola.
    private var spacing: Double {
        guard let law, let axis = law.axes.first(where: { $0.axis == .learningRate }), axis.curvature > 0,
            law.residual.isFinite
        else { return 2 }
        let distance = (5 * max(0, law.residual) / axis.curvature).squareRoot()
        return exp(min(max(distance, log(2)), log(3.5)))
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
