import Engine

/// A point and the budget it is trained at, before replicates.
struct BudgetedPoint: Hashable {
    var hyperparameters: [String: HyperparameterValue]
    var tokenBudget: Int
    /// Replicates of it that were made before: a point that is made once more goes on from there.
    var firstReplicate = 0
}

extension SweepDefinition {
    /// Turns points into proposals: each `replicates` times, and no more than `run_cap` in all.
    ///
    /// The replicates of a point stand together, so that a cap cuts whole points before it cuts replicates of many.
    func repeated(_ points: [BudgetedPoint], round: Int, alreadyPlanned: Int) -> [TrialProposal] {
        let proposals = points.flatMap { point in
            (0..<replicates).map { replicate in
                TrialProposal(
                    hyperparameters: point.hyperparameters, tokenBudget: point.tokenBudget,
                    replicate: point.firstReplicate + replicate, round: round)
            }
        }
        guard let runCap else { return proposals }
        return Array(proposals.prefix(max(0, runCap - alreadyPlanned)))
    }

    /// Points per budget of a method that has no end of its own, when the sweep file sets no `run_cap`:
    /// eight for each searched hyperparameter.
    var defaultPointsPerBudget: Int {
        8 * max(1, SearchSpace(self).axes.count)
    }

    /// Points per budget under `run_cap`, rounded up so that the cap decides.
    var pointsPerBudget: Int {
        guard let runCap else { return defaultPointsPerBudget }
        let share = tokenBudgets.count * replicates
        return max(1, (runCap + share - 1) / share)
    }
}
