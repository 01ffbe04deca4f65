import Engine

extension SweepDefinition {
    /// The `shorter_runs` key: whether trials also tell what shorter runs inside them end with.
    public enum ShorterRuns: String, Sendable, Hashable, CaseIterable {
        /// Where the planner reckons with them: `law_guided` on a workload.
        case automatic = "auto"
        /// With every method.
        case on
        /// Never.
        case off
    }

    /// Steps below which a shorter run is not asked for: with fewer the loss has not entered any power law.
    private static let fewestSteps = 8

    /// The listed budgets whose runs a trial of `tokenBudget` contains and reports, ascending.
    ///
    /// Only workloads of the engine with an optimizer of its own: nothing is known of another's schedule.
    func shorterBudgets(below tokenBudget: Int) -> [Int] {
        guard case .workload = subject, let optimizer, optimizer.external == nil, !searchedLawAxes.isEmpty,
            shorterRuns == .on || shorterRuns == .automatic && method == .lawGuided
        else { return [] }
        return tokenBudgets.filter { budget in
            budget < tokenBudget
                && optimizer.schedule.containsRun(of: Double(budget) / Double(tokenBudget))
        }
    }

    /// The shorter budgets of one trial: those that leave its batch size some steps.
    func shorterBudgets(of proposal: TrialProposal, batchSizeTokens: Int) -> [Int] {
        shorterBudgets(below: proposal.tokenBudget).filter { $0 / Self.fewestSteps >= batchSizeTokens }
    }

    /// Tokens a trial trains: its budget, and the decays of the shorter runs it reports.
    public func trainedTokens(of tokenBudget: Int) -> Double {
        guard let schedule = optimizer?.schedule, schedule.shape == .wsd else { return Double(tokenBudget) }
        let decays = shorterBudgets(below: tokenBudget).reduce(0.0) {
            $0 + schedule.decayFraction * Double($1)
        }
        return Double(tokenBudget) + decays
    }
}
