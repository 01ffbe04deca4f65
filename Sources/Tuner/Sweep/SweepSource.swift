public import Foundation
public import Plugins

/// The text of a sweep file with what is needed to read it again to the same meaning after a restart.
public struct SweepSource: Sendable, Hashable, Codable {
    /// The YAML text.
    public var text: String
    /// How diagnostics name the file.
    public var file: String
    /// The folder relative paths are taken from; absolute.
    public var directory: URL
    /// The optimizer from outside that the file named when the sweep was submitted; it is not asked again, so that the
    /// file keeps its meaning. Kept by the store alone: it is no part of the JSON, and nobody can send one.
    public var external: ExternalOptimizer?

    enum CodingKeys: String, CodingKey { case text, file, directory }

    /// A source.
    public init(text: String, file: String, directory: URL, external: ExternalOptimizer? = nil) {
        self.external = external
        self.text = text
        self.file = file
        self.directory = directory
    }
}
