/// The runs that would teach most about an answer, of a sweep that makes no more by itself.
public struct NextRuns: Sendable, Hashable, Codable {
    /// How many, replicates included.
    public var runs: Int
    /// Their tokens.
    public var tokenBudget: Int
    /// Their model size; `nil` when the sweep has one.
    public var modelSize: Int?
    /// Smallest and largest value of each hyperparameter that the law follows.
    public var hyperparameters: [String: [Double]]
    /// What the answer is expected to lose as things stand, in parts of the loss, and after these runs.
    public var expectedRegret: Double
    /// See `expectedRegret`.
    public var expectedRegretAfter: Double
    /// The least `run_cap` of a sweep file that has room for them; `nil` where it is not in the way.
    public var runCap: Int?
    /// The least `cost_cap` that pays for them; `nil` where it is not in the way.
    public var costCap: Double?

    enum CodingKeys: String, CodingKey {
        case runs, hyperparameters
        case tokenBudget = "token_budget"
        case modelSize = "model_size"
        case expectedRegret = "expected_regret"
        case expectedRegretAfter = "expected_regret_after"
        case runCap = "run_cap"
        case costCap = "cost_cap"
    }

    /// Some runs.
    public init(
        runs: Int, tokenBudget: Int, modelSize: Int? = nil, hyperparameters: [String: [Double]],
        expectedRegret: Double, expectedRegretAfter: Double, runCap: Int? = nil, costCap: Double? = nil
    ) {
        self.runs = runs
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.hyperparameters = hyperparameters
        self.expectedRegret = expectedRegret
        self.expectedRegretAfter = expectedRegretAfter
        self.runCap = runCap
        self.costCap = costCap
    }
}
