import Engine
import Foundation
import ScalingLaws

/// A condition: the searched hyperparameters except the learning rate.
typealias TrialCondition = [String: HyperparameterValue]

/// What the finished trials of a sweep say, arranged for the law-guided planner.
struct TrialBoard {
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
        space.axes.filter {
            !["learning_rate", "batch_size_tokens", "momentum", "model_size"].contains($0.name)
        }
    }

    /// All points so far, without their replicates.
    var points: [BudgetedPoint] {
        history.map {
            BudgetedPoint(hyperparameters: $0.proposal.hyperparameters, tokenBudget: $0.proposal.tokenBudget)
        }
    }

    /// The metric of a trial as a loss (smaller is better); `nil` when it has none. A stopped trial has none: what it
    /// reported last is not what the whole budget would have given.
    func loss(of trial: Trial) -> Double? {
        guard trial.state == .completed, let value = trial.metrics[definition.metric.name],
            value.isFinite
        else { return nil }
        return definition.metric.goal == .minimize ? value : -value
    }

    /// The trial with the lowest loss at a budget.
    func bestTrial(at budget: Int) -> Trial? {
        history.filter { $0.proposal.tokenBudget == budget && loss(of: $0) != nil }
            .min { (loss(of: $0) ?? .infinity) < (loss(of: $1) ?? .infinity) }
    }

    /// The middle of every axis but the learning rate.
    var middle: TrialCondition {
        var middle: TrialCondition = [:]
        for axis in conditionAxes + sideAxes { middle[axis.name] = space.value(of: axis, at: 0.5) }
        return middle
    }

    /// Builds a point from a condition and a learning rate, moved to the nearest admissible one.
    func point(_ condition: TrialCondition, learningRate rate: Double?, budget: Int) -> BudgetedPoint {
        var values = space.fixed.merging(condition) { $1 }
        if let rate, let axis = learningRate { values["learning_rate"] = snapped(rate, to: axis) }
        return BudgetedPoint(hyperparameters: values, tokenBudget: budget)
    }

    /// The admissible value nearest to a learning rate.
    private func snapped(_ rate: Double, to axis: SearchSpace.Axis) -> HyperparameterValue {
        switch axis.domain {
        case .values(let values):
            let nearest = values.min {
                abs(log(($0.number ?? .infinity) / rate)) < abs(log(($1.number ?? .infinity) / rate))
            }
            return nearest ?? .real(rate)
        case .range(let low, let high, _, _, _):
            return .real(min(max(rate, low), high))
        case .value(let value):
            return value
        }
    }

    /// The admissible learning rates where the file lists them, ascending.
    var listedRates: [Double]? {
        guard let axis = learningRate else { return nil }
        let values: [Double]? = axis.domain.gridValues?.compactMap(\.number)
        return values?.sorted()
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

extension [String: HyperparameterValue] {
    /// The values of the law's axes among them.
    var lawValues: [LawAxis: Double] {
        var values: [LawAxis: Double] = [:]
        for axis in LawAxis.allCases { values[axis] = self[axis.rawValue]?.number }
        return values
    }
}
