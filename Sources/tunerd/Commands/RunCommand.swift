import ArgumentParser
import Foundation
import Tuner

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a sweep here, without a daemon, and answer for its target budget.",
        discussion: """
            Trials are kept in the store: an interrupted run goes on where it was when the same command is given \
            again. Exit status 75 when the finished trials do not suffice for a law, 130 when interrupted.
            """)

    @Argument(help: "Sweep file; - is standard input.") var file: String
    @Option(help: "Database (TUNERD_STORE).") var store: String?
    @Option(help: "Trials at once; default one per core (TUNERD_SLOTS).") var slots: Int?
    @Option(help: "Tokens to answer for, instead of the file's targets; may be repeated.")
    var tokenBudget: [CountArgument] = []
    @Option(
        help: "Seconds that running trials get to reach a checkpoint when interrupted (TUNERD_DRAIN_SECONDS)."
    )
    var drainSeconds: Double?
    @Flag(name: [.short, .long], help: "No progress on standard error.") var quiet = false
    @OptionGroup var plugins: PluginOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let slots, slots < 1 { throw ValidationError("--slots must be at least 1.") }
        if let drainSeconds, drainSeconds < 0 {
            throw ValidationError("--drain-seconds must not be negative.")
        }
    }

    func run() async throws {
        let factory = plugins.factory
        let source = try SweepFile.load(file)
        let definition = try factory.read(source)
        guard !definition.isAskTell else {
            throw TunerError(
                .usage, "the trials of sweep '\(definition.name)' are run by a loop of yours, not here",
                why: "it has 'ask_tell'",
                help: "start 'tunerd serve', 'tunerd submit' the file, then 'tunerd ask' and 'tunerd tell'")
        }
        let signals = SignalWatcher()
        let drainSeconds = try self.drainSeconds ?? Defaults.number("TUNERD_DRAIN_SECONDS") ?? 20.0
        let service = try await factory.start(
            ServiceOptions(
                store: Defaults.store(store), slots: try slots ?? Defaults.number("TUNERD_SLOTS"),
                drainSeconds: drainSeconds))
        let ending: Ending
        do {
            let backend = InProcessBackend(
                operations: service.operations, surroundings: try Assembly.surroundings(of: factory))
            ending = try await follow(SweepAPI(backend), source, signals)
        } catch {
            await service.drain()
            throw error
        }
        switch ending {
        case .ended(let report):
            await service.drain()
            try Output.show(report, as: output.format)
            if let failure = report.failure { throw failure }
        case .interrupted(let signal):
            if !quiet {
                Output.note(
                    "tunerd: draining for at most \(NumberText.duration(drainSeconds)); again to end at once")
            }
            await service.drain()
            Output.note("tunerd: interrupted; the same command goes on where it was")
            throw ExitCode(128 + signal)
        }
    }

    /// How following a sweep ended.
    private enum Ending: Sendable {
        case ended(RunReport)
        case interrupted(CInt)
    }

    private func follow(_ api: SweepAPI, _ source: SweepSource, _ signals: SignalWatcher) async throws
        -> Ending
    {
        var summary = try await api.submit(source)
        if summary.state == .paused { summary = try await api.resume(summary.name) }
        let follower = RunFollower(api: api, sweep: summary.name, quiet: quiet)
        let budgets = tokenBudget.map(\.value)
        return try await withThrowingTaskGroup(of: Ending?.self) { group in
            group.addTask {
                let summary = try await follower.follow()
                return .ended(try await RunReport.gather(summary, budgets: budgets, from: api))
            }
            group.addTask { await signals.wait().map { .interrupted($0) } }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }
}
