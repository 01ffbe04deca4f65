/// Where a recommended value comes from.
public enum ValueSource: String, Sendable, Hashable, Codable {
    /// The fitted law.
    case fit
    /// Theory alone; the runs say nothing about it.
    case prior
    /// The user fixed it.
    case fixed
    /// Searched, but held out of the law: the best tried value.
    case best
}

/// One recommended hyperparameter.
public struct RecommendedValue: Sendable, Hashable, Codable {
    /// The value to use.
    public var value: Double
    /// 80 % interval, `[low, high]`; `nil` for a fixed value.
    public var interval: [Double]?
    /// 95 % interval.
    public var interval95: [Double]?
    /// Local exponent in the token budget at the asked budget: `d log(value) / d log(token_budget)`; for momentum
    /// that of `1 - momentum`.
    public var exponent: Double?
    /// Where it comes from.
    public var source: ValueSource

    enum CodingKeys: String, CodingKey {
        case value, interval
        case interval95 = "interval_95"
        case exponent, source
    }

    /// A recommended value.
    public init(
        value: Double, interval: [Double]? = nil, interval95: [Double]? = nil, exponent: Double? = nil,
        source: ValueSource
    ) {
        self.value = value
        self.interval = interval
        self.interval95 = interval95
        self.exponent = exponent
        self.source = source
    }
}

/// A predicted metric with its intervals.
public struct PredictedMetric: Sendable, Hashable, Codable {
    /// Median prediction.
    public var value: Double
    /// 80 % interval, `[low, high]`.
    public var interval: [Double]
    /// 95 % interval.
    public var interval95: [Double]?

    enum CodingKeys: String, CodingKey {
        case value, interval
        case interval95 = "interval_95"
    }

    /// A prediction.
    public init(value: Double, interval: [Double], interval95: [Double]? = nil) {
        self.value = value
        self.interval = interval
        self.interval95 = interval95
    }
}

/// What a law is asked.
public struct RecommendationQuery: Sendable, Hashable {
    /// Tokens of the run that will be paid for.
    public var tokenBudget: Double
    /// Its model size; `nil` when the law does not depend on it.
    public var modelSize: Double?
    /// Axes the user holds at a value; the others are conditioned on them.
    public var held: [LawAxis: Double]

    /// A question.
    public init(tokenBudget: Double, modelSize: Double? = nil, held: [LawAxis: Double] = [:]) {
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.held = held
    }
}

/// The best run of the largest cell, which a user without a law would reuse.
public struct CarriedRun: Sendable, Hashable, Codable {
    /// Its tokens.
    public var tokenBudget: Double
    /// Its model size; `nil` when one was run.
    public var modelSize: Double?
    /// Its hyperparameters.
    public var values: [LawAxis: Double]
    /// What its values are expected to lose at the asked budget by being off the optimum, in parts of the loss.
    public var expectedRegret: Double?

    enum CodingKeys: String, CodingKey {
        case tokenBudget = "token_budget"
        case modelSize = "model_size"
        case values = "hyperparameters"
        case expectedRegret = "expected_regret"
    }

    /// A run to reuse.
    public init(
        tokenBudget: Double, modelSize: Double? = nil, values: [LawAxis: Double], expectedRegret: Double?
    ) {
        self.tokenBudget = tokenBudget
        self.modelSize = modelSize
        self.values = values
        self.expectedRegret = expectedRegret
    }
}

/// The answer of a law to one question. The API adds the sweep's name and the values that were never searched.
public struct LawRecommendation: Sendable, Hashable {
    /// Best values by axis.
    public var values: [LawAxis: RecommendedValue]
    /// Predicted loss at the recommendation; `nil` when fewer than three budgets were run.
    public var loss: PredictedMetric?
    /// Asked budget / largest fitted budget.
    public var extrapolationFactor: Double
    /// What it cannot know.
    public var warnings: [LawWarning]
    /// What the values are expected to lose by being off the optimum, in parts of the loss: 0.01 is one per cent.
    public var expectedRegret: Double?
    /// The run that would be reused without a law; `nil` within what was run.
    public var carryOver: CarriedRun?

    /// An answer.
    public init(
        values: [LawAxis: RecommendedValue], loss: PredictedMetric?, extrapolationFactor: Double,
        warnings: [LawWarning], expectedRegret: Double? = nil, carryOver: CarriedRun? = nil
    ) {
        self.expectedRegret = expectedRegret
        self.carryOver = carryOver
        self.values = values
        self.loss = loss
        self.extrapolationFactor = extrapolationFactor
        self.warnings = warnings
    }
}
