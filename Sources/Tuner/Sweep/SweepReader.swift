/// Reads sweep files: YAML in, a checked `SweepDefinition` or all of its problems out.
///
///     let reader = SweepReader(catalog: catalog)
///     let definition = try reader.read(SweepSource(contentsOf: url))
///
/// Reading is pure but for two looks at the disk: whether paths given to a workload and the working directory exist.
public struct SweepReader: Sendable {
    /// What the file may name.
    public var catalog: SweepCatalog

    /// A reader.
    public init(catalog: SweepCatalog) {
        self.catalog = catalog
    }

    /// Reads a sweep file.
    ///
    /// - Parameter source: the text with its place.
    /// - Returns: the sweep.
    /// - Throws: `invalidSweep` with every problem of the file, sorted by position.
    public func read(_ source: SweepSource) throws(TunerError) -> SweepDefinition {
        let (definition, diagnostics) = check(source)
        guard let definition else { throw Self.error(diagnostics, file: source.file) }
        return definition
    }

    /// Reads a sweep file without throwing.
    ///
    /// - Parameter source: the text with its place.
    /// - Returns: the sweep and no diagnostics, or `nil` and at least one.
    public func check(
        _ source: SweepSource
    ) -> (definition: SweepDefinition?, diagnostics: [SweepDiagnostic]) {
        let text = SourceText(file: source.file, text: source.text)
        var problems = DiagnosticList(text)
        guard let root = YAMLComposer.compose(text, problems: &problems) else {
            return (nil, problems.sorted)
        }
        var parser = SweepParser(source: source, text: text, catalog: catalog, problems: problems)
        let definition = parser.sweep(root)
        return parser.problems.isEmpty ? (definition, []) : (nil, parser.problems.sorted)
    }

    static func error(_ diagnostics: [SweepDiagnostic], file: String) -> TunerError {
        let problems = diagnostics.count == 1 ? "1 problem" : "\(diagnostics.count) problems"
        return TunerError(.invalidSweep, "sweep file '\(file)' has \(problems)", diagnostics: diagnostics)
    }
}
