import Foundation

/// The floor of a cell as its finished runs show it, in every draw.
struct CellFloor {
    let values: [Double]
    let variance: Double

    /// `nil` when the cell has no finished run.
    init?(cell: DesignCell, samples: [LossSample], ensemble: LawEnsemble, spread: Double) {
        var values = [Double](repeating: 0, count: ensemble.count)
        var total = 0.0
        for sample in samples
        where sample.tokenBudget == cell.tokenBudget && sample.modelSize == cell.modelSize {
            guard let loss = sample.loss else { continue }
            let response = ensemble.law.lossScale == .logarithm ? log(loss) : loss
            let excess = ensemble.excess(DesignRun(values: sample.values, cell: cell))
            let mean: Double = excess.reduce(0, +) / Double(max(1, excess.count))
            let rise: Double = LawFitConfiguration().misfit * mean
            let weight: Double = 1 / (spread * spread + rise * rise)
            for d in values.indices { values[d] += weight * (response - excess[d]) }
            total += weight
        }
        guard total > 0, total.isFinite else { return nil }
        self.values = values.map { $0 / total }
        variance = 1 / total
    }
}
