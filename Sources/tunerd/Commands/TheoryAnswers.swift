import Foundation
import Plugins
import ScalingLaws
import Tuner

/// What theory alone says, from the priors of the laws.
enum TheoryAnswers {
    /// Half-width of the central 80 % of a Student-t with three degrees of freedom, in units of its scale.
    private static let halfWidth = 1.6377

    /// Exponents for a sweep: those of its prior and regime.
    static func answer(_ definition: SweepDefinition) -> TheoryRecord {
        record(
            prior: definition.law.prior, optimizer: definition.optimizer?.name, axes: Set(definition.law.regime),
            anchor: [:], anchorBudget: nil, budgets: [])
    }

    /// Known values moved to other budgets. Without values: the exponents of all axes.
    static func answer(_ question: TheoryQuestion) throws -> TheoryRecord {
        if let name = question.optimizer, OptimizerRegistry.builtIn.plugin(named: name) == nil {
            throw TunerError(.usage, "unknown optimizer '\(name)'", help: "'tunerd plugins' lists them")
        }
        let axes = question.anchor.isEmpty ? Set(LawAxis.allCases) : Set(question.anchor.keys)
        return record(
            prior: question.prior, optimizer: question.optimizer, axes: axes, anchor: question.anchor,
            anchorBudget: question.anchor.isEmpty ? nil : question.anchorBudget, budgets: question.tokenBudgets)
    }

    private static func record(
        prior name: SweepDefinition.LawChoice.Prior, optimizer: String?, axes: Set<LawAxis>,
        anchor: [LawAxis: Double], anchorBudget: Int?, budgets: [Int]
    ) -> TheoryRecord {
        let geometry = optimizer.flatMap { OptimizerRegistry.builtIn.plugin(named: $0)?.descriptor.geometry }
        let prior = LawPrior.theory(
            LawTheory(rawValue: name.rawValue) ?? .none, geometry: geometry == .gradient ? .gradient : .normalized,
            tunedAxes: axes)
        var exponents: [LawAxis: TheoryRecord.Exponent] = [:]
        for axis in axes {
            // A batch size that moves takes the learning rate along.
            let exponent =
                axis == .learningRate && axes.contains(.batchSize)
                ? prior.learningRateAlongBestBatch : prior[axis, .tokenBudget]
            let reach = halfWidth * exponent.deviation
            exponents[axis] = .init(mean: exponent.mean, interval: [exponent.mean - reach, exponent.mean + reach])
        }
        let predictions = budgets.map { budget in
            let way = log(Double(budget) / Double(anchorBudget ?? budget))
            var values: [LawAxis: PredictedMetric] = [:]
            for (axis, value) in anchor {
                guard let exponent = exponents[axis] else { continue }
                let start = axis.coordinate(of: value)
                let ends = exponent.interval.map { axis.value(at: start + $0 * way) }.sorted()
                values[axis] = PredictedMetric(value: axis.value(at: start + exponent.mean * way), interval: ends)
            }
            return TheoryRecord.Prediction(tokenBudget: budget, values: values)
        }
        return TheoryRecord(
            prior: name.rawValue, axes: exponents, anchorBudget: anchorBudget, predictions: predictions)
    }
}
