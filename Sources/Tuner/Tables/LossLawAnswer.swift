public import ScalingLaws

/// What a loss law of a table is asked: the sizes of a run, or a compute to split.
public struct LossLawQuestion: Sendable, Hashable {
    /// N.
    public var modelSize: Double?
    /// D.
    public var tokens: Double?
    /// C.
    public var compute: Double?

    private static let known: [TableQuantity] = [.modelSize, .tokenBudget, .compute]

    init(modelSize: Double?, tokens: Double?, compute: Double?) {
        self.modelSize = modelSize
        self.tokens = tokens
        self.compute = compute
    }

    /// A question as typed: `model_size=1e9,token_budget=1e11`, or `compute=1e22`.
    ///
    /// - Parameter text: assignments, comma-separated; numbers may have the endings of counts.
    /// - Throws: `usage` for what cannot be understood.
    public init(_ text: String) throws(TunerError) {
        let typed = try TypedAssignments(
            text, known: Self.known, example: "model_size=1e9,token_budget=1e11")
        self.init(
            modelSize: typed.numbers[.modelSize], tokens: typed.numbers[.tokenBudget],
            compute: typed.numbers[.compute])
    }

    /// How a message names it.
    var described: String {
        let parts = [("model_size", modelSize), ("token_budget", tokens), ("compute", compute)]
        return parts.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: ",")
    }
}

/// What a loss law of a table answers.
public enum LossLawAnswer: Sendable {
    /// The loss of a run.
    case loss(RunPrediction)
    /// The best model size and tokens for a compute.
    case split(ComputeAllocation)
}

/// The predicted loss of a run.
public struct RunPrediction: Sendable, Hashable, Encodable {
    /// Line of the file, for a run of the table.
    public var line: Int?
    /// N; absent when not given.
    public var modelSize: Double?
    /// D; absent when not given.
    public var tokens: Double?
    /// C; absent when not given.
    public var compute: Double?
    /// The loss with intervals for a new run.
    public var loss: IntervalEstimate
    /// How far outside the fitted sizes it is; 1 inside.
    public var extrapolationFactor: Double
    /// What it cannot know.
    public var warnings: [LossLawWarning]
    /// What the run measured; absent when it was typed, or the run diverged.
    public var measured: Measured?

    /// What was measured.
    public struct Measured: Sendable, Hashable, Codable {
        /// The loss.
        public var loss: Double
        /// Predicted over measured, less one.
        public var relativeError: Double

        enum CodingKeys: String, CodingKey {
            case loss
            case relativeError = "relative_error"
        }
    }

    enum CodingKeys: String, CodingKey {
        case line, compute, loss, warnings, measured
        case modelSize = "model_size"
        case tokens = "token_budget"
        case extrapolationFactor = "extrapolation_factor"
    }

    init(_ question: LossLawQuestion, _ prediction: LossPrediction) {
        modelSize = question.modelSize
        tokens = question.tokens
        compute = question.compute
        loss = prediction.loss
        extrapolationFactor = prediction.extrapolationFactor
        warnings = prediction.warnings
    }
}

/// How a law fares on runs it is compared with.
public struct PredictionScore: Sendable, Hashable, Codable {
    /// Runs with a loss.
    public var runs: Int
    /// Mean of `|predicted / measured - 1|`.
    public var meanRelativeError: Double
    /// Largest of them.
    public var largestRelativeError: Double
    /// Share of the measured losses inside their 80 % intervals; absent without intervals.
    public var within80: Double?
    /// Inside their 95 % intervals.
    public var within95: Double?

    enum CodingKeys: String, CodingKey {
        case runs
        case meanRelativeError = "mean_relative_error"
        case largestRelativeError = "largest_relative_error"
        case within80 = "within_80"
        case within95 = "within_95"
    }

    /// The score of predictions; `nil` when none was measured.
    public init?(_ predictions: [RunPrediction]) {
        let known = predictions.filter { $0.measured != nil }
        guard !known.isEmpty else { return nil }
        let errors = known.compactMap { $0.measured.map { abs($0.relativeError) } }
        func share(_ interval: (IntervalEstimate) -> [Double]?) -> Double? {
            let inside = known.compactMap { run -> Bool? in
                guard let ends = interval(run.loss), let measured = run.measured else { return nil }
                return ends[0] <= measured.loss && measured.loss <= ends[1]
            }
            return inside.count == known.count ? Double(inside.count { $0 }) / Double(inside.count) : nil
        }
        runs = known.count
        meanRelativeError = errors.reduce(0, +) / Double(errors.count)
        largestRelativeError = errors.max() ?? 0
        within80 = share(\.interval80)
        within95 = share(\.interval95)
    }
}
