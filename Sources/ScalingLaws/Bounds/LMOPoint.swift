/// One setting of an LMO method and how long it runs.
///
///     m <- (1 - alpha) m + alpha g(x; B tokens),   x <- x + eta lmo(m),   K times;   alpha = 1 - momentum
public struct LMOPoint: Sendable, Hashable, Codable {
    /// eta.
    public var learningRate: Double
    /// alpha = 1 - momentum, in (0, 1].
    public var momentumComplement: Double
    /// B, tokens per step.
    public var batchSize: Double
    /// K; real in all formulas.
    public var steps: Double

    enum CodingKeys: String, CodingKey {
        case learningRate = "learning_rate"
        case momentumComplement = "one_minus_momentum"
        case batchSize = "batch_size_tokens"
        case steps
    }

    /// A setting.
    public init(learningRate: Double, momentumComplement: Double, batchSize: Double, steps: Double) {
        self.learningRate = learningRate
        self.momentumComplement = momentumComplement
        self.batchSize = batchSize
        self.steps = steps
    }

    /// A setting that runs for a token budget.
    public init(learningRate: Double, momentumComplement: Double, batchSize: Double, tokenBudget: Double) {
        self.init(
            learningRate: learningRate, momentumComplement: momentumComplement, batchSize: batchSize,
            steps: tokenBudget / batchSize)
    }

    /// beta.
    public var momentum: Double { 1 - momentumComplement }
    /// T = B K.
    public var tokenBudget: Double { batchSize * steps }

    /// `B / alpha`: over how many tokens the momentum averages.
    ///
    /// Along the valley of equally good settings at one budget this stays `w sqrt(T)`, whatever the batch size, which
    /// makes it the number to carry over.
    public var memoryTokens: Double { batchSize / momentumComplement }
    /// `eta / B`: the other invariant of the valley.
    public var learningRatePerToken: Double { learningRate / batchSize }
    /// `eta K`: the longest way the parameters can have gone.
    public var pathLength: Double { learningRate * steps }
}
