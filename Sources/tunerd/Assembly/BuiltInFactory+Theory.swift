import Foundation
import Plugins
import ScalingLaws
import Tuner

extension BuiltInFactory {
    /// 90 % point of Student's t with three degrees of freedom: half-width of an 80 % interval of a prior.
    private static let halfWidth = 1.637744

    func theory(of definition: SweepDefinition) throws -> TheoryRecord {
        let prior = definition.law.prior
        let axes = definition.law.regime
        return TheoryRecord(
            prior: prior.rawValue,
            axes: exponents(prior, geometry: definition.optimizer?.updateGeometry, axes: axes),
            anchorBudget: nil, predictions: [])
    }

    /// Moves the anchor along the prior's exponents: `value(T) = value(T0) (T/T0)^exponent`, for momentum of
    /// `1 - momentum`. The interval is that of the exponent; the anchor counts as exact.
    func theory(_ question: TheoryQuestion) throws -> TheoryRecord {
        let known = PluginCatalog.optimizers.map(\.name)
        let descriptor = try question.optimizer.flatMap { try self.descriptor(of: $0) }
        if let optimizer = question.optimizer, descriptor == nil {
            throw TunerError(
                .usage, "there is no optimizer '\(optimizer)'",
                why: "known are \(known.joined(separator: ", "))",
                help: "leave it out for methods with normalised steps")
        }
        let axes = LawAxis.allCases.filter { question.anchor.isEmpty || question.anchor[$0] != nil }
        let exponents = exponents(
            question.prior, geometry: descriptor?.geometry.updateGeometry, axes: axes)
        let predictions = question.tokenBudgets.map { budget in
            let growth = log(Double(budget) / Double(question.anchorBudget))
            var values: [LawAxis: PredictedMetric] = [:]
            for axis in axes {
                guard let anchor = question.anchor[axis], let exponent = exponents[axis] else { continue }
                let start = axis.coordinate(of: anchor)
                let ends = exponent.interval.map { axis.value(at: start + $0 * growth) }.sorted()
                values[axis] = PredictedMetric(
                    value: axis.value(at: start + exponent.mean * growth), interval: ends)
            }
            return TheoryRecord.Prediction(tokenBudget: budget, values: values)
        }
        return TheoryRecord(
            prior: question.prior.rawValue, axes: exponents,
            anchorBudget: question.anchor.isEmpty ? nil : question.anchorBudget,
            predictions: predictions)
    }

    private func exponents(
        _ prior: SweepDefinition.LawChoice.Prior, geometry: UpdateGeometry?, axes: [LawAxis]
    ) -> [LawAxis: TheoryRecord.Exponent] {
        let law = LawPrior.theory(
            prior.theory, geometry: geometry ?? .normalized, tunedAxes: Set(axes))
        var exponents: [LawAxis: TheoryRecord.Exponent] = [:]
        for axis in axes {
            // Where the batch size moves too, the learning rate is that along the best batch size.
            let along = axis == .learningRate && axes.contains(.batchSize)
            let found = along ? law.learningRateAlongBestBatch : law[axis, .tokenBudget]
            let spread = Self.halfWidth * found.deviation
            exponents[axis] = .init(mean: found.mean, interval: [found.mean - spread, found.mean + spread])
        }
        return exponents
    }
}
