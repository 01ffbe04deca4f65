public import Engine

/// The unit ball an optimizer moves in: which law of the theory applies to it.
public enum OptimizerGeometry: String, Sendable, Hashable, Codable, CaseIterable {
    /// The step is the gradient itself, its length is not normalised.
    case gradient
    /// Euclidean ball: normalized SGD.
    case euclidean
    /// Max-norm ball: sign descent, and Adam-like methods in their usual regime.
    case sign
    /// Spectral ball on matrices: Muon, Scion.
    case spectral
}

/// A source a plugin stands on.
public struct LiteratureReference: Sendable, Hashable, Codable {
    /// Authors, title, year.
    public var text: String
    /// arXiv id or another locator; empty when there is none.
    public var locator: String

    /// A reference.
    public init(_ text: String, locator: String = "") {
        self.text = text
        self.locator = locator
    }
}

/// What an optimizer says about itself: checks of sweep files, defaults, the theory's prior and the help come from it.
public struct OptimizerDescriptor: Sendable, Hashable, Codable {
    /// Name in sweep files, for example `adamw`.
    public var name: String
    /// One sentence.
    public var summary: String
    /// Hyperparameters with ranges, defaults and units; the first is `learning_rate`.
    public var hyperparameters: [HyperparameterDescriptor]
    /// Which ball it moves in.
    public var geometry: OptimizerGeometry
    /// Sources.
    public var references: [LiteratureReference]
    /// The update in plain characters, a line each; empty when the summary says it all.
    public var rule: String
    /// Metrics it reports beside the workload's.
    public var metrics: [String]
    /// Whether it is a method of rounds between workers instead of an update rule of one model: it runs on workloads that
    /// have workers, and on no others.
    public var isRoundMethod: Bool
    /// `established` or `experimental`.
    public var maturity: Maturity

    /// How well tried a plugin is.
    public enum Maturity: String, Sendable, Hashable, Codable {
        /// Used widely outside this project.
        case established
        /// Implemented from its paper; constants may differ from its authors' code.
        case experimental
    }

    /// Describes an optimizer.
    public init(
        name: String, summary: String, hyperparameters: [HyperparameterDescriptor],
        geometry: OptimizerGeometry,
        references: [LiteratureReference], rule: String = "", metrics: [String] = [],
        isRoundMethod: Bool = false, maturity: Maturity = .established
    ) {
        self.name = name
        self.summary = summary
        self.hyperparameters = hyperparameters
        self.geometry = geometry
        self.references = references
        self.rule = rule
        self.metrics = metrics
        self.isRoundMethod = isRoundMethod
        self.maturity = maturity
    }
}

/// An optimizer that sweeps can name: its description and how to make it.
public protocol OptimizerPlugin: OptimizerFactory {
    /// What it says about itself.
    var descriptor: OptimizerDescriptor { get }
}
