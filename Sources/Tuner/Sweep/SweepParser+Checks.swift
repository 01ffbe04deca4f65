import Engine

/// Checks over several keys at once.
extension SweepParser {
    /// Batch sizes are whole sequences and leave at least two steps at the largest budget; at smaller
    /// budgets planners leave out those that do not fit.
    mutating func checkBatchSizes(_ parameters: LocatedParameters, budgets: [Int]?) {
        guard let batchSize = parameters.batchSize else { return }
        var tooLarge: Set<SourcePlace> = []
        for written in batchSize.written {
            if let length = sequenceLength, written.tokens % length != 0 {
                problems.add(
                    .partialSequences(written.text, tokens: written.tokens, sequenceLength: length),
                    at: written.place)
            }
            if let largest = budgets?.last, written.tokens >= largest,
                tooLarge.insert(written.place).inserted
            {
                problems.add(
                    .batchNotBelowBudget(written.text, tokens: written.tokens, budget: largest),
                    at: written.place)
            } else if let growth = batchGrowth, written.tokens > growth.startTokens {
                problems.add(
                    .batchAboveGrowthStart(written.text, start: growth.startTokens), at: written.place)
            }
        }
    }

    /// The method has what it needs and fits under the caps.
    mutating func checkMethod(
        _ method: SweepDefinition.SearchMethod?, parameters: LocatedParameters, budgets: [Int]?, sizes: Int,
        limits: SweepLimits
    ) {
        guard let method else { return }
        let place = top["method"]?.value.place
        switch method {
        case .grid: checkGrid(parameters, cells: (budgets?.count ?? 0) * max(1, sizes), limits: limits)
        case .random, .sobol, .halton, .tpe, .gp, .cmaes, .nsga2:
            if top["run_cap"] == nil { problems.add(.needsRunCap(method.rawValue), at: place ?? top.place) }
        case .lawGuided: break
        }
        if method != .lawGuided {
            let why = "only law_guided chooses budgets and model sizes by what they cost"
            for key in ["cells", "cost_cap", "cost_unit"] {
                guard let pair = top[key] else { continue }
                problems.add(.needsLawGuided(key, method: method.rawValue, why: why), at: pair.keyPlace)
            }
        }
        let isComplete = parameters.parameters.count == parameters.names.count
        if method != .grid, isComplete, !parameters.parameters.contains(where: { $0.parameter.isSearched }),
            let pair = top["parameters"]
        {
            problems.add(.nothingToSearch(method.rawValue), at: pair.keyPlace)
        }
    }

    /// Whether a grid has an end, and one under the cap; no `cells` where the budgets could not be read.
    private mutating func checkGrid(_ parameters: LocatedParameters, cells: Int, limits: SweepLimits) {
        var trials = Double(cells * limits.replicates)
        for located in parameters.parameters {
            if let count = located.parameter.domain.gridCount {
                trials *= Double(count)
            } else {
                problems.add(.gridWithoutStep(located.parameter.name), at: located.keyPlace)
            }
        }
        let cap = limits.runCap ?? 1_000_000
        if trials > Double(cap) {
            let place = limits.runCapPlace ?? top["parameters"]?.keyPlace ?? top.place
            problems.add(.gridTooLarge(trials, cap: cap, isWritten: limits.runCap != nil), at: place)
        }
    }
}
