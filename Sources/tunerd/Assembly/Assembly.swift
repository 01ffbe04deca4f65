import Tuner

/// The composition root: the one place that knows every part of the program.
enum Assembly {
    /// Version of the program.
    static let version = "0.1.0"

    /// Makes services, readers and planners.
    static let factory: any ServiceFactory = BuiltInFactory()

    /// What the router needs beside a service.
    static func surroundings() throws -> Router.Surroundings {
        let factory = factory
        return Router.Surroundings(
            version: version, plugins: try factory.plugins(),
            isCommandSweep: { source in
                // A file that cannot be read is refused later, with its diagnostics; it runs nothing.
                guard let definition = try? factory.read(source) else { return false }
                if case .command = definition.subject { return true }
                return false
            })
    }
}
