/// What a built-in workload says about itself: the source of the sweep file's checks and of `tunerd plugins`.
public struct WorkloadDescriptor: Sendable, Hashable, Codable {
    /// Name in sweep files, for example `char-gpt`.
    public var name: String
    /// One sentence.
    public var summary: String
    /// Settings with ranges and defaults.
    public var options: [HyperparameterDescriptor]
    /// The metric that is minimised unless the sweep says otherwise.
    public var defaultMetric: String
    /// Metrics the workload reports.
    public var metrics: [String]
    /// Metrics that are reported only while an option is above zero: its name by theirs.
    public var conditionalMetrics: [String: String]
    /// Option that gives the number of tokens of one example (`sequence_length`), or `nil` when one example is one
    /// token.
    public var sequenceLengthOption: String?
    /// Whether single examples' gradients are available.
    public var givesPerExampleGradients: Bool
    /// Optimizers the workload works with, or `nil` for all. The exact-risk recursion knows plain SGD only.
    public var supportedOptimizers: [String]?
    /// The schedule when the sweep names none: cosine, but constant where theory is stated for a constant rate.
    public var defaultSchedule: LearningRateSchedule

    /// Describes a workload.
    public init(
        name: String, summary: String, options: [HyperparameterDescriptor],
        defaultMetric: String = "validation_loss",
        metrics: [String], conditionalMetrics: [String: String] = [:], sequenceLengthOption: String? = nil,
        givesPerExampleGradients: Bool = false,
        supportedOptimizers: [String]? = nil, defaultSchedule: LearningRateSchedule = .init()
    ) {
        self.name = name
        self.summary = summary
        self.options = options
        self.defaultMetric = defaultMetric
        self.metrics = metrics
        self.conditionalMetrics = conditionalMetrics
        self.sequenceLengthOption = sequenceLengthOption
        self.givesPerExampleGradients = givesPerExampleGradients
        self.supportedOptimizers = supportedOptimizers
        self.defaultSchedule = defaultSchedule
    }
}

extension [String: String] {
    /// What certification reports, when there is noise to certify with.
    static let certified = ["certified_radius": "smoothing_noise", "certified_accuracy": "smoothing_noise"]
}
