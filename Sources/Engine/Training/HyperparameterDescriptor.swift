/// What a plugin or a workload says about one of its settings: the single place of its default and its range.
///
/// The sweep file is checked against it, `tunerd plugins` prints it, and the optimizer reads its default from it.
public struct HyperparameterDescriptor: Sendable, Hashable, Codable {
    /// What kind of value is accepted.
    public enum Kind: Sendable, Hashable, Codable {
        /// A real in a closed range.
        case real(min: Double, max: Double)
        /// An integer in a closed range.
        case integer(min: Int, max: Int)
        /// One of several names.
        case choice([String])
        /// On or off.
        case flag
        /// A path to a file or folder; relative paths are taken from the sweep file's folder.
        case path
    }

    /// The scale on which a search moves.
    public enum Scale: String, Sendable, Hashable, Codable {
        /// Factors matter: learning rates, batch sizes.
        case log
        /// Differences matter.
        case linear
        /// Factors of `1 - value` matter: momentum, quantiles close to one.
        case complementLog = "complement_log"
    }

    /// The name used in sweep files, JSON and tables (snake case).
    public var name: String
    /// One sentence.
    public var summary: String
    /// What is accepted.
    public var kind: Kind
    /// The value used when nothing is said; `nil` when the setting is required or absent by default.
    public var defaultValue: HyperparameterValue?
    /// The scale on which a search moves.
    public var scale: Scale
    /// The unit, or `"1"` for a dimensionless number.
    public var unit: String

    /// Describes one setting.
    public init(
        name: String, summary: String, kind: Kind, defaultValue: HyperparameterValue?, scale: Scale = .linear,
        unit: String = "1"
    ) {
        self.name = name
        self.summary = summary
        self.kind = kind
        self.defaultValue = defaultValue
        self.scale = scale
        self.unit = unit
    }
}
