import Engine
import Foundation

/// Rounds of a sampler: one search for each budget, a few points at a time.
///
/// A round has as many points as trials run at once (`parallel`, or four), shared among the budgets, at least one for
/// each. What the samplers know is a function of the finished trials: a restart goes on with the same trials. It is
/// kept between rounds (`SamplerRoundMemory`), so that a round costs the same however many came before.
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

    private let definition: SweepDefinition
    private let memory: SamplerRoundMemory

    /// A planner.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - sampler: its name in the registry.
    init(definition: SweepDefinition, sampler: String) {
        self.definition = definition
        memory = SamplerRoundMemory(definition, sampler: sampler)
    }

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        try memory.round(after: history) { lanes in try round(lanes, history: history) }
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        // A sampler that ran out of points ends the sweep early; nothing new means that this happened.
        if !history.isEmpty, (try? nextRound(history: history))?.isEmpty ?? true { return 0 }
        let full = target * definition.tokenBudgets.count * definition.replicates
        return max(0, min(full, definition.runCap ?? full) - history.count)
    }

    private var target: Int { definition.searchedPointsPerBudget }

    private func round(_ lanes: [SamplerRoundMemory.Lane], history: [Trial]) throws -> [TrialProposal] {
        let round = (history.last?.proposal.round ?? 0) + 1
        let share = max(
            1, (definition.parallel ?? Self.usualParallel) / max(1, definition.tokenBudgets.count))
        let perBudget = try lanes.map { lane in
            try newPoints(lane, count: min(share, target - lane.pointCount))
        }
        // Round robin, so that a cap leaves every budget its share.
        let longest = perBudget.map(\.count).max() ?? 0
        let points = (0..<longest).flatMap { place in perBudget.compactMap { $0.dropFirst(place).first } }
        return definition.repeated(points, round: round, alreadyPlanned: history.count)
    }

    /// New points of a budget; what its sampler is told on the way is forgotten again.
    private func newPoints(_ lane: SamplerRoundMemory.Lane, count: Int) throws -> [BudgetedPoint] {
        guard count > 0 else { return [] }
        let search = lane.search
        guard var session = search.session else {
            return [BudgetedPoint(hyperparameters: search.fixed, tokenBudget: search.budget)]
        }
        var points: [BudgetedPoint] = []
        var chosen: Set<[String: HyperparameterValue]> = []
        var left: Double { search.pointCount - Double(lane.outcomes.count + chosen.count) }
        if left <= 0 { return [] }
        var draws = try SamplerSession("random", session.problem)
        for attempt in 0..<(Self.mostAsks + Self.mostDraws + count)
        where points.count < count && left > 0 {
            // A sampler that is sure of a few listed values asks for them again and again.
            let isAsked = attempt < Self.mostAsks + count
            let (number, values) = isAsked ? try session.ask() : try draws.ask()
            let hyperparameters = search.fixed.merging(values) { $1 }
            if let outcome = chosen.contains(hyperparameters) ? .some(nil) : lane.outcomes[hyperparameters] {
                guard isAsked else { continue }
                try session.tell(number, SamplerOutcome(values: outcome))
            } else {
                chosen.insert(hyperparameters)
                points.append(BudgetedPoint(hyperparameters: hyperparameters, tokenBudget: search.budget))
            }
        }
        return points
    }
}
