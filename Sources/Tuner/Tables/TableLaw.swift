import Foundation
import Plugins
public import ScalingLaws

/// The law of a table's runs, or of those of one optimizer.
public struct TableLaw: Sendable {
    /// Optimizer; `nil` when the table has no such column.
    public let optimizer: String?
    /// The law.
    public let law: Law
    /// Hyperparameters cells try several values of: what the law recommends.
    public let searched: [LawAxis]
    /// Hyperparameters with one value in each cell: what the law is conditioned on.
    public let held: [HeldRelation]
    /// The cells it is from.
    public let cells: [TableCell]

    /// Whether its optimum depends on the model size.
    var needsModelSize: Bool { Set(cells.map(\.modelSize)).count > 1 }
}

/// Runs of one optimizer, ready to be fitted.
struct TableLawDraft {
    let cells: [TableCell]
    let searched: [LawAxis]
    let held: [HeldRelation]
    let request: LawFitRequest

    /// An axis is searched when at least this share of the cells with two runs or more try several values of it.
    static let searchedShare = 0.25

    /// Reads the runs of one optimizer.
    ///
    /// - Parameters:
    ///   - cells: its cells.
    ///   - axes: the hyperparameters the table gives.
    ///   - regime: those whose optimum may move; empty: all that are searched.
    ///   - prior: the theory to start from.
    /// - Throws: `notEnoughData` when there is nothing to compare.
    init(
        cells: [TableCell], axes: [LawAxis], regime: [LawAxis], prior: SweepDefinition.LawChoice.Prior
    ) throws(TunerError) {
        self.cells = cells
        let searched = axes.filter { Self.isSearched($0, in: cells, asked: regime.contains($0)) }
        self.searched = searched
        held = axes.filter { !searched.contains($0) }.compactMap { HeldRelation($0, cells: cells) }
        let runs = cells.reduce(0) { $0 + $1.runs.count }
        guard !searched.isEmpty else {
            let names = axes.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw TunerError(
                .notEnoughData, "no cell tries two values of \(names)",
                why:
                    "the best value is found among the runs of one model size and token budget, and the \(runs) runs "
                    + "make \(cells.count) such cells with one value each",
                help: "if cells are larger than that, name the column that tells them apart with --group")
        }
        let labels = Self.labels(cells)
        let samples = zip(cells, labels).flatMap { cell, label in
            cell.runs.map { run in
                LossSample(
                    values: run.values, tokenBudget: cell.tokenBudget, modelSize: cell.modelSize,
                    loss: run.loss, epochs: run.epochs, cell: label)
            }
        }
        let name = cells.first?.optimizer?.lowercased()
        let known = PluginCatalog.optimizers.first { $0.name == name }?.geometry
        request = LawFitRequest(
            samples: samples, searchedAxes: searched,
            regime: regime.isEmpty ? searched : regime.filter(searched.contains),
            prior: LawPrior.theory(
                prior.theory, geometry: known?.updateGeometry ?? .normalized, tunedAxes: Set(searched)))
    }

    /// Optimizer; `nil` when the table has no such column.
    var optimizer: String? { cells.first?.optimizer }

    /// The table's law, once it is fitted.
    func law(_ result: Result<Law, LawFitError>) throws(TunerError) -> TableLaw {
        switch result {
        case .success(let law):
            return TableLaw(optimizer: optimizer, law: law, searched: searched, held: held, cells: cells)
        case .failure(let error):
            let runs = cells.reduce(0) { $0 + $1.runs.count }
            throw TunerError(
                .notEnoughData, "no law: \(error)",
                why: "the table gives \(runs) runs in \(cells.count) cells")
        }
    }

    /// The names of cells that their size and budget do not tell apart.
    private static func labels(_ cells: [TableCell]) -> [String?] {
        struct Place: Hashable {
            var modelSize: Double?
            var tokenBudget: Double
        }
        func place(_ cell: TableCell) -> Place {
            Place(modelSize: cell.modelSize, tokenBudget: cell.tokenBudget)
        }
        var counts: [Place: Int] = [:]
        for cell in cells { counts[place(cell), default: 0] += 1 }
        return cells.map { cell in counts[place(cell), default: 0] > 1 ? cell.name : nil }
    }

    private static func isSearched(_ axis: LawAxis, in cells: [TableCell], asked: Bool) -> Bool {
        let several = cells.filter { $0.runs.count > 1 }
        let varied = several.count { $0.values(of: axis).count > 1 }
        return varied > 0 && (asked || Double(varied) >= searchedShare * Double(several.count))
    }
}
