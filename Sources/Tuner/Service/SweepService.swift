import Foundation

/// Drives all sweeps of a store: asks planners for rounds, hands trials to the runner, and writes down what comes of it.
///
///     let service = SweepService(store: store, dependencies: dependencies)
///     try await service.start()                  // settles what a crash left open, then goes on
///     _ = try await service.submit(source)
///     await service.waitUntilIdle()
///     await service.drain()
///
/// - A planner is asked for its next round only when every trial of the rounds before is finished, so the state of
///   a sweep is its trial table, and a restart changes nothing about which trials are run.
/// - Slots are shared: the sweep with the fewest running trials is served next, up to its own `parallel`.
/// - A planner that throws, or a store that cannot keep a sweep consistent, fails that sweep with the message. A
///   store without room is waited for.
public actor SweepService: SweepOperations {
    let store: Store
    let dependencies: Dependencies
    private let startedAt = ContinuousClock.now

    /// Sweeps that are running, paused or just ended, by name.
    var runs: [String: SweepRun] = [:]
    var isStarted = false
    var isDraining = false
    var served = 0
    /// Why the store cannot be written right now.
    var storeTrouble: TunerError?
    /// Looks after the leases of trials in outside hands.
    var leaseWatch: Task<Void, Never>?
    /// The stopping rules of sweeps with `early_terminate`. Beside the runs and not in them: a run is copied, and a
    /// copy of a rule would be paid for at its next change.
    var desks: [String: StoppingDesk] = [:]
    /// Fits under way, by sweep.
    var fits: [String: Task<FittedLaw, any Error>] = [:]

    /// Probes under way, by sweep.
    var probes: [String: Task<ProbeRecord, any Error>] = [:]

    /// Counts the changes told to waiters.
    var changes = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0

    /// A service; nothing happens before `start`.
    public init(store: Store, dependencies: Dependencies) {
        self.store = store
        self.dependencies = dependencies
    }

    // MARK: Sweeps

    /// Reads, checks and stores a sweep, and starts it; the same text again is answered with what is there.
    public func submit(_ source: SweepSource) async throws(TunerError) -> SweepSummary {
        let definition = try await read(source)
        if let answer = try await existing(definition, source) { return answer }
        guard !isDraining else { throw Self.draining }
        let planner = try translating { try dependencies.makePlanner(definition) }
        let expected = await expectedTrials(planner, definition, history: [])
        let live =
            definition.isAskTell ? try translating { try dependencies.makeLivePlanner(definition) } : nil
        let id: Int64
        do {
            id = try await store.insertSweep(
                definition, source: source, expectedTrials: expected, at: dependencies.now())
        } catch {
            // Another request was faster with the same sweep.
            if error.code == .conflict, let answer = try await existing(definition, source) {
                return answer
            }
            throw error
        }
        runs[definition.name] = SweepRun(
            id: id, definition: definition, planner: planner, state: .running, waiting: [],
            desk: definition.isAskTell
                ? AskDesk(planner: live.map { LivePlannerQueue($0, nextNumber: 1) }) : nil)
        desks[definition.name] = StoppingDesk(definition)
        changed()
        pump()
        return try await summary(of: definition.name)
    }

    /// All sweeps, oldest first.
    public func sweeps() async throws(TunerError) -> [SweepSummary] { try await store.summaries() }

    /// One sweep.
    public func summary(of sweep: String) async throws(TunerError) -> SweepSummary {
        guard let summary = try await store.summaries(of: sweep).first else { throw Self.notFound(sweep) }
        return summary
    }

    /// The definition and source of a sweep; one that is not driven is read again.
    public func definition(of sweep: String) async throws(TunerError) -> (
        definition: SweepDefinition, source: SweepSource
    ) {
        guard let stored = try await store.storedSweep(named: sweep) else { throw Self.notFound(sweep) }
        if let run = runs[sweep], run.id == stored.id { return (run.definition, stored.source) }
        return (try await read(stored.source), stored.source)
    }

    /// What a law-guided sweep has cost beside the runs it is for. Others may have any number of trials, which would all
    /// be read.
    public func cost(of sweep: String) async throws(TunerError) -> SweepCost? {
        let definition = try await definition(of: sweep).definition
        guard definition.method == .lawGuided else { return nil }
        return SweepCost(definition, trials: try await store.trials(of: sweep))
    }

    // MARK: Trials

    /// Trials by number.
    public func trials(of sweep: String, after: Int, limit: Int) async throws(TunerError) -> [Trial] {
        try await store.trials(of: sweep, after: after, limit: limit)
    }

    /// Observations of a trial's current attempt.
    public func observations(of sweep: String, trial: Int) async throws(TunerError) -> [Observation] {
        guard let attempt = try await store.currentAttempt(of: sweep, trial: trial) else { return [] }
        return try await store.observations(of: attempt)
    }

    /// The log of a trial's current attempt, at most the last 64 KiB.
    public func log(of sweep: String, trial: Int) async throws(TunerError) -> String {
        // A trial in outside hands has no folder here.
        guard let attempt = try await store.currentAttempt(of: sweep, trial: trial),
            !attempt.directory.isEmpty
        else { return "" }
        return AttemptDirectory(path: attempt.directory).logTail(bytes: 64 * 1024)
    }

    // MARK: The daemon

    /// Events after an id.
    public func events(after id: Int64, limit: Int) async throws(TunerError) -> [SweepEvent] {
        try await store.events(after: id, limit: limit)
    }

    /// Health and load.
    public func status() async throws(TunerError) -> ServiceStatus {
        var health = store.health
        if let storeTrouble {
            health.append(.init(code: "store-not-writable", text: storeTrouble.description))
        }
        let states = try await store.storedSweeps().map(\.state)
        let running = runs.values.sorted { $0.name < $1.name }.flatMap { run in
            run.running.keys.sorted().map { "\(run.name)/\($0)" }
        }
        let uptime = startedAt.duration(to: .now)
        return ServiceStatus(
            version: dependencies.version, processID: getpid(),
            uptimeSeconds: Double(uptime.components.seconds) + Double(uptime.components.attoseconds) / 1e18,
            store: store.path.path, slots: dependencies.slots, running: running,
            sweeps: Dictionary(states.map { ($0, 1) }, uniquingKeysWith: +), health: health)
    }

    // MARK: Helpers

    /// The summary of a sweep that is there with the same text; `conflict` with another text or another library, `nil`
    /// when it is not.
    private func existing(
        _ definition: SweepDefinition, _ source: SweepSource
    ) async throws(TunerError) -> SweepSummary? {
        let name = definition.name
        guard let stored = try await store.storedSweep(named: name) else { return nil }
        guard stored.source.text == source.text else {
            throw TunerError(
                .conflict, "there is a sweep '\(name)' already, with another text",
                help: "give the sweep another name, or remove the old one: tunerd remove \(name)")
        }
        let (before, now) = (stored.source.external?.origin, definition.optimizer?.external?.origin)
        guard before?.sha256 == now?.sha256 else {
            throw TunerError(
                .conflict,
                "there is a sweep '\(name)' already, with another optimizer library [plugin-changed]",
                why: "its trials are of '\(before?.path ?? "a built-in optimizer")' with the SHA-256 "
                    + "\(before?.sha256.prefix(12) ?? "-")..., which is \(now?.sha256.prefix(12) ?? "-")... now",
                help: "put the old library back, or give the sweep another name")
        }
        return try await summary(of: name)
    }

    /// Upper estimate of all trials of a sweep, finished ones included.
    func expectedTrials(_ planner: any Planner, _ definition: SweepDefinition, history: [Trial]) async -> Int
    {
        let further = try? await Offload.run { planner.expectedTrialCount(history: history) }
        return min(history.count + max(0, further ?? 0), definition.runCap ?? .max)
    }

    /// Reads a sweep file off the cooperative pool: a library from outside may be asked what it is.
    func read(_ source: SweepSource) async throws(TunerError) -> SweepDefinition {
        do { return try await Offload.run { [dependencies] in try dependencies.readSweep(source) } } catch {
            return try translating { throw error }
        }
    }

    /// Errors of injected closures as `TunerError`.
    nonisolated func translating<Value>(_ body: () throws -> Value) throws(TunerError) -> Value {
        do { return try body() } catch let error as TunerError { throw error } catch {
            throw TunerError(.failed, "\(error)")
        }
    }

    static func notFound(_ sweep: String) -> TunerError {
        TunerError(.notFound, "there is no sweep '\(sweep)'", help: "see: tunerd list")
    }

    static let draining = TunerError(
        .conflict, "the daemon is shutting down", help: "submit again when it is back")
}
