import Foundation
public import ScalingLaws

/// How a hyperparameter moves over cells that each have one value of it: a power law through what was run.
///
///     coordinate(axis) = intercept + slope * log(token_budget)        least squares over the cells
///
/// It is a condition of the runs, not their optimum: nothing in the table compares two values of it. It serves only to
/// ask the law at a budget where the user named no value. Where all budgets are equal the model size takes the place of
/// the budget; a single place gives a constant.
public struct HeldRelation: Sendable, Hashable {
    /// The hyperparameter.
    public let axis: LawAxis
    /// What it moves with; `nil` for a constant.
    public let variable: LawVariable?
    /// Exponent of the value in `variable` (for momentum, of `1 - momentum`).
    public let slope: Double
    private let intercept: Double
    /// The value itself, where every cell has the same.
    private let constant: Double?

    init?(_ axis: LawAxis, cells: [TableCell]) {
        let known = cells.compactMap { cell in
            cell.best?.values[axis].map { (cell: cell, value: $0) }
        }
        guard let first = known.first else { return nil }
        self.axis = axis
        let values = known.map { axis.coordinate(of: $0.value) }
        let budgets = known.map { log($0.cell.tokenBudget) }
        let sizes = known.compactMap { $0.cell.modelSize.map { log($0) } }
        let mean = values.reduce(0, +) / Double(values.count)
        constant = Set(known.map(\.value)).count == 1 ? first.value : nil
        var chosen: (variable: LawVariable, logs: [Double])?
        if Set(budgets).count > 1 {
            chosen = (.tokenBudget, budgets)
        } else if sizes.count == known.count, Set(sizes).count > 1 {
            chosen = (.modelSize, sizes)
        }
        guard constant == nil, let chosen else {
            variable = nil
            slope = 0
            intercept = mean
            return
        }
        let centre = chosen.logs.reduce(0, +) / Double(chosen.logs.count)
        let spread = chosen.logs.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
        let shared = zip(chosen.logs, values).reduce(0) { $0 + ($1.0 - centre) * ($1.1 - mean) }
        variable = chosen.variable
        slope = shared / spread
        intercept = mean - slope * centre
    }

    /// The value at a budget and model size.
    public func value(tokenBudget: Double, modelSize: Double?) -> Double {
        if let constant { return constant }
        switch variable {
        case .tokenBudget: return axis.value(at: intercept + slope * log(tokenBudget))
        case .modelSize:
            return axis.value(at: intercept + (modelSize.map { slope * log($0) } ?? 0))
        default: return axis.value(at: intercept)
        }
    }

    /// The relation in words.
    var described: String {
        if let constant { return String(format: "the table's only value, %.4g", constant) }
        let name = axis == .momentum ? "1 - momentum" : axis.rawValue
        guard let variable else { return "the mean of \(name) over the cells" }
        return String(format: "the table's own relation, \(name) ~ \(variable.rawValue)^%.2f", slope)
    }
}
