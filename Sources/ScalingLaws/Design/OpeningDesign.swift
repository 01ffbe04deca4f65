import Foundation

/// The first runs of a sweep, before a law can be fitted: all at the cheapest cell.
///
/// 1. The learning-rate range in even log steps at the middle of every other axis.
/// 2. Halfway between the best and its neighbours; and at the ends of every other axis three learning rates around
///    the best, moved along with the batch size by its square root.
/// 3. Outwards wherever the best of a condition is its outermost.
///
/// Derived from the samples alone, so that an interrupted sweep goes on where it was.
public struct OpeningDesign: Sendable {
    /// What may be chosen.
    public var space: DesignSpace
    /// Finished runs.
    public var samples: [LossSample]
    /// Where the first round looks for the best learning rate, if something is known; all of the range otherwise.
    public var search: ClosedRange<Double>?

    /// Most learning rates of the first round.
    public var mostRates = 13

    /// Largest factor between neighbouring learning rates of the first round: three quarters of a decade.
    private static let widestStep = 5.7
    /// Factor between the three learning rates at the end of an axis, and of the first step outwards.
    private static let spacing = 3.0
    /// How far to either side of the middle the other axes are tried, in their log coordinate: a factor of four.
    private static let sidestep = log(4.0)
    /// Rounds after which the designer takes over whatever was found.
    private static let rounds = 5

    /// An opening.
    ///
    /// - Parameters:
    ///   - space: what may be chosen.
    ///   - samples: finished runs.
    ///   - search: where the first round looks for the best learning rate, if something is known.
    public init(space: DesignSpace, samples: [LossSample], search: ClosedRange<Double>? = nil) {
        self.space = space
        self.samples = samples
        self.search = search
    }

    /// The cell of the opening: the cheapest that leaves some condition enough steps.
    public var cell: DesignCell? {
        let usable = space.cells.filter { !space.conditions(in: $0).isEmpty }
        return usable.min { ($0.cost, $0.tokenBudget) < ($1.cost, $1.tokenBudget) }
    }

    /// Batch size of the first round; `nil` when it is not searched.
    public var middleBatch: Double? {
        cell.flatMap { middle(space.conditions(in: $0)) }?[.batchSize]
    }

    /// The next runs of the opening; empty once it is over.
    ///
    /// - Parameter round: rounds of the opening made so far.
    /// - Returns: runs that were not made yet.
    public func runs(round: Int) -> [DesignRun] {
        guard let cell, round < Self.rounds else { return [] }
        let conditions = space.conditions(in: cell)
        guard let centre = middle(conditions) else { return [] }
        guard let range = space.learningRates else {
            return round == 0 ? conditions.map { DesignRun(values: $0, cell: cell) } : []
        }
        let wanted: [DesignRun]
        if round == 0 {
            wanted = firstRates(search.map { $0.clamped(to: range) } ?? range).map { run(centre, $0, cell) }
        } else if round == 1, let best = best(centre, cell) {
            wanted =
                inwards(centre, cell, range)
                + ends(conditions, centre).flatMap { condition in
                    around(best, centre, condition, range).map { run(condition, $0, cell) }
                } + outwards(cell, range, round)
        } else {
            wanted = outwards(cell, range, round)
        }
        var seen = Set(
            here(cell).map(\.values))
        return wanted.filter { seen.insert($0.values).inserted }
    }

    private func run(_ condition: [LawAxis: Double], _ rate: Double, _ cell: DesignCell) -> DesignRun {
        DesignRun(values: condition.merging([.learningRate: space.admissible(rate)]) { $1 }, cell: cell)
    }

    private func here(_ cell: DesignCell) -> [LossSample] {
        samples.filter { CellKey($0) == CellKey(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize) }
    }

    private func firstRates(_ range: ClosedRange<Double>) -> [Double] {
        let width: Double = log(range.upperBound / range.lowerBound)
        let steps = min(max((width / log(Self.widestStep)).rounded(.up), 3), Double(max(3, mostRates - 1)))
        return (0...Int(steps)).map { range.lowerBound * exp(width * Double($0) / steps) }
    }

    /// The condition in the middle of every axis.
    private func middle(_ conditions: [[LawAxis: Double]]) -> [LawAxis: Double]? {
        var middle: [LawAxis: Double] = [:]
        for axis in [LawAxis.batchSize, .momentum] {
            let values = Set(conditions.compactMap { $0[axis] }).sorted()
            if !values.isEmpty { middle[axis] = values[values.count / 2] }
        }
        return conditions.isEmpty ? nil : middle
    }

    /// The middle with one axis moved to either side, by `sidestep` or to its end.
    private func ends(_ conditions: [[LawAxis: Double]], _ centre: [LawAxis: Double]) -> [[LawAxis: Double]] {
        var ends: [[LawAxis: Double]] = []
        for axis in [LawAxis.batchSize, .momentum] {
            let values = Set(conditions.compactMap { $0[axis] }).sorted()
            let middle: Double = axis.coordinate(of: centre[axis] ?? 1)
            let sides = [-Self.sidestep, Self.sidestep].compactMap { step in
                values.min {
                    abs(axis.coordinate(of: $0) - middle - step)
                        < abs(axis.coordinate(of: $1) - middle - step)
                }
            }
            for value in sides where value != centre[axis] {
                ends.append(centre.merging([axis: value]) { $1 })
            }
        }
        return ends
    }

    /// Learning rates tried in a condition, ascending, with their losses.
    private func tried(_ condition: [LawAxis: Double], _ cell: DesignCell) -> [(rate: Double, loss: Double?)]
    {
        var losses: [Double: [Double?]] = [:]
        for sample in here(cell) {
            guard let rate = sample.values[.learningRate],
                sample.values.condition == condition
            else { continue }
            losses[rate, default: []].append(sample.loss)
        }
        return losses.keys.sorted().map { rate in
            let known = (losses[rate] ?? []).compactMap(\.self)
            let isComplete = known.count == losses[rate]?.count && !known.isEmpty
            return (rate, isComplete ? known.reduce(0, +) / Double(known.count) : nil)
        }
    }

    private func bestIndex(_ tried: [(rate: Double, loss: Double?)]) -> Int? {
        tried.indices.filter { tried[$0].loss != nil }
            .min { (tried[$0].loss ?? .infinity) < (tried[$1].loss ?? .infinity) }
    }

    private func best(_ condition: [LawAxis: Double], _ cell: DesignCell) -> Double? {
        let tried = tried(condition, cell)
        return bestIndex(tried).map { tried[$0].rate }
    }

    private func inwards(
        _ condition: [LawAxis: Double], _ cell: DesignCell, _ range: ClosedRange<Double>
    ) -> [DesignRun] {
        let tried = tried(condition, cell)
        guard let best = bestIndex(tried) else { return [] }
        return [best - 1, best + 1].filter(tried.indices.contains).map {
            run(condition, (tried[best].rate * tried[$0].rate).squareRoot(), cell)
        }
    }

    /// Three learning rates for another condition, from the best of the middle.
    private func around(
        _ best: Double, _ centre: [LawAxis: Double], _ condition: [LawAxis: Double],
        _ range: ClosedRange<Double>
    ) -> [Double] {
        let batches = (condition[.batchSize] ?? 1) / (centre[.batchSize] ?? 1)
        let moved = min(max(best * batches.squareRoot(), range.lowerBound), range.upperBound)
        return [moved / Self.spacing, moved, moved * Self.spacing].filter(range.contains)
    }

    /// One learning rate beyond the best of a condition where that is the outermost tried; each round goes further.
    private func outwards(_ cell: DesignCell, _ range: ClosedRange<Double>, _ round: Int) -> [DesignRun] {
        let step = Self.spacing * Double(max(1, round - 1))
        let known = Set(
            here(cell).map(\.values.condition))
        return space.conditions(in: cell).filter(known.contains).compactMap { condition in
            let tried = tried(condition, cell)
            guard let best = bestIndex(tried) else {
                // Everything diverged: the optimum lies below all that was tried.
                guard let lowest = tried.first?.rate, lowest > range.lowerBound else { return nil }
                return run(condition, max(range.lowerBound, lowest / 8), cell)
            }
            let rate = tried[best].rate
            if best == tried.count - 1, rate < range.upperBound {
                return run(condition, min(range.upperBound, rate * step), cell)
            }
            if best == 0, rate > range.lowerBound {
                return run(condition, max(range.lowerBound, rate / step), cell)
            }
            return nil
        }
    }
}
