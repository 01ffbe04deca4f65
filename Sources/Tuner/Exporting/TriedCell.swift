import Foundation
import ScalingLaws

/// What was tried at one budget and model size, for pictures.
struct TriedCell {
    let tokenBudget: Double
    let modelSize: Double?
    /// Finished runs, shorter ones inside longer ones included; of a metric to be maximised losses have the other sign.
    let runs: [LossSample]
    /// The best of them; `nil` when all diverged.
    let best: LossSample?
    /// Whether a trial was for this budget; what longer ones tell of others was never meant to enclose an optimum.
    let isTrained: Bool

    /// The cells of a sweep, smallest budget first.
    static func all(_ input: ExportInput) -> [TriedCell] {
        let axes = input.definition.searchedLawAxes
        let samples = LossSamples(definition: input.definition, axes: axes).samples(
            input.trials.filter(\.state.isFinished)
        ).all
        let trained = Set(input.trials.map(\.proposal.tokenBudget))
        let cells = Dictionary(grouping: samples) { [$0.tokenBudget, $0.modelSize ?? 0] }
        return cells.values.compactMap { runs in
            guard let first = runs.first else { return nil }
            let best = runs.filter { $0.loss != nil }.min { ($0.loss ?? 0) < ($1.loss ?? 0) }
            return TriedCell(
                tokenBudget: first.tokenBudget, modelSize: first.modelSize, runs: runs, best: best,
                isTrained: trained.contains(Int(first.tokenBudget)))
        }
        .sorted { ($0.tokenBudget, $0.modelSize ?? 0) < ($1.tokenBudget, $1.modelSize ?? 0) }
    }

    /// Smallest and largest tried value of an axis, by its coordinate.
    func range(_ axis: LawAxis) -> ClosedRange<Double>? {
        let tried = runs.compactMap { $0.values[axis] }
        guard let low = tried.min(), let high = tried.max() else { return nil }
        return low...high
    }

    /// Axes whose best value is the outermost tried one, as in the tables of cells (`LawCell.edges`).
    var edges: [LawAxis: LawCell.Edge] {
        guard isTrained, let best else { return [:] }
        return LawCell.edges(of: best.values, among: runs.map(\.values))
    }
}
