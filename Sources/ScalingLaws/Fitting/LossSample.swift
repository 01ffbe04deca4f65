/// One finished run as a fit sees it.
public struct LossSample: Sendable, Hashable, Codable {
    /// What was tried. Every axis that any sample of a fit varies must be present in all.
    public var values: [LawAxis: Double]
    /// Tokens of the run.
    public var tokenBudget: Double
    /// Trained parameters; `nil` when not known or the same for all.
    public var modelSize: Double?
    /// The metric that is minimised; `nil` for a diverged run, which says only that the learning rate was too large.
    public var loss: Double?
    /// How often the average training token was seen; above 1 the data were reused.
    public var epochs: Double
    /// Names the training run it was read off, where several samples may be of one: a run of many tokens and what it
    /// showed of shorter ones share their noise. `nil`: a run of its own.
    public var run: Int?
    /// Tells apart what the budget and model size do not (a schedule, a sparsity): runs of one label share an irreducible
    /// loss and an offset from the law, those of others have their own. `nil`: budget and model size say it all.
    public var cell: String?

    /// A finished run.
    public init(
        values: [LawAxis: Double], tokenBudget: Double, modelSize: Double? = nil, loss: Double?,
        epochs: Double = 1, run: Int? = nil, cell: String? = nil
    ) {
        self.values = values
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.loss = loss
        self.epochs = epochs
        self.run = run
        self.cell = cell
    }
}
