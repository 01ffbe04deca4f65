import Foundation

/// One (budget, model size) with its fitted loss.
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
    /// What each (budget, model size) showed, ascending. A cell whose runs all diverged is left out.
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
                        tokenBudget: key.tokenBudget, modelSize: key.modelSize, runs: samples.count,
                        diverged: samples.count - finished.count, bestLoss: loss, best: best.values,
                        fittedLoss: table.scale == .logarithm ? exp(estimate.value) : estimate.value),
                    error: min(error, 0.5)))
        }
        return result.sorted {
            ($0.cell.tokenBudget, $0.cell.modelSize ?? 0) < ($1.cell.tokenBudget, $1.cell.modelSize ?? 0)
        }
    }

    /// Response at the fitted optimum of every cell, with its standard error.
    private func fittedLosses() -> [CellKey: (value: Double, error: Double)] {
        let candidate = surface.candidates[0]
        var result: [CellKey: (value: Double, error: Double)] = [:]
        for (g, group) in candidate.problem.groups.enumerated() {
            let floor = candidate.fit.floors[g]
            guard floor.isFinite else { continue }
            let logs = group.point.covariates
            // Groups are found by their budget: the covariates are logs of exactly these ratios.
            guard
                let sample = table.request.samples.first(where: {
                    let point = table.point($0).covariates
                    return point[0] == logs[0] && point[1] == logs[1]
                })
            else { continue }
            let key = CellKey(sample)
            if let known = result[key], known.value <= floor { continue }
            result[key] = (floor, candidate.fit.floorErrors[g])
        }
        return result
    }
}
