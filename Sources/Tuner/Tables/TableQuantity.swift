public import ScalingLaws

/// What a column of a table can be.
public enum TableQuantity: String, Sendable, Hashable, CaseIterable {
    /// Trained parameters.
    case modelSize = "model_size"
    /// Tokens of the run.
    case tokenBudget = "token_budget"
    /// Peak learning rate.
    case learningRate = "learning_rate"
    /// Tokens per step.
    case batchSize = "batch_size_tokens"
    /// Fraction of the old buffer kept.
    case momentum
    /// Name of the optimizer: each gets a law of its own.
    case optimizer
    /// What is minimised; empty for a diverged run.
    case validationLoss = "validation_loss"
    /// Optimizer steps: tokens are steps times batch size where one of the two is not in the table.
    case steps
    /// Floating-point operations: tokens are `compute / (6 model_size)` where they are not in the table.
    case compute
    /// How often the average training token was seen.
    case epochs

    /// The quantity of a name; `loss` is short for `validation_loss`.
    public init?(name: String) {
        self.init(rawValue: name == "loss" ? "validation_loss" : name)
    }

    /// The axis of the law, for a hyperparameter.
    public var axis: LawAxis? { LawAxis(rawValue: rawValue) }

    /// Whether its numbers may have the endings of counts: `125M`, `64Ki`.
    var isCount: Bool {
        switch self {
        case .modelSize, .tokenBudget, .batchSize, .steps, .compute: true
        case .learningRate, .momentum, .optimizer, .validationLoss, .epochs: false
        }
    }

    /// The values it can have, in words.
    var range: String {
        switch self {
        case .momentum: "at least 0 and less than 1"
        case .optimizer: "a name"
        case .validationLoss: "a number"
        case .tokenBudget, .batchSize: "positive and at most 10^18"
        default: "positive and finite"
        }
    }

    /// Whether a number can be its value.
    func allows(_ value: Double) -> Bool {
        switch self {
        case .momentum: (0..<1).contains(value)
        case .validationLoss: value.isFinite
        case .optimizer: false
        case .tokenBudget, .batchSize: value > 0 && value <= Double(Scalars.largestCount)
        default: value > 0 && value.isFinite
        }
    }
}

extension LawAxis {
    /// The column that holds it.
    var quantity: TableQuantity {
        switch self {
        case .learningRate: .learningRate
        case .batchSize: .batchSize
        case .momentum: .momentum
        }
    }
}
