extension SweepDefinition {
    /// A run the user will pay for.
    public struct Target: Sendable, Hashable {
        /// Tokens.
        public var tokenBudget: Int
        /// Parameters; `nil` where the sweep has one size.
        public var modelSize: Int?
    }

    /// What the answer is for, by budget: the target cells, or every target budget at the target size. Without a
    /// target, the largest budget that is trained.
    public var targets: [Target] {
        guard targetCells.isEmpty else {
            return targetCells.map { Target(tokenBudget: $0.tokenBudget, modelSize: $0.modelSize) }
                .sorted { ($0.tokenBudget, $0.modelSize ?? 0) < ($1.tokenBudget, $1.modelSize ?? 0) }
        }
        let budgets = targetTokenBudgets.isEmpty ? Array(tokenBudgets.suffix(1)) : targetTokenBudgets
        return budgets.map { Target(tokenBudget: $0, modelSize: targetModelSize ?? modelSizes.last) }
    }

    /// The model size an answer is for when none is asked for: the largest target of that budget, or of all.
    public func targetModelSize(tokenBudget: Int) -> Int? {
        let cells = targetCells.filter { $0.tokenBudget == tokenBudget }
        return (cells.isEmpty ? targetCells : cells).map(\.modelSize).max() ?? targetModelSize
            ?? modelSizes.last
    }
}
