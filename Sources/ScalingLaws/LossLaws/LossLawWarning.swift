/// Something a loss law or a critical batch size cannot know, with a stable code.
public struct LossLawWarning: Sendable, Hashable, Codable {
    /// What it is about.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// One model size: its term is part of E.
        case oneModelSize = "one-model-size"
        /// One token count: its term is part of E.
        case oneTokenCount = "one-token-count"
        /// Tokens are a power of model size in all rows: only their common law shows.
        case fixedRatio = "fixed-ratio"
        /// Tokens nearly are a power of model size: the two terms are told apart by little.
        case nearlyFixedRatio = "nearly-fixed-ratio"
        /// A size took too few values for a power law and a floor: E is held at 0.
        case fewLevels = "few-levels"
        /// Fewer than three rows for each coefficient.
        case fewRows = "few-rows"
        /// Few clusters of rows: intervals are too narrow, and absent with one.
        case fewClusters = "few-clusters"
        /// Rows were dropped.
        case rowsDropped = "rows-dropped"
        /// The best E is 0, the end of its range.
        case floorAtZero = "floor-at-zero"
        /// The best amplitude of a term is 0.
        case termAtZero = "term-at-zero"
        /// An exponent lies at the end of its range.
        case exponentAtLimit = "exponent-at-limit"
        /// The interval of a coefficient says little.
        case notIdentified = "not-identified"
        /// The law misses the very rows it was fitted to.
        case poorFit = "poor-fit"
        /// What the law misses follows a pattern in the sizes: its form is wrong.
        case structuredResiduals = "structured-residuals"
        /// Asked far outside the fitted sizes.
        case wideExtrapolation = "wide-extrapolation"
        /// The law has no best split of compute.
        case noAllocation = "no-allocation"
        /// The solver stopped before the gradient vanished.
        case notConverged = "not-converged"
        /// A critical batch size lies outside the tried batch sizes.
        case notBracketed = "critical-batch-not-bracketed"
        /// The exponent is mostly the prior's.
        case priorDecides = "prior-decides"
    }

    /// What it is about.
    public var code: Code
    /// One sentence for a person, with the figures it rests on.
    public var text: String

    /// A warning.
    public init(code: Code, text: String) {
        self.code = code
        self.text = text
    }

    init(_ code: Code, _ text: String) { self.init(code: code, text: text) }
}
