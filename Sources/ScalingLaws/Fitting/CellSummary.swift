import Foundation

/// One cell with its fitted loss.
struct CellSummary {
    var cell: LawCell
    /// Relative standard error of the fitted loss, given the curves' shape.
    var error: Double
    /// Relative errors it shares with other cells, as weights on independent standard normal numbers (`FloorCoupling`).
    var shared: [Double]
    var loss: Double { cell.fittedLoss }
    var lossCell: LossLawFit.Cell {
        LossLawFit.Cell(
            tokenBudget: cell.tokenBudget, modelSize: cell.modelSize, loss: cell.fittedLoss, error: error,
            shared: shared)
    }
}

extension LawAssembly {
    /// Least relative error of a cell.
    private static let leastError = 5e-4

    /// What each cell showed, ascending in budget and model size. A cell whose runs all diverged is left out.
    func cells() -> [CellSummary] {
        // What longer runs tell of a cell was never meant to enclose its optimum.
        let trained = Set(table.runs.lazy.filter { !$0.isReadOff }.map { CellKey($0.sample) })
        let members = CellMembers(table.request.samples)
        let fitted = fittedLosses()
        let cliffs = Cliffs(table)
        let noise = runNoise
        let inflation: Double = noise / surface.candidates[0].fit.state.noise
        var result: [CellSummary] = []
        for (key, indices) in zip(members.keys, members.members) {
            let samples = indices.map { table.request.samples[$0] }
            let finished = samples.filter { $0.loss != nil }
            guard let best = finished.min(by: { ($0.loss ?? 0) < ($1.loss ?? 0) }), let loss = best.loss
            else {
                continue
            }
            let estimate =
                fitted[key] ?? (value: table.scale == .logarithm ? log(loss) : loss, error: 0.05, shared: [])
            // A cell is never known better than half a thousandth, nor better than a third of the misfit.
            let error: Double = max(estimate.error * inflation, noise / 3, Self.leastError)
            // What raises a cell's own error, a noise that was found too small, raises the shared ones.
            let raised: Double = estimate.error > 0 ? min(error / estimate.error, 5) : 1
            result.append(
                CellSummary(
                    cell: LawCell(
                        name: key.name, tokenBudget: key.tokenBudget, modelSize: key.modelSize,
                        runs: samples.count,
                        diverged: samples.count - finished.count, bestLoss: loss, best: best.values,
                        fittedLoss: table.scale == .logarithm ? exp(estimate.value) : estimate.value,
                        edges: trained.contains(key)
                            ? LawCell.edges(of: best.values, among: samples.map(\.values)) : [:],
                        cliff: cliffs.cliff(key, above: best)),
                    error: min(error, 0.5), shared: estimate.shared.map { $0 * raised }))
        }
        return result.sorted {
            ($0.cell.tokenBudget, $0.cell.modelSize ?? 0, $0.cell.name ?? "")
                < ($1.cell.tokenBudget, $1.cell.modelSize ?? 0, $1.cell.name ?? "")
        }
    }

    /// Response at the fitted optimum of every cell, with its errors.
    private func fittedLosses() -> [CellKey: (value: Double, error: Double, shared: [Double])] {
        let candidate = surface.candidates[0]
        let coupling = FloorCoupling(candidate)
        var result: [CellKey: (value: Double, error: Double, shared: [Double])] = [:]
        // A surface has a group for every cell, in their order.
        for (g, key) in table.cellKeys.enumerated() where g < candidate.fit.floors.count {
            let floor = candidate.fit.floors[g]
            guard floor.isFinite else { continue }
            result[key] = (floor, candidate.fit.floorErrors[g], coupling.errors(of: g))
        }
        return result
    }
}
