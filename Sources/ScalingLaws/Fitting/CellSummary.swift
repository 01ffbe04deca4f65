import Foundation

/// One cell with its fitted loss.
struct CellSummary {
    var cell: LawCell
    /// Relative standard error of the fitted loss.
    var error: Double
    var loss: Double { cell.fittedLoss }
    var lossCell: LossLawFit.Cell {
        LossLawFit.Cell(
            tokenBudget: cell.tokenBudget, modelSize: cell.modelSize, loss: cell.fittedLoss, error: error)
    }
}

extension LawAssembly {
    /// What each cell showed, ascending in budget and model size. A cell whose runs all diverged is left out.
    func cells() -> [CellSummary] {
        var members: [CellKey: [LossSample]] = [:]
        for sample in table.request.samples {
            let key = CellKey(sample)
            members[key, default: []].append(sample)
        }
        let fitted = fittedLosses()
        let noise = runNoise
        let inflation: Double = noise.scale / surface.candidates[0].fit.state.noise
        var result: [CellSummary] = []
        for (key, samples) in members {
            let finished = samples.filter { $0.loss != nil }
            guard let best = finished.min(by: { ($0.loss ?? 0) < ($1.loss ?? 0) }), let loss = best.loss
            else {
                continue
            }
            let estimate = fitted[key] ?? (value: table.scale == .logarithm ? log(loss) : loss, error: 0.05)
            // A cell is never known better than a tenth of a percent, nor better than a third of the misfit.
            let error: Double = max(estimate.error * inflation, noise.scale / 3, 1e-3)
            result.append(
                CellSummary(
                    cell: LawCell(
                        name: key.name, tokenBudget: key.tokenBudget, modelSize: key.modelSize,
                        runs: samples.count,
                        diverged: samples.count - finished.count, bestLoss: loss, best: best.values,
                        fittedLoss: table.scale == .logarithm ? exp(estimate.value) : estimate.value),
                    error: min(error, 0.5)))
        }
        return result.sorted {
            ($0.cell.tokenBudget, $0.cell.modelSize ?? 0, $0.cell.name ?? "")
                < ($1.cell.tokenBudget, $1.cell.modelSize ?? 0, $1.cell.name ?? "")
        }
    }

    /// Response at the fitted optimum of every cell, with its standard error.
    private func fittedLosses() -> [CellKey: (value: Double, error: Double)] {
        let candidate = surface.candidates[0]
        var result: [CellKey: (value: Double, error: Double)] = [:]
        // A surface has a group for every cell, in their order.
        for (g, key) in table.cellKeys.enumerated() where g < candidate.fit.floors.count {
            let floor = candidate.fit.floors[g]
            if floor.isFinite { result[key] = (floor, candidate.fit.floorErrors[g]) }
        }
        return result
    }
}
