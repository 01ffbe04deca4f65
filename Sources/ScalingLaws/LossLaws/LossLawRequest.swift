/// One finished run as a loss law sees it. Two of the three sizes give the third by `C = 6 N D`.
public struct LossLawPoint: Sendable, Hashable, Codable {
    /// N, trained parameters.
    public var modelSize: Double?
    /// D, tokens seen.
    public var tokens: Double?
    /// C, floating-point operations.
    public var compute: Double?
    /// Final loss, in any unit; rows whose loss is missing or not finite are dropped and counted.
    public var loss: Double?
    /// Runs with the same label share errors (one sweep, one data order) and are resampled together.
    public var cluster: String?

    enum CodingKeys: String, CodingKey {
        case modelSize = "model_size"
        case tokens, compute, loss, cluster
    }

    /// A run.
    public init(
        modelSize: Double? = nil, tokens: Double? = nil, compute: Double? = nil, loss: Double?,
        cluster: String? = nil
    ) {
        self.modelSize = modelSize
        self.tokens = tokens
        self.compute = compute
        self.loss = loss
        self.cluster = cluster
    }
}

/// What a loss law is fitted to, and how.
public struct LossLawRequest: Sendable, Hashable {
    /// Runs, each at hyperparameters good enough for its size: the law is of the best loss.
    public var points: [LossLawPoint]
    /// The wanted form; `nil` takes the richest one the sizes can tell apart. A form they cannot tell is
    /// reduced, with a warning.
    public var form: LossLawForm?
    /// Whether the irreducible loss E is fitted; `false` holds it at 0, for a metric that is known to go
    /// there.
    public var hasFloor: Bool
    /// Residual of `log L` at which the Huber loss turns linear. 1e-3 (Hoffmann et al. 2022) is far below the
    /// scatter of real runs, so that the fit is nearly one by absolute deviations and single bad runs hardly
    /// move it.
    public var huberDelta: Double
    /// Resamples behind every interval; 0 gives none.
    public var replicates: Int
    /// Seed of the resamples; the same on every machine.
    public var seed: UInt64

    /// A request. 1,000 resamples place the end of a 95 % interval to about a tenth of its width.
    public init(
        points: [LossLawPoint], form: LossLawForm? = nil, hasFloor: Bool = true, huberDelta: Double = 1e-3,
        replicates: Int = 1000, seed: UInt64 = 0
    ) {
        self.points = points
        self.form = form
        self.hasFloor = hasFloor
        self.huberDelta = huberDelta
        self.replicates = replicates
        self.seed = seed
    }
}
