/// Everything an exporter may show of one sweep.
public struct ExportInput: Sendable {
    /// What was asked.
    public var definition: SweepDefinition
    /// The fit; `nil` when there is not enough data for one.
    public var law: FittedLaw?
    /// Why there is no fit.
    public var lawFailure: TunerError?
    /// Answers for the sweep's target budgets, ascending.
    public var recommendations: [Recommendation]
    /// All trials by number.
    public var trials: [Trial]
    /// The front over the sweep's own objectives.
    public var pareto: ParetoFront

    /// The material of an export.
    public init(
        definition: SweepDefinition, law: FittedLaw?, lawFailure: TunerError? = nil,
        recommendations: [Recommendation], trials: [Trial], pareto: ParetoFront
    ) {
        self.definition = definition
        self.law = law
        self.lawFailure = lawFailure
        self.recommendations = recommendations
        self.trials = trials
        self.pareto = pareto
    }

    /// The fit, or the reason why there is none.
    ///
    /// - Returns: the fit.
    /// - Throws: `notEnoughData`.
    func requireLaw() throws -> FittedLaw {
        if let law { return law }
        throw lawFailure
            ?? TunerError(
                .notEnoughData, "sweep '\(definition.name)' has no law yet",
                help: "let more trials finish, or export 'csv'")
    }
}

/// Writes a sweep in one format. The same input gives the same bytes.
public protocol Exporter: Sendable {
    /// What it says about itself.
    var format: ExportFormat { get }

    /// The file.
    ///
    /// - Parameter input: the sweep.
    /// - Returns: the text, ending with a line feed.
    /// - Throws: `notEnoughData` when the format needs a law and there is none.
    func export(_ input: ExportInput) throws -> String
}

/// A format of `tunerd export`.
public struct ExportFormat: Sendable, Hashable, Codable {
    /// Name on the command line.
    public var name: String
    /// One sentence.
    public var summary: String
    /// Media type on the socket.
    public var mediaType: String
    /// Extension of a file, without the dot.
    public var fileExtension: String

    enum CodingKeys: String, CodingKey {
        case name, summary
        case mediaType = "media_type"
        case fileExtension = "file_extension"
    }
}

/// The exporters by name.
public struct ExporterRegistry: Sendable {
    /// In the order they are listed.
    public let exporters: [any Exporter]

    /// A registry; the default has every exporter of the program.
    public init(_ exporters: [any Exporter] = ExporterRegistry.builtIn) {
        self.exporters = exporters
    }

    /// The exporter of a format.
    ///
    /// - Parameter name: the format.
    /// - Returns: its exporter.
    /// - Throws: `usage` for an unknown name, with the known ones.
    public func exporter(named name: String) throws -> any Exporter {
        guard let found = exporters.first(where: { $0.format.name == name }) else {
            throw TunerError(
                .usage, "unknown export format '\(name)'",
                why: "known are \(exporters.map(\.format.name).joined(separator: ", "))")
        }
        return found
    }
}
