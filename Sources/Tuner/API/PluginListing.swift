public import Engine
public import Plugins

/// What can be named in a sweep file, as `GET /v1/plugins` and `tunerd plugins` show it.
public struct PluginListing: Sendable, Hashable, Codable {
    /// Optimizers, workloads and parts of methods, each kind by name.
    public var plugins: [Entry]

    /// One of them.
    public struct Entry: Sendable, Hashable, Codable {
        /// `optimizer`, `workload`, or a part of a method: `compressor`, `aggregator`, `attack`.
        public var kind: String
        /// Name in sweep files.
        public var name: String
        /// One sentence.
        public var summary: String
        /// The update, a line each; optimizers only.
        public var rule: String?
        /// Hyperparameters or options.
        public var settings: [Setting]
        /// `established` or `experimental`; not of workloads.
        public var maturity: String?
        /// Unit ball the optimizer moves in.
        public var geometry: String?
        /// Metrics a workload reports, of which the first is minimised unless the sweep says otherwise; what an optimizer
        /// reports beside them.
        public var metrics: [String]?
        /// Sources.
        public var references: [Reference]?
    }

    /// A source.
    public struct Reference: Sendable, Hashable, Codable {
        /// Authors, title, year.
        public var text: String
        /// arXiv id or another locator.
        public var locator: String
    }

    /// One setting.
    public struct Setting: Sendable, Hashable, Codable {
        /// Name.
        public var name: String
        /// One sentence.
        public var summary: String
        /// `real`, `integer`, `choice`, `flag` or `path`.
        public var type: String
        /// Smallest accepted number.
        public var min: Double?
        /// Largest accepted number.
        public var max: Double?
        /// Accepted names.
        public var choices: [String]?
        /// Used when nothing is said.
        public var defaultValue: HyperparameterValue?
        /// Scale on which a search moves.
        public var scale: String
        /// Unit; `1` for a dimensionless number.
        public var unit: String

        enum CodingKeys: String, CodingKey {
            case name, summary, type, min, max, choices
            case defaultValue = "default"
            case scale, unit
        }

        init(_ descriptor: HyperparameterDescriptor) {
            name = descriptor.name
            summary = descriptor.summary
            defaultValue = descriptor.defaultValue
            scale = descriptor.scale.rawValue
            unit = descriptor.unit
            switch descriptor.kind {
            case .real(let low, let high): (type, min, max) = ("real", low, high)
            case .integer(let low, let high): (type, min, max) = ("integer", Double(low), Double(high))
            case .choice(let names): (type, choices) = ("choice", names)
            case .flag: type = "flag"
            case .path: type = "path"
            }
        }
    }

    /// Lists descriptors, optimizers first, then workloads and parts, each sorted by name.
    public init(
        optimizers: [OptimizerDescriptor], workloads: [WorkloadDescriptor], parts: [PartDescriptor] = []
    ) {
        plugins =
            optimizers.sorted { $0.name < $1.name }.map { optimizer in
                Entry(
                    kind: "optimizer", name: optimizer.name, summary: optimizer.summary,
                    rule: optimizer.rule.isEmpty ? nil : optimizer.rule,
                    settings: optimizer.hyperparameters.map(Setting.init),
                    maturity: optimizer.maturity.rawValue, geometry: optimizer.geometry.rawValue,
                    metrics: optimizer.metrics.isEmpty ? nil : optimizer.metrics,
                    references: Self.references(optimizer.references))
            }
            + workloads.sorted { $0.name < $1.name }.map { workload in
                Entry(
                    kind: "workload", name: workload.name, summary: workload.summary,
                    settings: workload.options.map(Setting.init),
                    metrics: [workload.defaultMetric]
                        + workload.metrics.filter { $0 != workload.defaultMetric })
            }
            + parts.sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }.map { part in
                Entry(
                    kind: part.kind, name: part.name, summary: part.summary, settings: [],
                    maturity: part.maturity.rawValue, references: Self.references(part.references))
            }
    }

    private static func references(_ all: [LiteratureReference]) -> [Reference] {
        all.map { Reference(text: $0.text, locator: $0.locator) }
    }
}
