public import Engine
public import ScalingLaws

/// The answer to "which hyperparameters at this budget?": one shape from the socket, from `--json` and in exports.
public struct Recommendation: Sendable, Hashable, Codable {
    /// Sweep name; `nil` for fits of tables.
    public var sweep: String?
    /// Asked budget, tokens.
    public var tokenBudget: Int
    /// Asked model size; `null` when the law does not depend on it.
    public var modelSize: Double?
    /// Asked budget / largest fitted budget.
    public var extrapolationFactor: Double
    /// `ceil(token_budget / batch_size_tokens)`.
    public var steps: Int?
    /// Every hyperparameter of the sweep by name.
    public var hyperparameters: [String: Value]
    /// Predicted metrics by name.
    public var predicted: [String: PredictedMetric]
    /// Counts the fits of this sweep, from 1.
    public var lawVersion: Int
    /// What the answer cannot know.
    public var warnings: [LawWarning]
    /// What the values are expected to lose by being off the optimum, in parts of the loss: 0.01 is one per cent. `nil` where losses may be
    /// negative.
    public var expectedRegret: Double?
    /// The best run of the largest cell, to be reused by who does not trust the law; `nil` within what was run.
    public var carryOver: CarriedRun?
    /// Why the sweep makes no more runs; `nil` while it does, and for fits of tables.
    public var stopped: String?
    /// The runs that would teach most then; `nil` when nothing is to be learnt from the budgets of the sweep file.
    public var next: NextRuns?
    /// What the sweep's probe predicted for this budget, before any trial, at the recommended batch size; `nil` without
    /// a probe.
    public var probe: ProbeRecord.Prediction?

    /// One hyperparameter: a number from the law, or a fixed setting of any kind.
    public struct Value: Sendable, Hashable, Codable {
        /// The value to use.
        public var value: HyperparameterValue
        /// 80 % interval.
        public var interval: [Double]?
        /// 95 % interval.
        public var interval95: [Double]?
        /// Local exponent in the token budget.
        public var exponent: Double?
        /// Where it comes from.
        public var source: ValueSource

        enum CodingKeys: String, CodingKey {
            case value, interval
            case interval95 = "interval_95"
            case exponent, source
        }

        /// A value.
        public init(
            value: HyperparameterValue, interval: [Double]? = nil, interval95: [Double]? = nil,
            exponent: Double? = nil, source: ValueSource
        ) {
            self.value = value
            self.interval = interval
            self.interval95 = interval95
            self.exponent = exponent
            self.source = source
        }
    }

    enum CodingKeys: String, CodingKey {
        case sweep
        case tokenBudget = "token_budget"
        case modelSize = "model_size"
        case extrapolationFactor = "extrapolation_factor"
        case steps, hyperparameters, predicted
        case lawVersion = "law_version"
        case warnings, probe, stopped, next
        case expectedRegret = "expected_regret"
        case carryOver = "carry_over"
    }

    /// An answer.
    public init(
        sweep: String?, tokenBudget: Int, modelSize: Double? = nil, extrapolationFactor: Double, steps: Int?,
        hyperparameters: [String: Value], predicted: [String: PredictedMetric], lawVersion: Int,
        warnings: [LawWarning], expectedRegret: Double? = nil, carryOver: CarriedRun? = nil,
        stopped: String? = nil, next: NextRuns? = nil, probe: ProbeRecord.Prediction? = nil
    ) {
        self.stopped = stopped
        self.next = next
        self.expectedRegret = expectedRegret
        self.carryOver = carryOver
        self.sweep = sweep
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.extrapolationFactor = extrapolationFactor
        self.steps = steps
        self.hyperparameters = hyperparameters
        self.predicted = predicted
        self.lawVersion = lawVersion
        self.warnings = warnings
        self.probe = probe
    }
}
