import Foundation

/// What a fit of the critical batch size cannot know.
extension CriticalBatchProblem {
    func warnings(_ fit: CriticalBatchFit, _ line: Line) -> [LossLawWarning] {
        var found: [LossLawWarning] = []
        if fit.rowsDropped > 0 {
            found.append(
                LossLawWarning(.rowsDropped, "\(fit.rowsDropped) rows without finite steps were left out"))
        }
        let outside = zip(groups, fit.scales).filter { group, scale in
            let tried = group.solver.logBatches
            let own = log(scale.law.criticalBatch)
            return own < tried.min() ?? own || own > tried.max() ?? own
        }
        if !outside.isEmpty {
            found.append(
                LossLawWarning(
                    .notBracketed,
                    "the critical batch size lies outside the tried ones at \(outside.count) of "
                        + "\(groups.count) scales: there it is a bound; try batch sizes on both sides"))
        }
        if groups.count < 3 {
            found.append(
                LossLawWarning(
                    .fewLevels,
                    "\(groups.count) of at least three scales: whether the growth is a power law cannot "
                        + "be seen"))
        }
        if groups.count > 1, line.priorShare > 0.5, let prior {
            found.append(
                LossLawWarning(
                    .priorDecides,
                    String(
                        format: "the rows hardly move the exponent: %.2f from a prior of %.2f +- %.2f",
                        line.slope,
                        prior.mean, prior.deviation)))
        }
        if fit.rowError > 0.15 {
            found.append(
                LossLawWarning(
                    .poorFit,
                    "rows miss a + b/B by \(Int((100 * fit.rowError).rounded())) %: the learning rate was "
                        + "not tuned at each batch size, or targets differ within a scale"))
        }
        return found
    }
}
