import Engine

/// Points that do not look at results: independent draws, or scrambled Sobol points, fresh ones at every budget.
struct SpaceFillingPlanner: Planner {
    /// How points are drawn.
    enum Design: Sendable {
        case random
        case sobol
    }

    let definition: SweepDefinition
    let design: Design

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        guard history.isEmpty else { return [] }
        return definition.repeated(try points(), round: 1, alreadyPlanned: 0)
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        guard history.isEmpty else { return 0 }
        let full = definition.pointsPerBudget * definition.tokenBudgets.count * definition.replicates
        return min(full, definition.runCap ?? full)
    }

    private func points() throws -> [BudgetedPoint] {
        let space = SearchSpace(definition)
        guard space.axes.count <= SobolSequence.dimensions || design == .random else {
            throw TunerError(
                .invalidSweep, "\(space.axes.count) searched parameters are too many for method 'sobol'",
                why: "the table of direction numbers has \(SobolSequence.dimensions) dimensions",
                help: "fix some parameters, or use method: random")
        }
        var generator = SplitMix64(definition.seed ^ 0x5EED_0F_5EA4C4)
        let sobol =
            design == .sobol && !space.axes.isEmpty
            ? SobolSequence(dimension: space.axes.count, generator: &generator) : nil
        let perBudget = space.axes.isEmpty ? 1 : definition.pointsPerBudget
        // Round robin over the budgets, so that a cap leaves every budget its share.
        return (0..<perBudget).flatMap { index in
            definition.tokenBudgets.enumerated().map { ordinal, budget in
                let coordinates =
                    sobol?.point(ordinal * perBudget + index) ?? space.axes.map { _ in generator.uniform() }
                return BudgetedPoint(hyperparameters: space.point(at: coordinates), tokenBudget: budget)
            }
        }
    }
}
