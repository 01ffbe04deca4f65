import Foundation
import ScalingLaws

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

    /// The values an axis takes among the runs.
    func values(of axis: LawAxis) -> Set<Double> { Set(runs.compactMap { $0.values[axis] }) }

    /// How a message names it.
    var described: String {
        if let name { return DiagnosticMessage.quoted(name) }
        let size = modelSize.map { "\(CountFormat.approximate($0)) parameters, " } ?? ""
        return "\(size)\(CountFormat.approximate(tokenBudget)) tokens"
    }

    // MARK: - Grouping

    /// Sizes and budgets of a group that differ by less than this factor are the same, up to whole steps and batches.
    static let sameWithin = 1.1

    /// The cells of runs, in the order of first appearance.
    ///
    /// With a group column the runs of a group are one cell; sizes and budgets that differ by less than a tenth are
    /// rounding and become their median. A group that spans more is split by size and budget. Without one, runs of equal
    /// size and budget are a cell.
    ///
    /// - Parameter runs: any runs.
    /// - Returns: the cells, and what to know about them.
    static func cells(of runs: [TableRun]) -> (cells: [TableCell], warnings: [TableWarning]) {
        var cells: [TableCell] = []
        var mixed: [String] = []
        let groups = grouped(runs) { Key(name: $0.group, optimizer: $0.optimizer) }
        for group in groups {
            let name = group[0].group
            let isSame =
                isNearlyEqual(group.map(\.tokenBudget)) && isNearlyEqual(group.compactMap(\.modelSize))
            if name != nil, isSame {
                cells.append(cell(group))
            } else {
                let parts = grouped(group) { Key(modelSize: $0.modelSize, tokenBudget: $0.tokenBudget) }
                if let name, !isSame { mixed.append(name) }
                cells += parts.map(cell)
            }
        }
        return (cells, warnings(cells, mixed: mixed))
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

    private static func cell(_ runs: [TableRun]) -> TableCell {
        TableCell(
            name: runs[0].group, optimizer: runs[0].optimizer,
            modelSize: median(runs.compactMap(\.modelSize)),
            tokenBudget: median(runs.map(\.tokenBudget)) ?? runs[0].tokenBudget, runs: runs)
    }

    private static func isNearlyEqual(_ values: [Double]) -> Bool {
        guard let low = values.min(), let high = values.max() else { return true }
        return high <= low * sameWithin
    }

    /// The lower of the middle values: one that was really run.
    private static func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
    }

    private static func warnings(_ cells: [TableCell], mixed: [String]) -> [TableWarning] {
        var warnings: [TableWarning] = []
        if let first = mixed.first {
            warnings.append(
                TableWarning(
                    "mixed-group",
                    "\(mixed.count) group\(mixed.count == 1 ? "" : "s") (\(DiagnosticMessage.quoted(first))"
                        + "\(mixed.count > 1 ? ", ..." : "")) hold runs of several model sizes or token budgets and "
                        + "are split by them; a group should be one model and one budget"))
        }
        let same = Dictionary(grouping: cells) {
            Key(optimizer: $0.optimizer, modelSize: $0.modelSize, tokenBudget: $0.tokenBudget)
        }.values.filter { Set($0.map(\.name)).count > 1 }
        if let pair = same.min(by: { $0[0].runs[0].line < $1[0].runs[0].line }) {
            warnings.append(
                TableWarning(
                    "same-cell",
                    "groups \(pair[0].described) and \(pair[1].described) have the same model size and token budget: "
                        + "their losses are compared as if they were one group; keep one of them with --where, or give "
                        + "the column that tells them apart"))
        }
        return warnings
    }
}
