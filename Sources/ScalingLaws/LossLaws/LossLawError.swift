/// Why no loss law or critical batch size could be fitted, and how to get one.
public enum LossLawError: Error, Sendable, Hashable {
    /// A size is missing that the form needs and that the other sizes do not give.
    case missingSize(String, row: Int)
    /// A number that cannot be used.
    case unusableValue(String, value: Double, row: Int)
    /// The loss is not positive, so it has no logarithm.
    case lossNotPositive(Double, row: Int)
    /// Fewer usable rows than the law needs.
    case tooFewRows(used: Int, needed: Int)
    /// All runs have the same sizes.
    case nothingVaried
    /// A setting of the request is outside its domain.
    case unusableSetting(String, value: Double)
    /// No start led to a finite fit.
    case notSolvable(rows: Int)

    /// Stable kebab-case code.
    public var code: String {
        switch self {
        case .missingSize: "missing-size"
        case .unusableValue: "unusable-value"
        case .lossNotPositive: "loss-not-positive"
        case .tooFewRows: "too-few-rows"
        case .nothingVaried: "nothing-varied"
        case .unusableSetting: "unusable-setting"
        case .notSolvable: "not-solvable"
        }
    }
}

extension LossLawError: CustomStringConvertible {
    /// What is missing and how to get it.
    public var description: String {
        switch self {
        case .missingSize(let name, let row):
            return "row \(row + 1) has no '\(name)'; give it, or the two sizes it follows from (C = 6 N D)"
        case .unusableValue(let name, let value, let row):
            return "'\(name)' of row \(row + 1) is \(value); it must be positive and finite"
        case .lossNotPositive(let value, let row):
            return
                "the loss of row \(row + 1) is \(value); the law is of log loss, so losses must be positive"
        case .tooFewRows(let used, let needed):
            return "\(used) usable rows; the law needs at least \(needed): add runs of other sizes"
        case .nothingVaried:
            return "all rows have the same sizes; run at least three sizes or budgets"
        case .unusableSetting(let name, let value):
            return "\(name) is \(value), which is outside its domain"
        case .notSolvable(let rows):
            return "the \(rows) rows determine no law; their losses span too many orders of magnitude"
        }
    }
}
