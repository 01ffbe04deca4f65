public import ScalingLaws

/// What probes found: the constants theory needs, each in the optimizer's own norm, and what they cost.
public struct ProbeReport: Sendable, Hashable, Codable {
    /// What was probed.
    public var request: ProbeRequest
    /// beta of the optimizer.
    public var momentum: Double
    /// Whether its steps have the length of the learning rate.
    public var isNormalized: Bool
    /// Whether its buffer sums gradients.
    public var sums: Bool
    /// Whether it looks ahead along the momentum.
    public var isNesterov: Bool
    /// Number of trained parameters.
    public var modelSize: Int
    /// f(x0), nats per token.
    public var startLoss: Double
    /// The loss the gap is measured to.
    public var lossFloor: Double
    /// Where the floor is from.
    public var floorSource: FloorSource
    /// Loss at the end of the path.
    public var endLoss: Double
    /// Learning rate of the path.
    public var pathLearningRate: Double
    /// s: dual-norm noise of a batch of one token.
    public var noise: Double
    /// Its standard error.
    public var noiseError: Double
    /// sigma1: Euclidean noise of a batch of one token.
    public var euclideanNoise: Double
    /// tr Sigma / |grad f|^2 in tokens: the batch at which noise and signal are of one size.
    public var noiseScale: Double?
    /// L from same-batch secants at the path's batch and at one four times as large.
    public var secantSmoothness: [Double]
    /// L extrapolated to infinite batches.
    public var smoothness: Double
    /// Whether the two batch sizes agreed with the extrapolation's form.
    public var isSmoothnessReliable: Bool
    /// Median of `d^T H d` over the squared length of the optimizer's own steps d.
    public var directionalSmoothness: Double
    /// `d^T H d / 2`, mean over the path: what a step loses to curvature, per squared learning rate.
    public var curvatureLoss: Double
    /// `d^T H lag`, mean over the path: what it loses to the momentum's age.
    public var lagLoss: Double
    /// `<grad f, d>`, mean over the path: what a step gains, per learning rate.
    public var descent: Double
    /// `|grad f|_*`, mean over the path.
    public var gradientNorm: Double
    /// Mean squared Euclidean length of a minibatch gradient along the path.
    public var gradientSquare: Double
    /// Lower bound of the sharpness in the optimizer's norm, at the end of the path.
    public var sharpness: Double?
    /// Largest eigenvalue found there.
    public var euclideanSharpness: Double?
    /// Gradient norm at that point.
    public var endGradientNorm: Double
    /// (L0, L1) of every tensor.
    public var layers: [Layer]
    /// alpha and beta of the path's (alpha, beta) condition, when one exists.
    public var alphaBeta: [Double]?
    /// mu of the mu-KL condition.
    public var klSlope: Double?
    /// 0.5, 0.9 and 0.99 quantiles of single examples' gradient norms at the end of the path.
    public var exampleNormQuantiles: [Double]
    /// Hill's index of their tail, when there are enough.
    public var tailIndex: Double?
    /// The best peak rate of the short runs; `nil` when they had none.
    public var pilotLearningRate: Double?
    /// Learning rates of the short runs, ascending, with their final losses; `nil` for those that diverged.
    public var pilotRuns: [PilotRun]
    /// Tokens of all gradients and short runs.
    public var tokens: Int
    /// Wall-clock seconds.
    public var seconds: Double

    /// One short run.
    public struct PilotRun: Sendable, Hashable, Codable {
        /// Peak learning rate.
        public var learningRate: Double
        /// Final validation loss.
        public var loss: Double?
    }

    /// Where a loss floor is from.
    public enum FloorSource: String, Sendable, Hashable, Codable {
        /// The workload knows it.
        case workload
        /// The user gave it.
        case given
        /// Half of the lowest loss on the path: right to a factor of two in the gap, 1.4 in the learning rate.
        case guessed
    }

    /// Smoothness of one tensor.
    public struct Layer: Sendable, Hashable, Codable {
        /// The tensor's name.
        public var name: String
        /// L0.
        public var constant: Double
        /// L1.
        public var proportional: Double
    }

    /// D.
    public var gap: Double { startLoss - lossFloor }

    /// The constants as bounds take them.
    public var constants: LMOConstants? {
        guard gap > 0, smoothness > 0, noise > 0 else { return nil }
        return LMOConstants(gap: gap, smoothness: smoothness, noise: noise)
    }

    enum CodingKeys: String, CodingKey {
        case request, momentum
        case isNormalized = "is_normalized"
        case sums
        case isNesterov = "is_nesterov"
        case modelSize = "model_size"
        case startLoss = "start_loss"
        case lossFloor = "loss_floor"
        case floorSource = "floor_source"
        case endLoss = "end_loss"
        case pathLearningRate = "path_learning_rate"
        case noise
        case noiseError = "noise_standard_error"
        case euclideanNoise = "euclidean_noise"
        case noiseScale = "noise_scale_tokens"
        case secantSmoothness = "secant_smoothness"
        case smoothness
        case isSmoothnessReliable = "smoothness_is_reliable"
        case directionalSmoothness = "directional_smoothness"
        case curvatureLoss = "curvature_loss"
        case lagLoss = "lag_loss"
        case descent
        case gradientNorm = "gradient_norm"
        case gradientSquare = "gradient_square"
        case sharpness
        case euclideanSharpness = "euclidean_sharpness"
        case endGradientNorm = "end_gradient_norm"
        case layers
        case alphaBeta = "alpha_beta"
        case klSlope = "kl_slope"
        case exampleNormQuantiles = "example_norm_quantiles"
        case tailIndex = "tail_index"
        case pilotLearningRate = "pilot_learning_rate"
        case pilotRuns = "pilot_runs"
        case tokens, seconds
    }
}

extension ProbeReport.Layer {
    enum CodingKeys: String, CodingKey {
        case name
        case constant = "l0"
        case proportional = "l1"
    }
}

extension ProbeReport.PilotRun {
    enum CodingKeys: String, CodingKey {
        case learningRate = "learning_rate"
        case loss
    }
}
