import Foundation

/// The last runs of a sweep: what the law says of the largest budget is tried there, and a best run that noise may have
/// favoured is repeated together with the next best.
///
/// An answer beyond the largest budget leans on its optimum there, be it the law's or the best run's. A law whose own
/// optimum was never run next to is a guess; a best run that leads by less than the noise is one too. The two are repeated
/// as a pair, because runs of one repetition share their random numbers: the pair tells which is better, a single one would
/// tell which repetition was the luckier.
public struct ConfirmingDesign: Sendable {
    /// The law so far.
    public var law: Law
    /// What may be chosen.
    public var space: DesignSpace
    /// Finished runs.
    public var samples: [LossSample]
    /// Runs under way.
    public var pending: [DesignRun]
    /// What is left.
    public var limits: DesignLimits

    /// Distance in log learning rate within which a run counts as one at the optimum: a factor of 1.4.
    public static let reach = 0.35
    /// Sweeps of so many runs repeat; shorter ones only confirm.
    public static let fewestToRepeat = 24

    /// Runs that are kept for it.
    ///
    /// - Parameter total: runs of the whole sweep.
    /// - Returns: 1, or 3 where two are repeated as well.
    public static func reserve(of total: Int) -> Int { total < fewestToRepeat ? 1 : 3 }

    /// Leads below so many deviations of the noise are repeated.
    private static let lead = 2.0

    /// A confirmation.
    ///
    /// - Parameters:
    ///   - law: the law so far.
    ///   - space: what may be chosen.
    ///   - samples: finished runs.
    ///   - pending: runs under way.
    ///   - limits: what is left.
    public init(
        law: Law, space: DesignSpace, samples: [LossSample], pending: [DesignRun], limits: DesignLimits
    ) {
        self.law = law
        self.space = space
        self.samples = samples
        self.pending = pending
        self.limits = limits
    }

    /// The largest cell that was run, by budget and then by size.
    private var cell: DesignCell? {
        let largest = samples.map(\.tokenBudget).max()
        let sizes = samples.filter { $0.tokenBudget == largest }.compactMap(\.modelSize)
        return space.cells.first { $0.tokenBudget == largest && $0.modelSize == sizes.max() }
    }

    private var isAffordable: Bool {
        guard let cell else { return false }
        return limits.runs ?? 1 > 0 && limits.cost ?? .infinity >= cell.cost
    }

    /// The run at the law's optimum of the largest cell; `nil` when one was made near it, is under way, or cannot be paid.
    public var atOptimum: DesignRun? {
        guard let cell, isAffordable, let range = space.learningRates else { return nil }
        var held: [LawAxis: Double] = [:]
        for axis in [LawAxis.batchSize, .momentum] {
            let query = RecommendationQuery(
                tokenBudget: cell.tokenBudget, modelSize: cell.modelSize, held: held)
            let choices = space.conditions(in: cell).filter { choice in
                held.allSatisfy { choice[$0.key] == $0.value }
            }
            .compactMap { $0[axis] }
            guard law.axes.contains(where: { $0.axis == axis }), !choices.isEmpty else {
                // Not followed by the law: there is one choice, or none.
                if let only = choices.first { held[axis] = only }
                continue
            }
            let optimum: Double = axis.coordinate(of: law.optimum(of: axis, at: query))
            held[axis] = choices.min {
                abs(axis.coordinate(of: $0) - optimum) < abs(axis.coordinate(of: $1) - optimum)
            }
        }
        guard law.axes.contains(where: { $0.axis == .learningRate }) else { return nil }
        let rate = law.optimum(
            of: .learningRate,
            at: RecommendationQuery(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize, held: held))
        guard rate.isFinite, rate > 0 else { return nil }
        let admitted = space.admissible(min(max(rate, range.lowerBound), range.upperBound))
        let run = DesignRun(values: held.merging([.learningRate: admitted]) { $1 }, cell: cell)
        return isNear(run) ? nil : run
    }

    private func isNear(_ run: DesignRun) -> Bool {
        let made =
            samples.map { ($0.values, $0.tokenBudget, $0.modelSize) }
            + pending.map { ($0.values, $0.cell.tokenBudget, $0.cell.modelSize) }
        return made.contains { values, budget, size in
            budget == run.cell.tokenBudget && size == run.cell.modelSize
                && values.condition == run.values.condition
                && abs(log((values[.learningRate] ?? 1) / (run.values[.learningRate] ?? 1))) <= Self.reach
        }
    }

    /// The two best runs of the largest cell once more, when noise alone may tell them apart; empty when the best leads
    /// clearly, has been repeated, or the pair cannot be paid.
    public var repeated: [DesignRun] {
        guard let cell, limits.runs ?? 2 > 1, limits.cost ?? .infinity >= 2 * cell.cost else { return [] }
        let here = samples.filter { $0.tokenBudget == cell.tokenBudget && $0.modelSize == cell.modelSize }
        var losses: [[LawAxis: Double]: [Double]] = [:]
        for sample in here { losses[sample.values, default: []].append(sample.loss ?? .infinity) }
        let ranked = losses.map { ($0.key, $0.value.reduce(0, +) / Double($0.value.count)) }
            .filter { $0.1.isFinite }.sorted { $0.1 == $1.1 ? Self.precedes($0.0, $1.0) : $0.1 < $1.1 }
        guard ranked.count > 1 else { return [] }
        let pair = ranked.prefix(2).map { DesignRun(values: $0.0, cell: cell) }
        let isFresh = pair.allSatisfy { run in
            losses[run.values]?.count == 1
                && !pending.contains { $0.values == run.values && $0.cell.isSamePlace(as: cell) }
        }
        let gap: Double =
            law.lossScale == .logarithm ? log(ranked[1].1 / ranked[0].1) : ranked[1].1 - ranked[0].1
        return isFresh && gap < Self.lead * law.residual ? pair : []
    }

    /// Tells runs of one loss apart, always in the same way.
    private static func precedes(_ one: [LawAxis: Double], _ other: [LawAxis: Double]) -> Bool {
        LawAxis.allCases.map { one[$0] ?? 0 }.lexicographicallyPrecedes(
            LawAxis.allCases.map { other[$0] ?? 0 })
    }
}
