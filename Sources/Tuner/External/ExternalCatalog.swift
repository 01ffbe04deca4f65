import Engine
public import Plugins

/// Where sweep files find optimizers from outside.
public struct ExternalCatalog: Sendable {
    /// What a sweep file asks for.
    public enum Request: Sendable, Hashable {
        /// `optimizer: {plugin: PATH}`, the path absolute.
        case file(String)
        /// A name that no built-in optimizer has.
        case named(String)
    }

    /// The optimizer, or `nil` when there is none of the name. Throws `EngineError` for a library that cannot be used.
    public var find: @Sendable (Request) throws -> ExternalOptimizer?
    /// The names that could be found, for messages.
    public var names: @Sendable () -> [String]

    /// A catalog of two functions.
    public init(
        find: @escaping @Sendable (Request) throws -> ExternalOptimizer?,
        names: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.find = find
        self.names = names
    }

    /// Nothing comes from outside.
    public static let none = ExternalCatalog { _ in nil }

    /// Libraries are described by processes of their own; names are looked up in folders.
    ///
    /// - Parameters:
    ///   - directories: where names are looked up.
    ///   - describer: asks a library.
    public init(_ directories: PluginDirectories, describer: LibraryDescriber = LibraryDescriber()) {
        self.init(
            find: { request in
                switch request {
                case .file(let path): return try describer.describe(path)
                case .named(let name):
                    guard let path = directories.path(of: name) else { return nil }
                    let found = try describer.describe(path)
                    guard found.descriptor.name == name else { throw Self.wrongName(found, path) }
                    return found
                }
            }, names: { directories.names })
    }

    private static func wrongName(_ found: ExternalOptimizer, _ path: String) -> EngineError {
        let name = found.descriptor.name
        return EngineError(
            code: "plugin-name-mismatch", message: "the plugin '\(path)' holds the optimizer '\(name)'",
            why: "in a plugin directory the file is named like the optimizer", help: "call it 'lib\(name).so'"
        )
    }
}
