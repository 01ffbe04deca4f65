/// The `early_terminate` key: when a trial is ended, or held, before its budget is spent.
public struct EarlyTermination: Sendable, Hashable {
    /// Which rule decides.
    public var rule: Rule
    /// Tokens before which nothing is decided; `nil`: an eighth of the trial's own budget, where built-in workloads
    /// report for the first time.
    public var minTokens: Int?
    /// One in `eta` trials goes on at a rung, and each rung is `eta` times the one before. Default 3, near the e that
    /// minimises the trials spent per surviving one (Jamieson, Talwalkar 2016, arXiv:1502.07943).
    public var eta: Int
    /// What happens to a trial that is not among the best of its rung.
    public var mode: Mode
    /// Completed trials of a cell before its trials are judged (`median`, `curve`).
    public var warmupTrials: Int
    /// Probability above which a predicted end counts as worse than the best one (`curve`).
    public var confidence: Double

    /// The rules, by their name in the sweep file.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// Asynchronous successive halving.
        case successiveHalving = "successive_halving"
        /// Successive halving in several brackets, each with a later first rung.
        case hyperband
        /// Worse than half of the completed trials at the same place.
        case median
        /// The extrapolated end is worse than the best one.
        case curve
    }

    /// What successive halving does with a trial that is not among the best.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Ends it. Every new trial is trained until it loses, so good ones finish early.
        case stop
        /// Holds it at a checkpoint; it goes on when it has become one of the best. Fewer tokens for the same choice,
        /// and only for trials that can go on from a checkpoint.
        case promote
    }

    /// A choice with the defaults of its rule: 5 warm-up trials for `median` (Golovin et al. 2017), 3 for `curve`,
    /// whose comparison is with the best and not with the middle; confidence 0.95.
    public init(
        rule: Rule, minTokens: Int? = nil, eta: Int = 3, mode: Mode = .stop, warmupTrials: Int? = nil,
        confidence: Double = 0.95
    ) {
        self.rule = rule
        self.minTokens = minTokens
        self.eta = eta
        self.mode = mode
        self.warmupTrials = warmupTrials ?? (rule == .curve ? 3 : 5)
        self.confidence = confidence
    }

    /// Tokens from which trials of a budget are judged.
    func firstTokens(of tokenBudget: Int) -> Int { minTokens ?? max(1, tokenBudget / 8) }
}
