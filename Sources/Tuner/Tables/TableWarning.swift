public import ScalingLaws

/// Something a fit of a table cannot know: the warnings of its laws, and those about the table itself.
public struct TableWarning: Sendable, Hashable, Codable {
    /// Stable kebab-case code: those of `LawWarning.Code` and `LossLawWarning.Code`, and `held-condition`,
    /// `mixed-group`, `mixed-settings`, `no-law`, `ignored-column`, `repeated-rows`, `influential-rows`,
    /// `where-not-inherited`.
    public var code: String
    /// One sentence for a person, with the figures it rests on.
    public var text: String
    /// The optimizer whose law it is about; `nil` when there is one law, or it is about all.
    public var optimizer: String?

    init(_ code: String, _ text: String, optimizer: String? = nil) {
        self.code = code
        self.text = text
        self.optimizer = optimizer
    }

    /// The warning of a law.
    public init(_ warning: LawWarning, optimizer: String?) {
        self.init(warning.code.rawValue, warning.text, optimizer: optimizer)
    }

    /// The warning of a loss law or critical batch size.
    public init(_ warning: LossLawWarning) { self.init(warning.code.rawValue, warning.text) }
}
