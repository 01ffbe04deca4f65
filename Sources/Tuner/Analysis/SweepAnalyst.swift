import Engine
import Foundation
import Plugins
public import ScalingLaws

/// Turns the trials of a sweep into a law, and a law into a recommendation.
public struct SweepAnalyst: Sendable {
    /// An analyst.
    public init() {}

    /// Fits the law to the finished trials of a sweep.
    ///
    /// - Parameters:
    ///   - definition: the sweep; its `law` key decides prior and regime.
    ///   - trials: any trials; those with the metric, and the diverged ones, count.
    /// - Returns: the law over all of them.
    /// - Throws: `notEnoughData` when nothing can be fitted; it says what is missing.
    public func law(definition: SweepDefinition, trials: [Trial]) throws(TunerError) -> Law {
        let axes = definition.searchedLawAxes
        guard !axes.isEmpty else {
            throw TunerError(
                .notEnoughData,
                "sweep '\(definition.name)' searches none of learning_rate, batch_size_tokens, momentum",
                why: "a law follows how the best value of these moves with the budget",
                help: "give at least learning_rate a range in 'parameters'")
        }
        let samples = LossSamples(definition: definition, axes: axes).samples(trials)
        let request = LawFitRequest(
            samples: samples.all, searchedAxes: axes, regime: definition.law.regime.filter(axes.contains),
            prior: prior(for: definition, axes: axes), lossFloor: samples.lossFloor, seed: definition.seed)
        do {
            return try LawFitter().fit(request)
        } catch {
            let finished = trials.filter(\.state.isFinished).count
            throw TunerError(
                .notEnoughData, "no law yet for sweep '\(definition.name)': \(error)",
                why: "\(finished) of its trials are finished",
                help: "wait for more trials (tunerd watch \(definition.name)), or search more budgets")
        }
    }

    /// What theory believes about the exponents of these axes.
    func prior(for definition: SweepDefinition, axes: [LawAxis]) -> LawPrior {
        return LawPrior.theory(
            definition.law.prior.theory, geometry: definition.optimizer?.updateGeometry ?? .normalized,
            tunedAxes: Set(axes))
    }
}

extension SweepDefinition.OptimizerChoice {
    /// The geometry the optimizer declares, which decides the prior; `nil` for one that is not known any more.
    public var updateGeometry: UpdateGeometry? {
        let descriptor = external?.descriptor ?? PluginCatalog.optimizer(named: name)
        return descriptor?.geometry.updateGeometry
    }
}

extension SweepDefinition.LawChoice.Prior {
    /// The theory of this name.
    public var theory: LawTheory {
        switch self {
        case .lmo: .lmo
        case .quantileClipping: .quantileClipping
        case .kl: .kl
        case .none: .none
        }
    }
}

extension SweepDefinition {
    /// The axes of the law this sweep searches, in the order of `LawAxis`.
    var searchedLawAxes: [LawAxis] {
        let searched = Set(SearchSpace(self).axes.map(\.name))
        return LawAxis.allCases.filter { searched.contains($0.rawValue) }
    }
}
