internal import Methods

/// A part of a method that is chosen by name: what it is and where it comes from.
public struct PartDescriptor: Sendable, Hashable, Codable {
    /// The setting or option it is a value of: `compressor`, `aggregator` or `attack`.
    public var kind: String
    /// Name in sweep files.
    public var name: String
    /// One sentence.
    public var summary: String
    /// `established` or `experimental`.
    public var maturity: OptimizerDescriptor.Maturity
    /// Sources.
    public var references: [LiteratureReference]

    init(_ kind: String, _ descriptor: MethodDescriptor) {
        self.kind = kind
        name = descriptor.name
        summary = descriptor.summary
        maturity = descriptor.maturity == .established ? .established : .experimental
        references = descriptor.references.map { MethodSources.reference($0) }
    }
}
