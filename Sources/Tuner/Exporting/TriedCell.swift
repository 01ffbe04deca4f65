import Foundation
import ScalingLaws

/// What was tried at one budget and model size, for pictures.
struct TriedCell {
    /// On which side of the best value nothing was tried.
    enum Edge {
        case low, high
    }

    let tokenBudget: Double
    let modelSize: Double?
    /// Finished runs, shorter ones inside longer ones included; of a metric to be maximised losses have the other sign.
    let runs: [LossSample]
    /// The best of them; `nil` when all diverged.
    let best: LossSample?

    /// How near the fitted optimum counts as the outermost tried value, as in the warning `optimum-on-edge`.
    private static let edgeTolerance = 0.1

    /// The cells of a sweep, smallest budget first.
    static func all(_ input: ExportInput) -> [TriedCell] {
        let axes = input.definition.searchedLawAxes
        let samples = LossSamples(definition: input.definition, axes: axes).samples(
            input.trials.filter(\.state.isFinished)
        ).all
        let cells = Dictionary(grouping: samples) { [$0.tokenBudget, $0.modelSize ?? 0] }
        return cells.values.compactMap { runs in
            guard let first = runs.first else { return nil }
            let best = runs.filter { $0.loss != nil }.min { ($0.loss ?? 0) < ($1.loss ?? 0) }
            return TriedCell(
                tokenBudget: first.tokenBudget, modelSize: first.modelSize, runs: runs, best: best)
        }
        .sorted { ($0.tokenBudget, $0.modelSize ?? 0) < ($1.tokenBudget, $1.modelSize ?? 0) }
    }

    /// Smallest and largest tried value of an axis, by its coordinate.
    func range(_ axis: LawAxis) -> ClosedRange<Double>? {
        let tried = runs.compactMap { $0.values[axis] }
        guard let low = tried.min(), let high = tried.max() else { return nil }
        return low...high
    }

    /// Where the best value is the outermost tried one, so that the runs bound the optimum and do not place it.
    ///
    /// A learning rate is compared with those of the same batch size, and, where there is a law, other batch sizes' runs
    /// count by how far they lie from their own optimum: as for the warning.
    func edge(_ axis: LawAxis, law: Law?) -> Edge? {
        guard let best, let value = best.values[axis], let range = range(axis),
            range.lowerBound < range.upperBound
        else { return nil }
        let peers = runs.filter {
            axis != .learningRate || $0.values[.batchSize] == best.values[.batchSize]
        }
        let tried = peers.compactMap { $0.values[axis] }
        let (isLowest, isHighest) = (value == tried.min(), value == tried.max())
        guard isLowest || isHighest else { return nil }
        guard let law, law.axes.contains(where: { $0.axis == axis }) else {
            return value == range.lowerBound ? .low : value == range.upperBound ? .high : nil
        }
        // Momentum's coordinate falls as momentum rises: what is low here is its largest value.
        let falls = axis.coordinate(of: range.upperBound) < axis.coordinate(of: range.lowerBound)
        let distances = runs.compactMap { distance(of: $0, along: axis, law) }.map { falls ? -$0 : $0 }
        if isLowest, (distances.min() ?? -1) > -Self.edgeTolerance { return .low }
        if isHighest, (distances.max() ?? 1) < Self.edgeTolerance { return .high }
        return nil
    }

    /// How far a run lies above the fitted optimum of an axis, in its coordinate.
    private func distance(of run: LossSample, along axis: LawAxis, _ law: Law) -> Double? {
        guard let value = run.values[axis] else { return nil }
        let query = RecommendationQuery(
            tokenBudget: run.tokenBudget, modelSize: run.modelSize,
            held: run.values.filter { $0.key != axis })
        let distance = axis.coordinate(of: value) - axis.coordinate(of: law.optimum(of: axis, at: query))
        return distance.isFinite ? distance : nil
    }
}
