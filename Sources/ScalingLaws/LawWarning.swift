/// Something a law or a recommendation cannot know, said with a stable code.
public struct LawWarning: Sendable, Hashable, Codable {
    /// What it is about.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// Fewer than three budgets: an exponent cannot be checked against curvature.
        case fewBudgets = "few-budgets"
        /// The best run of some budget lies on the edge of the tried range.
        case optimumOnEdge = "optimum-on-edge"
        /// A recommended value lies outside of all that was tried.
        case outsideTried = "outside-tried"
        /// The data do not move an exponent from its prior.
        case priorDecides = "prior-decides"
        /// The asked budget is more than 20 times the largest fitted one.
        case wideExtrapolation = "wide-extrapolation"
        /// Training data were used more than once.
        case dataReused = "data-reused"
        /// Too few runs for the number of free coefficients.
        case fewRuns = "few-runs"
        /// All runs of some budget diverged.
        case allDiverged = "all-diverged"
        /// Runs far above the best of their cell at higher learning rates: they bound the rate as diverged ones do.
        case blownUp = "blown-up"
        /// The model explains the runs badly; the interval is widened by the residuals.
        case poorFit = "poor-fit"
        /// A hyperparameter makes no difference that the runs show.
        case noEffect = "no-effect"
        /// Losses that cannot be results were left out.
        case lossLeftOut = "loss-left-out"
        /// Budgets and batch sizes leave runs with few optimizer steps.
        case fewSteps = "few-steps"
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
}
