import ScalingLaws

/// What tells, in tables of cells, that a best value is the outermost one its cell tried.
enum EdgeMarks {
    /// Stands below a table with marks.
    static let legend =
        "<, >: the lowest or highest value that the cell tried is its best, a better one may lie beyond"
}

extension LawCell.Edge? {
    /// Stands before the value: `< 0.004`.
    var mark: String {
        switch self {
        case .lowest: "< "
        case .highest: "> "
        case nil: ""
        }
    }
}
