import Engine
import Foundation
import ScalingLaws

/// Opens at the cheapest cell, then makes the runs that lower the expected regret at the target most for their cost.
///
/// 1. `OpeningDesign`: the learning rate's range at the smallest budget, and a few other batch sizes and momenta.
/// 2. `SideSearch`: hyperparameters the law does not follow (weight decay, ...), one at a time, then held at their best.
/// 3. `RungDesign`: enough runs at each of several budgets to place its own optimum.
/// 4. `RunDesigner`, again after every round: which budget, model size and hyperparameters teach most about the
///    optimum at the target, until no run is worth its cost.
/// 5. `ConfirmingDesign`: what the law says of the largest budget is tried there.
///
/// Everything is derived from the trials, so a restart goes on where it was.
struct LawGuidedPlanner: Planner {
    let definition: SweepDefinition
    /// Fits the law to finished trials; `nil` while there is too little to fit.
    let fit: @Sendable ([Trial]) -> Law?

    /// Points after which a sweep without `run_cap` ends: where a loss does not look like the surface, more runs of the
    /// same kind do not mend it.
    private static let mostPoints = 100
    /// Trials at once where the file does not say: a number of cores would give another plan on another machine.
    private static let usualSlots = 4
    /// Trials reckoned with for a sweep without caps.
    private static let usualTrials = 30

    func nextRound(history: [Trial]) throws -> [TrialProposal] {
        let round = (history.last?.proposal.round ?? 0) + 1
        return definition.repeated(points(history: history), round: round, alreadyPlanned: history.count)
    }

    func conclusion(history: [Trial]) -> String? {
        let design = SweepDesign(definition: definition, history: history)
        guard let law = fit(history) else { return nil }
        let isLong = definition.runCap == nil && made(history) >= Self.mostPoints
        return DesignConclusion(
            designer: designer(design, law), mostPoints: isLong ? Self.mostPoints : nil
        ).text
    }

    func expectedTrialCount(history: [Trial]) -> Int {
        let points = points(history: history)
        guard !points.isEmpty else { return 0 }
        let usual = max(Self.usualTrials - history.count / definition.replicates, points.count)
        let expected = usual * definition.replicates
        return min(expected, definition.runCap.map { max(0, $0 - history.count) } ?? expected)
    }

    private func points(history: [Trial]) -> [BudgetedPoint] {
        let design = SweepDesign(definition: definition, history: history)
        var seen = Set(design.board.points)
        func fresh(_ points: [BudgetedPoint]) -> [BudgetedPoint] {
            design.affordable(points.filter { $0.isTrainable && seen.insert($0).inserted })
        }
        guard !definition.searchedLawAxes.isEmpty else { return fresh(pointsWithoutLaw(design)) }
        let opening = fresh(openingPoints(design))
        if !opening.isEmpty { return opening }
        let side = SideSearch(board: design.board, budget: definition.tokenBudgets.first ?? 0)
        if !side.isDone {
            let points = fresh(side.points())
            if !points.isEmpty { return points }
        }
        let left = definition.runCap == nil ? Self.mostPoints - made(history) : Int.max
        guard left > 0, let law = fit(history) else { return [] }
        let climb = fresh(design.rungs.runs(law: law).map(design.point))
        if !climb.isEmpty { return climb }
        let slots = max(2, definition.parallel ?? Self.usualSlots)
        let runs = designer(design, law).design(
            atLeast: (slots + definition.replicates - 1) / definition.replicates
        )
        .runs
        let worthy = fresh(runs.map(design.point))
        if !worthy.isEmpty { return Array(worthy.prefix(left)) }
        return confirmation(design, law)
    }

    /// The last points: the law's own optimum at the largest budget, then the best two again where noise decides.
    private func confirmation(_ design: SweepDesign, _ law: Law) -> [BudgetedPoint] {
        let last = ConfirmingDesign(
            law: law, space: design.space, samples: design.samples, pending: design.pending,
            limits: design.limits)
        if let run = last.atOptimum {
            let point = design.point(run)
            if !design.board.points.contains(point) { return design.affordable([point]) }
        }
        guard definition.replicates == 1, made(design.board.history) >= ConfirmingDesign.fewestToRepeat
        else { return [] }
        return design.affordable(
            last.repeated.map { run in
                var point = design.point(run)
                point.firstReplicate = 1
                return point
            })
    }

    /// Points made so far.
    private func made(_ history: [Trial]) -> Int { history.count / definition.replicates }

    /// The designer of what the rungs and the confirmation leave.
    private func designer(_ design: SweepDesign, _ law: Law) -> RunDesigner {
        var (space, limits) = (design.space, design.limits)
        if let smallest = space.cells.map(\.tokenBudget).min(),
            !design.rungs.leavesSmallest(
                design.board.points.count { Double($0.tokenBudget) == smallest } / definition.replicates)
        {
            space.cells.removeAll { $0.tokenBudget == smallest }
        }
        let reserve = ConfirmingDesign.reserve(of: definition.runCap.map { $0 / definition.replicates } ?? 0)
        limits.runs = limits.runs.map { max(0, $0 - reserve) }
        return RunDesigner(
            law: law, samples: design.samples, pending: design.pending, space: space, limits: limits)
    }

    /// The opening's next round, as long as only the opening's cell was run.
    private func openingPoints(_ design: SweepDesign) -> [BudgetedPoint] {
        var opening = OpeningDesign(space: design.space, samples: design.samples)
        guard let cell = opening.cell else { return [] }
        let history = design.board.history
        let isOpening = history.allSatisfy {
            $0.proposal.tokenBudget == Int(cell.tokenBudget) && $0.proposal.modelSize == cell.modelSize
        }
        guard isOpening else { return [] }
        if let range = design.space.learningRates, design.space.listedRates == nil,
            let probe = definition.probeCentre
        {
            opening.search = probe.search(
                in: range, tokenBudget: Int(cell.tokenBudget), batchSize: opening.middleBatch)
        }
        let allowance = max(4, design.rungs.mostAtSmallest - sideTrials(design))
        opening.mostRates = max(4, allowance / (design.space.conditions.count > 1 ? 2 : 1))
        let made = made(history)
        let rounds = Set(history.map(\.proposal.round)).count
        let points = opening.runs(round: rounds).map(design.point)
        return Array(points.prefix(max(0, allowance - made)))
    }

    /// Points that the search beside the law will take at the smallest budget.
    private func sideTrials(_ design: SweepDesign) -> Int {
        design.board.sideAxes.count * SideSearch.valuesPerAxis
    }

    /// Nothing the law follows is searched: the other hyperparameters at the smallest budget, then each budget once.
    private func pointsWithoutLaw(_ design: SweepDesign) -> [BudgetedPoint] {
        let smallest = definition.tokenBudgets.first ?? 0
        let side = SideSearch(board: design.board, budget: smallest)
        if !design.board.sideAxes.isEmpty {
            if design.board.history.isEmpty {
                return design.space.cells.prefix(1).map { design.point(.init(values: [:], cell: $0)) }
            }
            if !side.isDone { return side.points() }
        }
        return design.space.cells.map { design.point(.init(values: [:], cell: $0)) }
    }
}
