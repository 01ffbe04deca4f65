import Engine
import Foundation

/// Rounds of a sampler: one search for each budget, a few points at a time.
///
/// A round has as many points as trials run at once (`parallel`, or four), shared among the budgets, at least one for
/// each. The samplers are rebuilt from the finished trials every time: a restart goes on with the same trials.
///
/// - The value of a point is the mean over its replicates; a replicate without one makes the point a failure.
/// - Budgets learn nothing from each other: each has `run_cap / budgets` points.
/// - Batch sizes that leave fewer than two steps are no part of the search at that budget.
/// - Points tried before at the budget are not tried again; a budget whose values are all listed can run out of them.
struct SamplerPlanner: Planner {
    /// Trials at once when the sweep file does not say: not the number of cores, so that every machine plans the same.
    private static let usualParallel = 4
    /// Asks of the sampler, and independent draws after it, for a round's new points.
    private static let mostAsks = 10
    private static let mostDraws = 1000

    let definition: SweepDefinition
    /// Its name in the registry.
    let sampler: String

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        let round = (history.last?.proposal.round ?? 0) + 1
        let budgets = definition.tokenBudgets
        let share = max(1, (definition.parallel ?? Self.usualParallel) / max(1, budgets.count))
        var perBudget: [[BudgetedPoint]] = []
        for (ordinal, budget) in budgets.enumerated() {
            let tried = points(at: budget, history: history)
            let wanted = min(share, target - tried.count)
            guard wanted > 0, let search = try search(budget, ordinal: ordinal, tried: tried) else {
                continue
            }
            perBudget.append(try newPoints(search, budget: budget, tried: tried, count: wanted))
        }
        // Round robin, so that a cap leaves every budget its share.
        let longest = perBudget.map(\.count).max() ?? 0
        let points = (0..<longest).flatMap { place in perBudget.compactMap { $0.dropFirst(place).first } }
        return definition.repeated(points, round: round, alreadyPlanned: history.count)
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        // A sampler that ran out of points ends the sweep early; nothing new means that this happened.
        if !history.isEmpty, (try? nextRound(history: history))?.isEmpty ?? true { return 0 }
        let full = target * definition.tokenBudgets.count * definition.replicates
        return max(0, min(full, definition.runCap ?? full) - history.count)
    }

    private var target: Int { definition.searchedPointsPerBudget }

    private struct TriedPoint {
        var hyperparameters: [String: HyperparameterValue]
        var replicates: [Trial]
    }

    /// The points of a budget in the order they were planned, with their replicates.
    private func points(at budget: Int, history: [Trial]) -> [TriedPoint] {
        var points: [TriedPoint] = []
        for trial in history where trial.proposal.tokenBudget == budget {
            if trial.proposal.replicate == 0 || points.isEmpty {
                points.append(
                    TriedPoint(hyperparameters: trial.proposal.hyperparameters, replicates: [trial]))
            } else {
                points[points.count - 1].replicates.append(trial)
            }
        }
        return points
    }

    /// The sampler of a budget with everything it knows; `nil` when no batch size fits into the budget.
    private func search(_ budget: Int, ordinal: Int, tried: [TriedPoint]) throws -> BudgetSearch? {
        guard var search = try BudgetSearch(definition, sampler: sampler, budget: budget, ordinal: ordinal)
        else { return nil }
        guard var session = search.session else { return search }
        for point in tried {
            let number = try session.begin(point.hyperparameters)
            try session.tell(
                number, SamplerOutcome(values: definition.searchedValues(of: point.replicates)))
        }
        search.session = session
        return search
    }

    private func newPoints(
        _ search: BudgetSearch, budget: Int, tried: [TriedPoint], count: Int
    ) throws -> [BudgetedPoint] {
        guard var session = search.session else {
            return [BudgetedPoint(hyperparameters: search.fixed, tokenBudget: budget)]
        }
        var known: [[String: HyperparameterValue]: [Double]?] = [:]
        for point in tried {
            known[point.hyperparameters] = .some(definition.searchedValues(of: point.replicates))
        }
        var points: [BudgetedPoint] = []
        let total = session.problem.space.axes.reduce(1.0) { $0 * ($1.count.map(Double.init) ?? .infinity) }
        if Double(known.count) >= total { return [] }
        var draws = try SamplerSession("random", session.problem)
        for attempt in 0..<(Self.mostAsks + Self.mostDraws + count)
        where points.count < count && Double(known.count) < total {
            // A sampler that is sure of a few listed values asks for them again and again.
            let isAsked = attempt < Self.mostAsks + count
            let (number, values) = isAsked ? try session.ask() : try draws.ask()
            let hyperparameters = search.fixed.merging(values) { $1 }
            if let outcome = known[hyperparameters] {
                guard isAsked else { continue }
                try session.tell(number, SamplerOutcome(values: outcome))
            } else {
                known[hyperparameters] = .some(nil)
                points.append(BudgetedPoint(hyperparameters: hyperparameters, tokenBudget: budget))
            }
        }
        return points
    }
}
