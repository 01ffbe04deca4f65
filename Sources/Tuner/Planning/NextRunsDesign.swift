import Foundation
import ScalingLaws

/// Which runs would lower the expected regret of an answer most for their cost, were there no caps.
///
/// The designer's regret is a mean over all batch sizes that may be used, the answer's that of its own values: what the
/// runs are worth is told as the share of the first, applied to the second.
struct NextRunsDesign {
    let definition: SweepDefinition
    let law: Law
    /// Finished trials.
    let history: [Trial]

    /// With more trials than this nobody waits for the design of a few more.
    private static let mostTrials = 1000

    /// The runs for an answer; `nil` when nothing would be learnt.
    func runs(for answer: Recommendation) -> NextRuns? {
        guard history.count <= Self.mostTrials, !definition.searchedLawAxes.isEmpty,
            let regret = answer.expectedRegret
        else { return nil }
        let sweep = SweepDesign(definition: asked(answer), history: history)
        let design = RunDesigner(law: law, samples: sweep.samples, space: sweep.space).design(atLeast: 1)
        guard let cell = design.bestRuns.first?.cell, design.regret > 0, design.bestGain > 0 else {
            return nil
        }
        let runs = design.bestRuns.count * definition.replicates
        var values: [String: [Double]] = [:]
        for axis in definition.searchedLawAxes {
            let all = design.bestRuns.compactMap { $0.values[axis] }
            if let low = all.min(), let high = all.max() { values[axis.rawValue] = [low, high] }
        }
        var next = NextRuns(
            runs: runs, tokenBudget: Int(cell.tokenBudget.rounded()),
            modelSize: definition.modelSizes.isEmpty ? nil : cell.modelSize.map { Int($0.rounded()) },
            hyperparameters: values, expectedRegret: regret,
            expectedRegretAfter: regret * max(0, 1 - design.bestGain / design.regret))
        guard definition.method == .lawGuided else { return next }
        let cost = Double(design.bestRuns.count) * cell.cost
        if let cap = definition.costCap {
            let needed = TrialCost(definition, history: history).spent(on: history) + cost
            next.costCap = needed > cap ? Self.roundedUp(needed) : nil
        }
        // Without caps it was the cost that ended the sweep: a cap on runs alone says that they are worth it.
        if definition.runCap.map({ $0 < history.count + runs }) ?? (definition.costCap == nil) {
            next.runCap = history.count + runs
        }
        return next
    }

    /// Up to three significant digits, so that it can be read and typed.
    private static func roundedUp(_ cost: Double) -> Double {
        let unit: Double = pow(10, max(0, log10(cost).rounded(.down) - 2))
        return (cost / unit).rounded(.up) * unit
    }

    /// The sweep as if the asked budget were its only target.
    private func asked(_ answer: Recommendation) -> SweepDefinition {
        var definition = definition
        definition.targetCells = []
        definition.targetTokenBudgets = [answer.tokenBudget]
        definition.targetModelSize =
            answer.modelSize.map { Int($0.rounded()) } ?? definition.targetModelSize
        return definition
    }
}
