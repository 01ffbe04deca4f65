/// Every combination of the listed values at every budget, cheapest budgets first.
struct GridPlanner: Planner {
    let definition: SweepDefinition

    func nextRound(history: [Trial]) -> [TrialProposal] {
        guard history.isEmpty else { return [] }
        return definition.repeated(points().filter(\.isTrainable), round: 1, alreadyPlanned: 0)
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        history.isEmpty ? nextRound(history: []).count : 0
    }

    private func points() -> [BudgetedPoint] {
        let space = SearchSpace(definition)
        var combinations = [space.fixed]
        for axis in space.axes {
            let grid = space.grid(of: axis, count: 5)
            combinations = combinations.flatMap { combination in
                grid.map { combination.merging([axis.name: $0]) { $1 } }
            }
        }
        return definition.tokenBudgets.flatMap { budget in
            combinations.map { BudgetedPoint(hyperparameters: $0, tokenBudget: budget) }
        }
    }
}
