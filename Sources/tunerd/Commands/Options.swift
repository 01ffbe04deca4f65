import ArgumentParser
import Foundation
import Tuner

/// Places and their defaults: flag, else environment, else the standard folders.
enum Defaults {
    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    static func socket(_ flag: String?) -> String {
        flag ?? setting("TUNERD_SOCKET") ?? SocketPath.standard(environment: environment, userID: geteuid())
    }

    static func store(_ flag: String?) -> String {
        if let path = flag ?? setting("TUNERD_STORE") { return path }
        if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") {
            return folder + "/tunerd/tunerd.sqlite"
        }
        if let home = environment["HOME"], home.hasPrefix("/") {
            return home + "/.local/share/tunerd/tunerd.sqlite"
        }
        return "/var/lib/tunerd/tunerd.sqlite"
    }

    /// A variable that is set and not empty.
    static func setting(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func number<Value: LosslessStringConvertible>(_ name: String) throws -> Value? {
        guard let text = setting(name) else { return nil }
        guard let value = Value(text) else {
            throw TunerError(
                .badConfiguration, "'\(text)' is not a valid '\(name)'", help: "set it to a number")
        }
        return value
    }
}

/// Where optimizers from outside are found by name.
struct PluginOptions: ParsableArguments {
    @Option(
        help:
            "Folder with optimizers of your own; may be repeated (TUNERD_PLUGIN_PATH, with ':' between folders)."
    )
    var pluginDirectory: [String] = []

    /// The program with these folders.
    var factory: any ServiceFactory {
        Assembly.factory(
            plugins: .standard(flags: pluginDirectory, environment: ProcessInfo.processInfo.environment))
    }
}

/// How a result is written.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write JSON with full precision; errors are one JSON object on standard error.")
    var json = false

    var format: OutputFormat { json ? .json : .text }
}

/// Verbs that change something: only through a daemon.
struct DaemonOptions: ParsableArguments {
    @Option(help: "Socket of the daemon (TUNERD_SOCKET).")
    var socket: String?

    var api: SweepAPI { SweepAPI(SocketClient(path: Defaults.socket(socket))) }
}

/// Verbs that ask: through a daemon, or from a store.
struct SourceOptions: ParsableArguments {
    @Option(help: "Socket of the daemon (TUNERD_SOCKET).")
    var socket: String?

    @Option(help: "Read this database, without a daemon (TUNERD_STORE).")
    var store: String?

    func validate() throws {
        if socket != nil, store != nil {
            throw ValidationError("--socket and --store exclude each other: a daemon has its own store.")
        }
    }

    /// The flag decides, then TUNERD_SOCKET, then TUNERD_STORE, then the standard socket.
    func api() async throws -> SweepAPI {
        let fromEnvironment = socket == nil && Defaults.setting("TUNERD_SOCKET") == nil
        guard let path = store ?? (fromEnvironment ? Defaults.setting("TUNERD_STORE") : nil) else {
            return SweepAPI(SocketClient(path: Defaults.socket(socket)))
        }
        let operations = try await Assembly.factory.open(store: path)
        return SweepAPI(InProcessBackend(operations: operations, surroundings: try Assembly.surroundings()))
    }
}

/// A count on the command line: `1B`, `32Ki`.
struct CountArgument: ExpressibleByArgument {
    var value: Int

    init?(argument: String) {
        guard let value = try? CountFormat.parse(argument, named: "count"), value > 0 else { return nil }
        self.value = value
    }
}
