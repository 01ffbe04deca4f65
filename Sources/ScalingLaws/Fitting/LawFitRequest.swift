/// What a fit is given.
public struct LawFitRequest: Sendable {
    /// Finished runs, diverged ones included.
    public var samples: [LossSample]
    /// Hyperparameters the sweep searched; one that took a single value gets a constant law.
    public var searchedAxes: [LawAxis]
    /// Those whose optimum may move with the budget (and model size). The rest keep exponent 0.
    public var regime: [LawAxis]
    /// What theory believes about the exponents.
    public var prior: LawPrior
    /// Known lower bound of the loss (the entropy of the data, say); `nil`: 0, or none when losses may be negative.
    public var lossFloor: Double?
    /// Seed of the starts and of the posterior draws.
    public var seed: UInt64
    /// Replaces single priors, for tests of wrong and neutral beliefs.
    var priorOverrides: [LawAxis: [LawVariable: ExponentPrior]] = [:]
    /// Whether the replaced priors know other families' runs: then runs decide what the theory's own prior leaves open.
    var isPooled = false

    /// Settings from which on those of a bin are one row, for tests.
    var leastBinned = RunBins.least

    /// A request.
    public init(
        samples: [LossSample], searchedAxes: [LawAxis], regime: [LawAxis], prior: LawPrior,
        lossFloor: Double? = nil, seed: UInt64 = 0
    ) {
        self.samples = samples
        self.searchedAxes = searchedAxes
        self.regime = regime
        self.prior = prior
        self.lossFloor = lossFloor
        self.seed = seed
    }

    func exponentPrior(_ axis: LawAxis, _ variable: LawVariable) -> ExponentPrior {
        priorOverrides[axis]?[variable]
            ?? (variable == .brevity ? Brevity.prior(prior.geometry) : prior[axis, variable])
    }
}

/// How a fit works. The defaults were chosen on streaming least squares and on public sweeps; see `README.md`.
public struct LawFitConfiguration: Sendable, Hashable {
    /// Posterior draws kept in the law; 10 % quantiles of 256 are good to a tenth of their distance.
    public var draws: Int
    /// k of the smooth minimum of power law and ceiling.
    public var sharpness: Double
    /// Width of the window around a cell's best run, in units of what reaches the best `windowShare` of its runs.
    public var window: Double
    /// Share of a cell's runs the window is measured by.
    public var windowShare: Double
    /// Standard deviation of the surface's own error, as a fraction of how far it has risen above its floor.
    public var misfit: Double
    /// By how much the exponent of an optimum is believed to change over a factor e of tokens or model size; the runs correct it.
    public var bend: Double
    /// Random starts of each form besides the two deliberate ones.
    public var randomStarts: Int

    /// A configuration.
    public init(
        draws: Int = 256, sharpness: Double = 3, window: Double = 0.5, windowShare: Double = 0.5,
        misfit: Double = 0.4, bend: Double = 0.2, randomStarts: Int = 1
    ) {
        self.draws = draws
        self.sharpness = sharpness
        self.window = window
        self.windowShare = windowShare
        self.misfit = misfit
        self.bend = bend
        self.randomStarts = randomStarts
    }
}
