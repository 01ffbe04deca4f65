public import Foundation

/// The text of a sweep file with what is needed to read it again to the same meaning after a restart.
public struct SweepSource: Sendable, Hashable, Codable {
    /// The YAML text.
    public var text: String
    /// How diagnostics name the file.
    public var file: String
    /// The folder relative paths are taken from; absolute.
    public var directory: URL

    /// A source.
    public init(text: String, file: String, directory: URL) {
        self.text = text
        self.file = file
        self.directory = directory
    }
}
