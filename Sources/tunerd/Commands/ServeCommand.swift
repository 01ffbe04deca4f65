import ArgumentParser
import Foundation
import Tuner

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the daemon: sweeps in the background, answers on a Unix socket.",
        discussion: """
            SIGTERM or SIGINT drains: no new trials start, running ones get --drain-seconds to reach a checkpoint, the \
            rest goes on at the next start. A second signal ends the daemon at once.
            """)

    /// What members of the daemon's group may do.
    enum GroupAccess: String, ExpressibleByArgument, CaseIterable {
        case none, read, submit
    }

    @Option(help: "Socket to listen on (TUNERD_SOCKET).") var socket: String?
    @Option(help: "Database (TUNERD_STORE).") var store: String?
    @Option(help: "Folder whose *.yaml files are submitted when they come or change (TUNERD_SWEEPS).")
    var sweeps: String?
    @Option(help: "Trials at once; default one per core (TUNERD_SLOTS).") var slots: Int?
    @Option(help: "Seconds that running trials get to reach a checkpoint (TUNERD_DRAIN_SECONDS).")
    var drainSeconds: Double?
    @Option(help: "User, by name or number, who may do everything; may be repeated.") var `operator`:
        [String] = []
    @OptionGroup var plugins: PluginOptions
    @Option(help: "What members of the daemon's group may do: none, read, or submit sweeps without commands.")
    var groupAccess: GroupAccess = .none

    func validate() throws {
        if let slots, slots < 1 { throw ValidationError("--slots must be at least 1.") }
        if let drainSeconds, drainSeconds < 0 {
            throw ValidationError("--drain-seconds must not be negative.")
        }
    }

    func run() async throws {
        let signals = SignalWatcher()
        let drainSeconds = try self.drainSeconds ?? Defaults.number("TUNERD_DRAIN_SECONDS") ?? 20.0
        let options = ServiceOptions(
            store: Defaults.store(store), slots: try slots ?? Defaults.number("TUNERD_SLOTS"),
            drainSeconds: drainSeconds)
        let path = Defaults.socket(socket)
        try SocketPath.check(path)
        let policy = AccessPolicy(
            owner: geteuid(), groups: groupAccess == .none ? [] : [getegid()],
            operators: try Set(`operator`.map(Self.userID)), membersMaySubmit: groupAccess == .submit)

        // The store's lock comes before the socket is touched.
        let factory = plugins.factory
        let service = try await factory.start(options)
        do {
            let listener = try SocketListener(path: path, sharing: groupAccess == .none ? .owner : .group)
            let router = Router(policy: policy, surroundings: try Assembly.surroundings(of: factory))
            let operations = service.operations
            let server = SocketServer(listener: listener, version: Assembly.version) { request in
                await router.respond(to: request, using: operations)
            }
            try await serve(
                server, service, signals, path: path, store: options.store, drainSeconds: drainSeconds)
        } catch {
            await service.drain()
            throw error
        }
    }

    private func serve(
        _ server: SocketServer, _ service: any RunningService, _ signals: SignalWatcher, path: String,
        store: String, drainSeconds: Double
    ) async throws {
        let folder = sweeps ?? Defaults.setting("TUNERD_SWEEPS")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run {
                    Output.note("tunerd: listening on '\(path)', store '\(store)'")
                    ServiceManager.notify("READY=1")
                }
            }
            group.addTask {
                let operations = service.operations
                let watching = folder.map { path in
                    Task {
                        var folder = SweepFolder(path: path, submit: operations.submit, report: Output.note)
                        await folder.watch()
                    }
                }
                defer { watching?.cancel() }
                guard let signal = await signals.wait() else { return }
                watching?.cancel()
                ServiceManager.notify("STOPPING=1")
                Output.note(
                    "tunerd: signal \(signal), draining for at most \(NumberText.duration(drainSeconds))")
                await service.drain()
                await server.drain(seconds: 2)
            }
            // The server ends after the drain; if it ends before, the daemon fails.
            try await group.next()
            try await group.next()
        }
        Output.note("tunerd: stopped")
    }

    private static func userID(_ text: String) throws -> UInt32 {
        if let number = UInt32(text) { return number }
        guard let entry = getpwnam(text) else {
            throw TunerError(.badConfiguration, "there is no user '\(text)'", help: "give a name or number")
        }
        return entry.pointee.pw_uid
    }
}
