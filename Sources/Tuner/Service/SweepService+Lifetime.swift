import Engine
import Foundation
import Plugins

extension SweepService {
    /// Settles what the last process left open, and starts driving.
    ///
    /// An attempt whose directory holds a result is taken as it is; every other open one is interrupted, and its trial
    /// waits again. A sweep whose file can no longer be read is failed with the message.
    ///
    /// - Throws: a failure of the store.
    public func start() async throws(TunerError) {
        guard !isStarted else { return }
        let stored = try await store.storedSweeps()
        // Those in outside hands stay there: a loop does not notice that the daemon was away.
        for attempt in try await store.openAttempts() where attempt.leaseExpiresAt == nil {
            try await settleOpen(attempt, sweep: stored.first { $0.id == attempt.sweepID })
        }
        try await store.requeueInterrupted(at: dependencies.now())
        for sweep in stored where sweep.state == .running || sweep.state == .paused {
            do {
                runs[sweep.name] = try await load(sweep)
            } catch {
                await fail(sweep.name, error)
            }
        }
        isStarted = true
        leaseWatch = Task { await self.watchLeases() }
        changed()
        pump()
    }

    /// Ends the service: no further trial starts, running ones are asked for a checkpoint and become `interrupted`.
    /// Returns when all processes are gone; the store is left open.
    public func drain() async {
        isDraining = true
        leaseWatch?.cancel()
        let tasks = runs.values.flatMap { $0.running.values.map(\.task) }
        tasks.forEach { $0.cancel() }
        probes.values.forEach { $0.cancel() }
        for task in tasks { await task.value }
        for probe in probes.values { _ = await probe.result }
        await dependencies.runner.shutDown()
        fits.values.forEach { $0.cancel() }
        changed()
    }

    /// A sweep of the store with its planner and waiting trials.
    func load(_ stored: StoredSweep) async throws(TunerError) -> SweepRun {
        var definition = try await read(stored.source)
        definition.probeCentre = try await store.probe(of: stored.name)?.centre
        try await checkLibrary(of: definition)
        let planner = try translating { try dependencies.makePlanner(definition) }
        let trials =
            definition.earlyTermination == nil
            ? try await store.unfinishedTrials(of: stored.name) : try await store.trials(of: stored.name)
        let found = try await restoreDesk(stored, definition, trials: trials)
        var run = SweepRun(
            id: stored.id, definition: definition, planner: planner, state: stored.state,
            waiting: TrialQueue(trials.filter { found.waiting.contains($0.number) }),
            isProbed: definition.probeCentre != nil,
            desk: try await desk(definition, stored.id, told: found.toStop))
        for trial in trials where found.held.contains(trial.number) { run.held[trial.number] = trial }
        return run
    }

    /// A sweep goes on only with the library it began with: its trials would be of two optimizers.
    private func checkLibrary(of definition: SweepDefinition) async throws(TunerError) {
        guard let library = definition.optimizer?.external?.origin else { return }
        do { try await Offload.run { try library.checkUnchanged() } } catch {
            let problem = error as? EngineError
            throw TunerError(
                .conflict, problem.map { "\($0.message) [\($0.code)]" } ?? "\(error)", why: problem?.why,
                help: problem?.help)
        }
    }

    /// The desk of a sweep whose trials are handed out, as it is in the store; `nil` for other sweeps.
    private func desk(
        _ definition: SweepDefinition, _ id: Int64, told toStop: Set<Int>
    ) async throws(TunerError) -> AskDesk? {
        guard definition.isAskTell else { return nil }
        var live = try translating { try dependencies.makeLivePlanner(definition) }
        var last = 0
        var open: [Int: Trial] = [:]
        while true {
            let page = try await store.trials(of: definition.name, after: last, limit: 1000)
            guard let end = page.last else { break }
            last = end.number
            for trial in page where trial.state == .running { open[trial.number] = trial }
            guard let planner = live else { continue }
            live = try await remembering(page, planner)
        }
        var desk = AskDesk(planner: live.map { LivePlannerQueue($0, nextNumber: last + 1) })
        for attempt in try await store.openAttempts() where attempt.sweepID == id {
            guard let trial = open[attempt.trial], let lease = attempt.leaseExpiresAt else { continue }
            desk.add(
                OpenTrial(
                    trial: trial, attempt: attempt, leaseExpiresAt: lease,
                    isToStop: toStop.contains(trial.number)))
        }
        return desk
    }

    /// A planner that knows a further page of the trial table.
    private func remembering(_ page: [Trial], _ planner: any LivePlanner) async throws(TunerError)
        -> any LivePlanner
    {
        do {
            return try await Offload.run {
                var planner = planner
                for trial in page {
                    try planner.begin(trial)
                    if trial.state.isFinished { try planner.tell(trial) }
                }
                return planner
            }
        } catch let error as TunerError { throw error } catch { throw TunerError(.failed, "\(error)") }
    }

    private func settleOpen(_ attempt: StoredAttempt, sweep: StoredSweep?) async throws(TunerError) {
        let directory = AttemptDirectory(path: attempt.directory)
        var end = AttemptEnd.interrupted(trialBecomes: sweep?.state == .cancelled ? .cancelled : .waiting)
        var observations: [Observation] = []
        if let result = directory.result() {
            observations = directory.observations()
            switch result {
            case .completed(let metrics): end = .completed(metrics: metrics)
            case .diverged(let step, let metrics): end = .diverged(step: step, metrics: metrics)
            case .stopped: end = .stopped(metrics: Self.stoppingMetrics(observations.last))
            case .paused, .interrupted: break
            case .failed(let reason, let permanent):
                if let sweep, let definition = try? await read(sweep.source) {
                    end = await failure(
                        reason, permanent: permanent, trial: attempt.trial, attempt.sweepID, definition)
                }
            }
        }
        _ = try await store.finish(
            attempt, end, observations: observations, at: dependencies.now(), front: dependencies.paretoFront)
    }
}
