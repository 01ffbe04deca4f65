import Foundation
public import ScalingLaws

/// The runs between which an optimum can be taken: one model, one budget, one optimizer.
public struct TableCell: Sendable, Hashable {
    /// Value of the group column; `nil` without one.
    public var name: String?
    /// Optimizer; `nil` without such a column.
    public var optimizer: String?
    /// Trained parameters; `nil` when not given.
    public var modelSize: Double?
    /// Tokens.
    public var tokenBudget: Double
    /// Its runs, diverged ones included.
    public var runs: [TableRun]

    /// Diverged runs.
    public var diverged: Int { runs.count { $0.loss == nil } }

    /// The run with the lowest loss; `nil` when all diverged.
    public var best: TableRun? {
        runs.filter { $0.loss != nil }.min { ($0.loss ?? .infinity) < ($1.loss ?? .infinity) }
    }

    /// The axes on which the best run has the outermost value of those tried.
    public var edges: [LawAxis: LawCell.Edge] {
        best.map { LawCell.edges(of: $0.values, among: runs.map(\.values)) } ?? [:]
    }

    /// The values an axis takes among the runs.
    func values(of axis: LawAxis) -> Set<Double> { Set(runs.compactMap { $0.values[axis] }) }

    /// How a message names it.
    var described: String {
        if let name { return DiagnosticMessage.quoted(name) }
        let size = modelSize.map { "\(CountFormat.approximate($0)) parameters, " } ?? ""
        return "\(size)\(CountFormat.approximate(tokenBudget)) tokens"
    }

    // MARK: - Grouping

    /// Sizes and budgets of groups that differ by less than this factor are the same, up to whole steps and batches.
    static let sameWithin = 1.1

    /// The cells of runs, in the order of first appearance.
    ///
    /// With a group column the runs of a group are one cell; sizes and budgets that differ by less than a tenth, within
    /// a group or between groups, are rounding and become their median. A group that spans more is split by size and
    /// budget. Two groups of the same size and budget stay two cells. Without a group column, runs of equal size and
    /// budget are a cell.
    ///
    /// - Parameter runs: any runs.
    /// - Returns: the cells, and what to know about them.
    static func cells(of runs: [TableRun]) -> (cells: [TableCell], warnings: [TableWarning]) {
        var cells: [TableCell] = []
        var mixed: [String] = []
        let named = runs.filter { $0.group != nil }
        let sizes = TableLevels(named.compactMap(\.modelSize), within: sameWithin)
        let budgets = TableLevels(named.map(\.tokenBudget), within: sameWithin)
        let groups = grouped(runs) { Key(name: $0.group, optimizer: $0.optimizer) }
        for group in groups {
            guard let name = group[0].group else {
                let parts = grouped(group) { Key(modelSize: $0.modelSize, tokenBudget: $0.tokenBudget) }
                cells += parts.map { cell($0, { $0 }, { $0 }) }
                continue
            }
            if isNearlyEqual(group.map(\.tokenBudget)), isNearlyEqual(group.compactMap(\.modelSize)) {
                cells.append(cell(group, sizes.level, budgets.level))
                continue
            }
            let parts = grouped(group) { run in
                Key(
                    modelSize: run.modelSize.map(sizes.level), tokenBudget: budgets.level(run.tokenBudget))
            }
            mixed.append(name)
            cells += parts.map { cell($0, sizes.level, budgets.level) }
        }
        return (cells, warnings(mixed))
    }

    private struct Key: Hashable {
        var name: String?
        var optimizer: String?
        var modelSize: Double?
        var tokenBudget: Double?
    }

    private static func grouped(_ runs: [TableRun], by key: (TableRun) -> Key) -> [[TableRun]] {
        var order: [Key] = []
        var members: [Key: [TableRun]] = [:]
        for run in runs {
            let key = key(run)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(run)
        }
        return order.compactMap { members[$0] }
    }

    private static func cell(
        _ runs: [TableRun], _ size: (Double) -> Double, _ budget: (Double) -> Double
    ) -> TableCell {
        TableCell(
            name: runs[0].group, optimizer: runs[0].optimizer,
            modelSize: median(runs.compactMap(\.modelSize)).map(size),
            tokenBudget: budget(median(runs.map(\.tokenBudget)) ?? runs[0].tokenBudget), runs: runs)
    }

    private static func isNearlyEqual(_ values: [Double]) -> Bool {
        guard let low = values.min(), let high = values.max() else { return true }
        return high <= low * sameWithin
    }

    /// The lower of the middle values: one that was really run.
    private static func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
    }

    private static func warnings(_ mixed: [String]) -> [TableWarning] {
        guard let first = mixed.first else { return [] }
        return [
            TableWarning(
                "mixed-group",
                "\(mixed.count) group\(mixed.count == 1 ? "" : "s") (\(DiagnosticMessage.quoted(first))"
                    + "\(mixed.count > 1 ? ", ..." : "")) hold runs of several model sizes or token budgets and "
                    + "are split by them; a group should be one model and one budget")
        ]
    }
}

/// Values that are the same but for rounding, each set with the value that stands for it.
struct TableLevels {
    /// Lowest value of each set, ascending.
    private var lows: [Double] = []
    private var medians: [Double] = []

    /// Sets of values, from the lowest on, that reach up to a factor above their lowest.
    init(_ values: [Double], within factor: Double) {
        let sorted = values.sorted()
        var first = 0
        while first < sorted.count {
            let end = sorted[first...].firstIndex { $0 > factor * sorted[first] } ?? sorted.count
            lows.append(sorted[first])
            // The lower of the middle values: one that was really run.
            medians.append(sorted[first + (end - first - 1) / 2])
            first = end
        }
    }

    /// The value that stands for one of the given ones.
    func level(_ value: Double) -> Double {
        var (low, high) = (0, lows.count)
        while low < high {
            let middle = (low + high) / 2
            if lows[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? medians[low - 1] : value
    }
}
