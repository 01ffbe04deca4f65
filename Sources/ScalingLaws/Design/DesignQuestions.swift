import Foundation

/// What is asked at the targets, in every draw, weighted so that the summed variance is the expected regret.
///
/// The batch size and momentum to use, and the learning rate at every batch size that may be used: people hold the
/// batch size to what their machines take.
struct DesignQuestions {
    /// One row a question, one value a draw.
    let weighted: [[Double]]

    init(ensemble: LawEnsemble, space: DesignSpace) {
        var weighted: [[Double]] = []
        for target in space.targets {
            weighted += Self.questions(
                ensemble, space, target: target, share: 1 / Double(space.targets.count))
        }
        self.weighted = weighted
    }

    private static func questions(
        _ ensemble: LawEnsemble, _ space: DesignSpace, target: DesignCell, share: Double
    ) -> [[Double]] {
        let law = ensemble.law
        let query = RecommendationQuery(tokenBudget: target.tokenBudget, modelSize: target.modelSize)
        var weighted: [[Double]] = []
        var central: [LawAxis: Double] = [:]
        for axis in [LawAxis.batchSize, .momentum] {
            guard let a = law.axes.firstIndex(where: { $0.axis == axis }) else { continue }
            let tried = space.conditions.compactMap { $0[axis].map(axis.coordinate) }
            guard let low = tried.min(), let high = tried.max(), low < high else { continue }
            let place = ensemble.place(central, in: target)
            central[axis] = axis.value(
                at: min(max(axis.coordinate(of: law.optimum(of: axis, at: query)), low), high))
            let optima = ensemble.optima(axis: a, at: place).map { min(max($0, low), high) }
            weighted.append(ensemble.weighted(optima, axis: a, at: place, share: share))
        }
        guard let a = law.axes.firstIndex(where: { $0.axis == .learningRate }) else { return weighted }
        let batches = Set(space.conditions.compactMap { $0[.batchSize] }).sorted()
        let asked: [Double?] = batches.isEmpty ? [nil] : batches
        for batch in asked {
            var values = central
            values[.batchSize] = batch
            let place = ensemble.place(values, in: target)
            let optima = ensemble.optima(axis: a, at: place)
            weighted.append(
                ensemble.weighted(optima, axis: a, at: place, share: share / Double(asked.count)))
        }
        return weighted
    }
}
