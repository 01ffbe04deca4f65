import Engine
import Foundation

/// A condition: the searched hyperparameters except the learning rate.
typealias TrialCondition = [String: HyperparameterValue]

/// What the finished trials of a sweep say, arranged for the law-guided planner.
struct TrialBoard {
    /// One point with the mean metric of its replicates; `nil` when it diverged or failed.
    struct Entry {
        var learningRate: Double
        var loss: Double?
    }

    let definition: SweepDefinition
    let history: [Trial]
    let space: SearchSpace

    init(definition: SweepDefinition, history: [Trial]) {
        self.definition = definition
        self.history = history
        space = SearchSpace(definition)
    }

    /// The largest budget that was started.
    var currentBudget: Int? { history.map(\.proposal.tokenBudget).max() }

    /// The searched learning rate, if it is searched.
    var learningRate: SearchSpace.Axis? { space.axes.first { $0.name == "learning_rate" } }

    /// Axes the law follows besides the learning rate.
    var conditionAxes: [SearchSpace.Axis] {
        space.axes.filter { $0.name == "batch_size_tokens" || $0.name == "momentum" }
    }

    /// Axes the law does not follow.
    var sideAxes: [SearchSpace.Axis] {
        space.axes.filter { !["learning_rate", "batch_size_tokens", "momentum"].contains($0.name) }
    }

    /// All points so far, without their replicates.
    var points: [BudgetedPoint] {
        history.map {
            BudgetedPoint(hyperparameters: $0.proposal.hyperparameters, tokenBudget: $0.proposal.tokenBudget)
        }
    }

    /// Rounds spent at a budget.
    func rounds(at budget: Int) -> Int {
        Set(history.filter { $0.proposal.tokenBudget == budget }.map(\.proposal.round)).count
    }

    /// The metric of a trial as a loss (smaller is better); `nil` when it has none.
    func loss(of trial: Trial) -> Double? {
        guard trial.state == .completed || trial.state == .stopped,
            let value = trial.metrics[definition.metric.name], value.isFinite
        else { return nil }
        return definition.metric.goal == .minimize ? value : -value
    }

    /// The trial with the lowest loss at a budget.
    func bestTrial(at budget: Int) -> Trial? {
        history.filter { $0.proposal.tokenBudget == budget && loss(of: $0) != nil }
            .min { (loss(of: $0) ?? .infinity) < (loss(of: $1) ?? .infinity) }
    }

    /// The condition of a point: everything searched but the learning rate.
    func condition(of point: [String: HyperparameterValue]) -> TrialCondition {
        let names = Set(space.axes.map(\.name)).subtracting(["learning_rate"])
        return point.filter { names.contains($0.key) }
    }

    /// Conditions tried at a budget, in the order they were planned.
    func conditions(at budget: Int) -> [TrialCondition] {
        var seen: Set<TrialCondition> = []
        return history.filter { $0.proposal.tokenBudget == budget }
            .map { condition(of: $0.proposal.hyperparameters) }
            .filter { seen.insert($0).inserted }
    }

    /// Learning rates of one condition at one budget, ascending, replicates averaged.
    func entries(at budget: Int, condition: TrialCondition) -> [Entry] {
        var losses: [Double: [Double?]] = [:]
        for trial in history where trial.proposal.tokenBudget == budget {
            guard self.condition(of: trial.proposal.hyperparameters) == condition,
                let rate = trial.proposal.hyperparameters["learning_rate"]?.number
            else { continue }
            losses[rate, default: []].append(loss(of: trial))
        }
        return losses.keys.sorted().map { rate in
            let found = (losses[rate] ?? []).compactMap(\.self)
            let diverged = found.count < (losses[rate] ?? []).count
            return Entry(
                learningRate: rate,
                loss: diverged || found.isEmpty ? nil : found.reduce(0, +) / Double(found.count))
        }
    }

    /// Builds a point from a condition and a learning rate, or `nil` when the rate is not admissible.
    func point(_ condition: TrialCondition, learningRate rate: Double?, budget: Int) -> BudgetedPoint {
        var values = space.fixed.merging(condition) { $1 }
        if let rate, let axis = learningRate { values["learning_rate"] = snapped(rate, to: axis) }
        return BudgetedPoint(hyperparameters: values, tokenBudget: budget)
    }

    /// The admissible value nearest to a learning rate, to four significant digits so that it can be read and typed.
    private func snapped(_ rate: Double, to axis: SearchSpace.Axis) -> HyperparameterValue {
        switch axis.domain {
        case .values(let values):
            let nearest = values.min {
                abs(log(($0.number ?? .infinity) / rate)) < abs(log(($1.number ?? .infinity) / rate))
            }
            return nearest ?? .real(rate)
        case .range(let low, let high, _, _, _):
            let readable = Double(String(format: "%.4g", rate)) ?? rate
            return .real(min(max(readable, low), high))
        case .value(let value):
            return value
        }
    }

    /// The smallest and largest admissible learning rate.
    var learningRateRange: ClosedRange<Double>? {
        guard let axis = learningRate else { return nil }
        switch axis.domain {
        case .range(let low, let high, _, _, _): return low...high
        case .values(let values):
            let numbers = values.compactMap(\.number)
            guard let low = numbers.min(), let high = numbers.max() else { return nil }
            return low...high
        case .value: return nil
        }
    }
}

extension BudgetedPoint {
    /// Whether the budget leaves at least two steps: a run of one step teaches nothing.
    var isTrainable: Bool {
        guard let batch = hyperparameters["batch_size_tokens"]?.number else { return true }
        return batch < Double(tokenBudget)
    }
}
