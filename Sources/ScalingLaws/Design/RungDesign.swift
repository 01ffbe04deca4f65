import Foundation

/// Runs that a sweep makes whatever they are expected to be worth: enough at each of several token budgets to place its
/// own optimum, and at each of several model sizes.
///
/// The expected gain of a run is reckoned with the law as it stands, and early on the law is the prior's: judged by it
/// alone, a sweep would go from the smallest budget to the largest and never see that the optimum bends, stays, or
/// moves the other way in between. So the budgets are climbed one after the other, each rung with the bundle of runs
/// that teaches most there; and where the best run of a rung is the outermost in learning rate, one further out follows,
/// because a cell whose best lies on the edge bounds its optimum instead of placing it.
public struct RungDesign: Sendable {
    /// What may be chosen.
    public var space: DesignSpace
    /// Finished runs.
    public var samples: [LossSample]
    /// Runs under way.
    public var pending: [DesignRun]
    /// What is left.
    public var limits: DesignLimits
    /// Runs made so far, under way included.
    public var made: Int
    /// Cost that the whole sweep may have; `nil`: no limit.
    public var costCap: Double?

    /// Runs reckoned with where nothing limits them; where cost alone does, those of `RunDesigner`.
    public static let usualRuns = 36
    /// Largest share of the runs that the smallest budget gets where there are three or more budgets.
    public static let smallestShare = 1.0 / 3
    /// Most budgets and most sizes that are climbed; more lie between them.
    private static let most = 5
    /// Share of the runs that goes to the rungs beyond the smallest; and the fewest and most of one rung.
    private static let share = 0.45
    private static let perRung = 3...8
    /// Share of the cost that the fewest runs of one rung may take: what decides which budget is the largest. Whoever limits
    /// the cost alone leaves it to the design what its runs are; it weighs them by cost and finds better uses.
    private static let costShare = 0.4
    private static let pricedCostShare = 0.2
    /// Runs beyond the outermost at one rung, and the factor between them.
    private static let mostOutward = 2
    private static let outwardStep = 2.5

    /// Rungs of a sweep.
    ///
    /// - Parameters:
    ///   - space: what may be chosen.
    ///   - samples: finished runs.
    ///   - pending: runs under way.
    ///   - limits: what is left.
    ///   - made: runs made so far, under way included.
    ///   - costCap: cost that the whole sweep may have; `nil`: no limit.
    public init(
        space: DesignSpace, samples: [LossSample], pending: [DesignRun], limits: DesignLimits, made: Int,
        costCap: Double? = nil
    ) {
        self.space = space
        self.samples = samples
        self.pending = pending
        self.limits = limits
        self.made = made
        self.costCap = costCap
    }

    /// Runs of the whole sweep, or what is reckoned with.
    private var total: Int {
        limits.runs.map { $0 + made } ?? (limits.cost == nil ? Self.usualRuns : Int(RunDesigner.usualRuns))
    }

    /// Most runs of the smallest budget, at which the sweep opens.
    public var mostAtSmallest: Int { mostAtSmallest(of: total) }

    private func mostAtSmallest(of total: Int) -> Int {
        let share: Double =
            budgets.count < 2 ? 1 : budgets.count == 2 ? 0.5 : Self.smallestShare
        return max(Self.perRung.lowerBound, Int(Double(total) * share))
    }

    /// Whether the smallest budget may get one more run, at a point of the sweep.
    public func leavesSmallest(_ runsThere: Int) -> Bool {
        runsThere < mostAtSmallest(of: max(total, made + 1))
    }

    /// Budgets that can be trained, ascending.
    private var budgets: [Double] { Set(space.cells.map(\.tokenBudget)).sorted() }

    /// The budgets that are climbed, ascending: the smallest, the largest of which a rung is affordable, and between them
    /// as many as the runs allow, spread evenly.
    public var rungs: [Double] {
        let all = budgets
        guard all.count > 1 else { return all }
        let whole: Double =
            (costCap ?? .infinity) * (limits.isPaidInRuns ? Self.costShare : Self.pricedCostShare)
        let affordable = all.enumerated().filter { index, budget in
            index == 0 || Double(Self.perRung.lowerBound) * cheapest(at: budget) <= whole
        }.map(\.element)
        // What two rungs leave open, three decide: never fewer where the runs suffice at all.
        let room = (total - mostAtSmallest - 1) / Self.perRung.lowerBound + 1
        return Self.spread(affordable, to: min(Self.most, max(room, 3)))
    }

    private func cheapest(at budget: Double) -> Double {
        space.cells.filter { $0.tokenBudget == budget }.map(\.cost).min() ?? .infinity
    }

    private static func spread(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count, count > 1 else { return values }
        return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
    }

    /// Runs that each rung beyond the smallest is to have.
    private var wanted: Int {
        if limits.runs == nil { return Self.perRung.lowerBound }
        let share: Double = Self.share * Double(total) / Double(max(1, rungs.count - 1))
        return min(max(Int(share.rounded()), Self.perRung.lowerBound), Self.perRung.upperBound)
    }

    /// The next runs of the climb; empty once every rung has its own.
    ///
    /// - Parameter law: the law so far.
    /// - Returns: runs within one cell.
    public func runs(law: Law) -> [DesignRun] {
        let rungs = self.rungs
        if let smallest = rungs.first {
            for rung in rungs where rung > smallest {
                let runs = climb(law, have: count { budget, _ in budget == rung }, want: wanted) {
                    $0.tokenBudget == rung
                }
                if !runs.isEmpty { return runs }
                if let further = outward(at: rung) { return [further] }
            }
        }
        let sizes = Set(space.cells.compactMap(\.modelSize)).sorted()
        guard sizes.count > 1 else { return [] }
        for size in Self.spread(sizes, to: Self.most) {
            let runs = climb(law, have: count { _, other in other == size }, want: Self.perRung.lowerBound) {
                $0.modelSize == size && rungs.contains($0.tokenBudget)
            }
            if !runs.isEmpty { return runs }
        }
        return []
    }

    private func climb(
        _ law: Law, have: Int, want: Int, where isAllowed: (DesignCell) -> Bool
    ) -> [DesignRun] {
        guard have < want else { return [] }
        return RunDesigner(law: law, samples: samples, pending: pending, space: space, limits: limits)
            .bundle(of: want - have, where: isAllowed)
    }

    /// A setting and where it is run.
    private struct Setting: Hashable {
        var values: [LawAxis: Double]
        var tokenBudget: Double
        var modelSize: Double?
    }

    /// Different settings at budgets and sizes: replicates of one place the optimum no better than it does.
    private func count(where isThere: (Double, Double?) -> Bool) -> Int {
        let made = samples.map {
            Setting(values: $0.values, tokenBudget: $0.tokenBudget, modelSize: $0.modelSize)
        }
        let waiting = pending.map {
            Setting(values: $0.values, tokenBudget: $0.cell.tokenBudget, modelSize: $0.cell.modelSize)
        }
        return Set(made + waiting).count { isThere($0.tokenBudget, $0.modelSize) }
    }

    /// A run beyond the best of a rung where that is the outermost learning rate tried beside it.
    private func outward(at budget: Double) -> DesignRun? {
        guard let range = space.learningRates else { return nil }
        let here = samples.filter { $0.tokenBudget == budget }
        let waiting = pending.filter { $0.cell.tokenBudget == budget }
        guard waiting.isEmpty, count(where: { other, _ in other == budget }) < wanted + Self.mostOutward,
            let best = here.filter({ $0.loss != nil }).min(by: { ($0.loss ?? 0) < ($1.loss ?? 0) }),
            let rate = best.values[.learningRate],
            let cell = space.cells.first(where: { $0.tokenBudget == budget && $0.modelSize == best.modelSize }
            ),
            limits.runs ?? 1 > 0, limits.cost ?? .infinity >= cell.cost
        else { return nil }
        let condition = best.values.condition
        let tried = here.filter {
            $0.modelSize == best.modelSize && $0.values.condition == condition
        }.compactMap { $0.values[.learningRate] }
        let next: Double
        if rate == tried.max() {
            next = rate * Self.outwardStep
        } else if rate == tried.min() {
            next = rate / Self.outwardStep
        } else {
            return nil
        }
        let admitted = space.admissible(min(max(next, range.lowerBound), range.upperBound))
        guard !tried.contains(admitted) else { return nil }
        return DesignRun(values: condition.merging([.learningRate: admitted]) { $1 }, cell: cell)
    }
}
