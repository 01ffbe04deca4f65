public import Engine

/// What a method says about itself: checks of settings, defaults and pages of documentation come from it.
public struct MethodDescriptor: Sendable, Hashable, Codable {
    /// How well tried a method is.
    public enum Maturity: String, Sendable, Hashable, Codable {
        /// Used widely, or confirmed against its authors' code.
        case established
        /// Implemented from its paper; constants may differ from its authors' code.
        case experimental
    }

    /// Name, words joined by hyphens.
    public var name: String
    /// One sentence.
    public var summary: String
    /// Settings with ranges; a setting without a fixed default takes the theory's.
    public var hyperparameters: [HyperparameterDescriptor]
    /// How defaults follow from the problem, in words, by name of the setting.
    public var theory: [String: String]
    /// arXiv ids, or names of older sources.
    public var references: [String]
    /// How well tried.
    public var maturity: Maturity

    init(
        name: String, summary: String, _ settings: [MethodSetting], _ references: [String],
        _ maturity: Maturity
    ) {
        self.name = name
        self.summary = summary
        self.references = references
        self.maturity = maturity
        hyperparameters = settings.map(\.descriptor)
        theory = [:]
        for s in settings where s.theory != nil { theory[s.descriptor.name] = s.theoryText }
    }
}

/// One setting: its description and what the theory says about it.
public struct MethodSetting: Sendable {
    /// Name, range, fixed default.
    public var descriptor: HyperparameterDescriptor
    /// The default where none is fixed, from the problem's constants and the settings before this one.
    public var theory: (@Sendable (ProblemConstants, MethodValues) -> Double)?
    /// The same in words.
    public var theoryText: String

    /// A positive real whose default the theory gives.
    static func real(
        _ name: String, _ summary: String, _ text: String,
        _ theory: @escaping @Sendable (ProblemConstants) -> Double
    ) -> MethodSetting {
        MethodSetting(
            descriptor: HyperparameterDescriptor(
                name: name, summary: summary, kind: .real(min: 0, max: 1e12), defaultValue: nil, scale: .log),
            theory: { c, _ in theory(c) }, theoryText: text)
    }

    /// A positive real whose default follows from the problem and the settings before it.
    static func derived(
        _ name: String, _ summary: String, _ text: String,
        _ theory: @escaping @Sendable (ProblemConstants, MethodValues) -> Double
    ) -> MethodSetting {
        var setting = MethodSetting.real(name, summary, text) { _ in 0 }
        setting.theory = theory
        return setting
    }

    /// A real with a fixed default.
    static func real(
        _ name: String, _ summary: String, _ value: Double, _ range: ClosedRange<Double> = 0...1e12
    )
        -> MethodSetting
    {
        MethodSetting(
            descriptor: HyperparameterDescriptor(
                name: name, summary: summary, kind: .real(min: range.lowerBound, max: range.upperBound),
                defaultValue: .real(value), scale: range.upperBound > 1 ? .log : .linear),
            theory: nil, theoryText: "")
    }

    /// A whole number whose default follows from the problem.
    static func count(
        _ name: String, _ summary: String, _ text: String,
        _ theory: @escaping @Sendable (ProblemConstants) -> Int
    ) -> MethodSetting {
        MethodSetting(
            descriptor: HyperparameterDescriptor(
                name: name, summary: summary, kind: .integer(min: 1, max: 1_000_000), defaultValue: nil),
            theory: { c, _ in Double(theory(c)) }, theoryText: text)
    }

    /// A whole number with a fixed default.
    static func count(_ name: String, _ summary: String, _ value: Int) -> MethodSetting {
        MethodSetting(
            descriptor: HyperparameterDescriptor(
                name: name, summary: summary, kind: .integer(min: 1, max: 1_000_000),
                defaultValue: .integer(value)),
            theory: nil, theoryText: "")
    }
}
