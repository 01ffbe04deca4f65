import Foundation

/// Where the loss of each cell breaks: between the last ordinary run and the first that diverged or blew up.
struct Cliffs {
    /// Runs that bound the learning rate, and the others of their cells.
    private var bounds: [CellKey: [PooledRun]] = [:]
    private var ordinary: [CellKey: [PooledRun]] = [:]
    private var responses: [LossSample: Double] = [:]
    private let scale: LossScale

    init(_ table: FitTable) {
        scale = table.scale
        for run in table.runs where run.response == nil {
            bounds[CellKey(run.sample), default: []].append(run)
        }
        guard !bounds.isEmpty else { return }
        for run in table.runs where run.response != nil {
            let key = CellKey(run.sample)
            if bounds[key] != nil { ordinary[key, default: []].append(run) }
        }
        for run in table.blownUp { responses[run.sample] = run.response }
    }

    /// The cliff of a cell above its best run.
    func cliff(_ key: CellKey, above best: LossSample) -> LawCell.Cliff? {
        guard let bounds = bounds[key], let rate = best.values[.learningRate], let loss = best.loss else {
            return nil
        }
        var others = best.values
        others[.learningRate] = nil
        func rates(_ runs: [PooledRun]) -> [(rate: Double, sample: LossSample)] {
            runs.compactMap { run in
                var values = run.sample.values
                guard let rate = values.removeValue(forKey: .learningRate), values == others else {
                    return nil
                }
                return (rate, run.sample)
            }
        }
        let first = rates(bounds).filter { $0.rate > rate }.min { $0.rate < $1.rate }
        guard let first else { return nil }
        let below = rates(ordinary[key] ?? []).map(\.rate).filter { $0 < first.rate }.max() ?? rate
        let least: Double = scale == .logarithm ? log(loss) : loss
        return LawCell.Cliff(
            below: max(below, rate), above: first.rate, rise: responses[first.sample].map { $0 - least })
    }
}
