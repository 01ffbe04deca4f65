import Foundation

/// What an optimum may depend on.
public enum LawVariable: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
    /// Tokens of the run.
    case tokenBudget = "token_budget"
    /// Trained parameters.
    case modelSize = "model_size"
    /// Tokens per step, where the batch size conditions another axis.
    case batchSize = "batch_size_tokens"
    /// `1 - momentum`, where it conditions another axis.
    case momentumComplement = "one_minus_momentum"
    /// `1 + 200 / steps`: what runs of few optimizer steps want beyond a power of their tokens (`Brevity`).
    case brevity = "brevity"
}

/// One exponent of a law with what decides it.
public struct ExponentEstimate: Sendable, Hashable, Codable {
    /// Posterior mode.
    public var value: Double
    /// 80 % interval, `[low, high]`.
    public var interval: [Double]
    /// Mean of the prior.
    public var priorMean: Double
    /// Standard deviation of the prior.
    public var priorDeviation: Double
    /// Whether the runs decide: the interval is less than half as wide as the prior's.
    public var identified: Bool

    enum CodingKeys: String, CodingKey {
        case value, interval
        case priorMean = "prior_mean"
        case priorDeviation = "prior_deviation"
        case identified
    }

    /// An exponent.
    public init(
        value: Double, interval: [Double], priorMean: Double, priorDeviation: Double, identified: Bool
    ) {
        self.value = value
        self.interval = interval
        self.priorMean = priorMean
        self.priorDeviation = priorDeviation
        self.identified = identified
    }
}

/// The stability limit a learning rate saturates at: `limit * B / (B + halfBatch)`.
///
/// Plain SGD on a quadratic is stable up to about `2 B / (B l_max + trace)`: proportional to the batch size while
/// that is small, constant once it is large. `halfBatch` = 0 is a limit without batch dependence.
public struct StabilityCeiling: Sendable, Hashable, Codable {
    /// Limit at large batch.
    public var limit: Double
    /// Batch size, in tokens, at which half of it is reached; 0: no dependence.
    public var halfBatch: Double

    enum CodingKeys: String, CodingKey {
        case limit
        case halfBatch = "half_batch"
    }

    /// A ceiling.
    public init(limit: Double, halfBatch: Double) {
        self.limit = limit
        self.halfBatch = halfBatch
    }
}

/// How the best value of one axis moves:
///
///     P = coefficient * prod_v (v / reference_v)^exponent_v * (1 + 200 / steps)^brevity * exp(deviations below the largest runs)
///     optimum = P                                            without a ceiling
///     optimum = (P^-k + S^-k)^(-1/k), S = limit * B/(B + halfBatch), k = sharpness
///
/// For momentum the formula gives `1 - momentum`.
public struct AxisLaw: Sendable, Hashable, Codable {
    /// Which hyperparameter.
    public var axis: LawAxis
    /// Optimum at the reference point (for momentum, of `1 - momentum`).
    public var coefficient: Double
    /// Exponents by variable.
    public var exponents: [LawVariable: ExponentEstimate]
    /// What the optimum deviates from the power law by within what was run; empty when nothing moves.
    public var deviations: [LawDeviation]
    /// Where the power law saturates.
    public var ceiling: StabilityCeiling?
    /// Sharpness of the smooth minimum.
    public var sharpness: Double
    /// Curvature of the loss along the axis: `d^2 log(loss) / d(log value)^2` at the optimum.
    public var curvature: Double
    /// Exponents of the curvature: `curvature * prod_v (v / reference_v)^e_v`.
    public var curvatureExponents: [LawVariable: Double]
    /// s of the curve `2 (exp(s x) - 1 - s x) / s^2` that replaces `x^2`; 0: a parabola. Positive: the loss rises
    /// faster above the optimum than below it.
    public var skew: Double
    /// Smallest and largest tried value.
    public var triedRange: [Double]
    /// Whether the axis may move with the budget.
    public var inRegime: Bool

    enum CodingKeys: String, CodingKey {
        case axis, coefficient, exponents, deviations, ceiling, sharpness, curvature, skew
        case curvatureExponents = "curvature_exponents"
        case triedRange = "tried_range"
        case inRegime = "in_regime"
    }

    /// A law of one axis.
    public init(
        axis: LawAxis, coefficient: Double, exponents: [LawVariable: ExponentEstimate] = [:],
        deviations: [LawDeviation] = [], ceiling: StabilityCeiling? = nil, sharpness: Double = 3,
        curvature: Double = 0,
        curvatureExponents: [LawVariable: Double] = [:], skew: Double = 0, triedRange: [Double],
        inRegime: Bool = true
    ) {
        self.axis = axis
        self.coefficient = coefficient
        self.exponents = exponents
        self.deviations = deviations
        self.ceiling = ceiling
        self.sharpness = sharpness
        self.curvature = curvature
        self.curvatureExponents = curvatureExponents
        self.skew = skew
        self.triedRange = triedRange
        self.inRegime = inRegime
    }
}

/// Loss at the best hyperparameters over budgets:
///
///     loss = floor + amplitude * (token_budget / reference)^-exponent  [+ the model term below]
///
/// When several model sizes were run, `modelTerm` adds `amplitude * (model_size / reference)^-exponent`.
public struct LossLaw: Sendable, Hashable, Codable {
    /// Irreducible loss.
    public var floor: Double
    /// Reducible loss at the reference budget.
    public var amplitude: Double
    /// Exponent, positive.
    public var exponent: Double
    /// Reference budget, tokens.
    public var reference: Double
    /// What a small model costs; `nil` when one size was run.
    public var modelTerm: ModelTerm?

    /// `amplitude * (model_size / reference)^-exponent`.
    public struct ModelTerm: Sendable, Hashable, Codable {
        /// Loss due to model size at the reference size.
        public var amplitude: Double
        /// Exponent, positive.
        public var exponent: Double
        /// Reference size, parameters.
        public var reference: Double

        /// A model term.
        public init(amplitude: Double, exponent: Double, reference: Double) {
            self.amplitude = amplitude
            self.exponent = exponent
            self.reference = reference
        }
    }

    enum CodingKeys: String, CodingKey {
        case floor, amplitude, exponent, reference
        case modelTerm = "model_term"
    }

    /// A loss law.
    public init(
        floor: Double, amplitude: Double, exponent: Double, reference: Double, modelTerm: ModelTerm? = nil
    ) {
        self.floor = floor
        self.amplitude = amplitude
        self.exponent = exponent
        self.reference = reference
        self.modelTerm = modelTerm
    }

    /// Predicted loss at the optimum of a budget (and model size; the reference size when `nil`).
    public func loss(tokenBudget: Double, modelSize: Double? = nil) -> Double {
        var loss: Double = floor + amplitude * pow(tokenBudget / reference, -exponent)
        if let modelTerm {
            loss +=
                modelTerm.amplitude
                * pow((modelSize ?? modelTerm.reference) / modelTerm.reference, -modelTerm.exponent)
        }
        return loss
    }
}

/// The scale a surface is fitted on.
public enum LossScale: String, Sendable, Hashable, Codable {
    /// `log(loss)`: all losses are positive.
    case logarithm
    /// The loss itself.
    case identity
}

/// A fitted law: one surface over all runs of a sweep, and what it can answer.
///
///     log loss(x, T) = log floor(cell) + 1/2 sum_a curvature_a * (x_a - optimum_a(T, ...))^2,   x in log coordinates
public struct Law: Sendable, Hashable, Codable {
    /// One law per searched axis; an axis held out of the regime has exponent 0 and source `best`.
    public var axes: [AxisLaw]
    /// Values every variable is divided by: geometric means over the samples.
    public var reference: [LawVariable: Double]
    /// Budgets with what they showed, ascending.
    public var cells: [LawCell]
    /// Loss at the optimum over budgets; `nil` below three budgets.
    public var lossLaw: LossLaw?
    /// Residual standard deviation of `log loss` near the optimum.
    public var residual: Double
    /// Scale of `residual` and of the curvatures.
    public var lossScale: LossScale
    /// Training runs used.
    public var runs: Int
    /// Shorter runs read off them besides; 0 or `nil`: none.
    public var shorterRuns: Int?
    /// Version of the fitter, `LawFitter.version`; `nil`: one from before versions were counted.
    public var fitter: Int?
    /// Tokens of training data there are, where runs tell how often they passed over them; `nil`: without end, or unknown.
    public var dataSize: Double?
    /// What it cannot know.
    public var warnings: [LawWarning]
    /// Draws of the posterior over the coefficients, for intervals; opaque, in the fitter's own order.
    public var draws: [[Double]]

    enum CodingKeys: String, CodingKey {
        case axes, reference, cells, residual, runs, warnings, draws, fitter
        case lossLaw = "loss_law"
        case lossScale = "loss_scale"
        case dataSize = "data_size"
        case shorterRuns = "shorter_runs"
    }

    /// A law.
    public init(
        axes: [AxisLaw], reference: [LawVariable: Double], cells: [LawCell], lossLaw: LossLaw?,
        residual: Double, lossScale: LossScale = .logarithm, runs: Int, shorterRuns: Int? = nil,
        dataSize: Double? = nil,
        warnings: [LawWarning] = [], draws: [[Double]] = []
    ) {
        self.axes = axes
        self.reference = reference
        self.cells = cells
        self.lossLaw = lossLaw
        self.residual = residual
        self.lossScale = lossScale
        self.runs = runs
        self.shorterRuns = shorterRuns
        self.dataSize = dataSize
        fitter = LawFitter.version
        self.warnings = warnings
        self.draws = draws
    }

    /// Smallest and largest fitted budget, tokens.
    public var budgetRange: [Double] {
        let budgets = cells.map(\.tokenBudget)
        return [budgets.min() ?? .nan, budgets.max() ?? .nan]
    }
}
