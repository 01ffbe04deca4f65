import Foundation
import Tuner

/// The composition root: the one place that knows every part of the program.
enum Assembly {
    /// Version of the program.
    static let version = "0.1.0"

    /// Makes services, readers and planners.
    static var factory: any ServiceFactory {
        factory(plugins: .standard(flags: [], environment: ProcessInfo.processInfo.environment))
    }

    /// The same with the folders in which optimizers from outside are found.
    static func factory(plugins: PluginDirectories) -> any ServiceFactory {
        BuiltInFactory(directories: plugins)
    }

    /// What the router needs beside a service.
    static func surroundings(of factory: any ServiceFactory = factory) throws -> Router.Surroundings {
        Router.Surroundings(
            version: version, plugins: try factory.plugins(),
            isCommandSweep: { factory.runsPrograms($0) })
    }
}
