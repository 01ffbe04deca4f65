import Engine

/// The search of a sampler at one budget: budgets learn nothing from each other, so each has a session of its own.
struct BudgetSearch: Sendable {
    /// Tokens of its runs.
    let budget: Int
    /// The sampler at work; `nil` when nothing is searched.
    var session: SamplerSession?
    /// Values of the parameters that are not searched.
    let fixed: [String: HyperparameterValue]

    /// A search that has seen nothing yet; `nil` when no batch size leaves two steps of the budget.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - sampler: a name in the registry.
    ///   - budget: tokens.
    ///   - ordinal: the budget's place in the sweep; budgets draw from separate streams.
    /// - Throws: `usage` when the sampler cannot search the space.
    init?(_ definition: SweepDefinition, sampler: String, budget: Int, ordinal: Int) throws {
        let space = SearchSpace(definition)
        self.budget = budget
        fixed = space.fixed
        if let batch = space.fixed["batch_size_tokens"]?.number, batch >= Double(budget) { return nil }
        guard !space.axes.isEmpty else { return }
        var axes: [SamplerAxis] = []
        for axis in space.axes {
            guard let domain = Self.domain(axis, space, budget: budget) else { return nil }
            axes.append(SamplerAxis(axis.name, domain))
        }
        session = try SamplerSession(
            sampler,
            SamplerProblem(
                space: try SamplerSpace(axes), objectiveCount: definition.searchedObjectives.count,
                seed: SplitMix64.stream(definition.seed ^ 0x5A_3B1E, ordinal).state,
                plannedTrials: definition.searchedPointsPerBudget))
    }

    /// How many points the space has; infinite with a real axis.
    var pointCount: Double {
        session?.problem.space.axes.reduce(1.0) { $0 * ($1.count.map(Double.init) ?? .infinity) } ?? 1
    }

    private static func domain(_ axis: SearchSpace.Axis, _ space: SearchSpace, budget: Int)
        -> SamplerAxis.Domain?
    {
        let isBatch = axis.name == "batch_size_tokens"
        switch axis.domain {
        case .value(let value):
            return .choices([value], ordered: true)
        case .values(let values):
            let fitting = isBatch ? values.filter { ($0.number ?? 0) < Double(budget) } : values
            return fitting.isEmpty ? nil : .choices(fitting, ordered: fitting.allSatisfy { $0.number != nil })
        case .range(let min, let max, let scale, _, true):
            let quantum = isBatch ? space.batchQuantum : 1
            let high = isBatch ? Swift.min(max, Double(budget - 1)) : max
            guard (min / Double(quantum)).rounded(.up) <= (high / Double(quantum)).rounded(.down) else {
                return nil
            }
            // A logarithm needs more than half a step below the smallest value.
            let bent = scale == .log && min >= 1 ? scale : .linear
            return .integer(low: Int(min), high: Int(high), quantum: quantum, scale: bent)
        case .range(let min, let max, let scale, _, false):
            return .real(low: min, high: max, scale: scale)
        }
    }
}

extension SweepDefinition {
    /// Points a sampler has at each budget.
    var searchedPointsPerBudget: Int { SearchSpace(self).axes.isEmpty ? 1 : pointsPerBudget }

    /// What a sampler searches for: several objectives only where the method is made for them.
    var searchedObjectives: [Objective] { method == .nsga2 ? objectives : [metric] }

    /// The value of a point for a sampler: means over its replicates, all to be minimised; `nil` when one has none.
    func searchedValues(of replicates: [Trial]) -> [Double]? {
        var means: [Double] = []
        for objective in searchedObjectives {
            var sum = 0.0
            for trial in replicates {
                guard trial.state == .completed || trial.state == .stopped,
                    let value = trial.metrics[objective.name], value.isFinite
                else { return nil }
                sum += objective.goal == .minimize ? value : -value
            }
            means.append(sum / Double(replicates.count))
        }
        return means
    }
}
