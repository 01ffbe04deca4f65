/// Trials that end before their budget is spent.
extension SweepService {
    /// What a trial is told in answer to an observation. What it was told first stands, whatever it reports after.
    func answer(
        to observation: Observation, of trial: Trial, _ log: ObservationLog, _ run: SweepRun
    ) async -> TrialDirective {
        if let verdict = await log.verdict { return verdict.directive }
        guard desks[run.name] != nil else { return .proceed }
        // An engine trial goes on from a checkpoint after a crash, and does not report again what it reported before:
        // what a decision rests on has to be there then. A command begins anew.
        if case .workload = run.definition.subject, await !log.flush() { return .proceed }
        guard runs[run.name]?.id == run.id,
            let directive = desks[run.name]?.answer(to: observation, of: trial), directive != .proceed
        else { return .proceed }
        await log.conclude(directive, on: observation)
        return directive
    }

    /// Tells the stopping rule of a finished trial.
    func conclude(_ trial: Trial, of run: SweepRun) {
        if runs[run.name]?.id == run.id { desks[run.name]?.conclude(trial) }
    }

    /// The held trial that the stopping rule lets go on next.
    func takePromoted(of name: String) -> Trial? {
        guard runs[name]?.held.isEmpty == false, let number = desks[name]?.promotion(closing: false) else {
            return nil
        }
        return runs[name]?.held.removeValue(forKey: number)
    }

    /// Settles the held trials of a sweep in which nothing else is left to run: the best go on, and when there is none
    /// that may, all are stopped.
    ///
    /// - Returns: whether any goes on.
    func letHeldGoOn(_ run: SweepRun) async throws(TunerError) -> Bool {
        guard let held = runs[run.name]?.held, !held.isEmpty else { return false }
        var promoted: [Trial] = []
        while let number = desks[run.name]?.promotion(closing: true) {
            if let trial = runs[run.name]?.held.removeValue(forKey: number) { promoted.append(trial) }
        }
        guard promoted.isEmpty else {
            for trial in promoted { runs[run.name]?.waiting.append(trial) }
            return true
        }
        let stopped = try await store.settleWaiting(
            held.keys.sorted().map { ($0, nil) }, as: .stopped, sweepID: run.id, at: dependencies.now(),
            front: dependencies.paretoFront)
        for (trial, attempt) in stopped {
            discardCheckpoint(of: attempt)
            conclude(trial, of: run)
        }
        runs[run.name]?.held = [:]
        return false
    }

    /// Makes the stopping rule of a sweep again from the store.
    ///
    /// - Returns: numbers of the trials that are to run, of those that are held, and of those in outside hands that are
    ///   to stop.
    func restoreDesk(
        _ stored: StoredSweep, _ definition: SweepDefinition, trials: [Trial]
    ) async throws(TunerError) -> (waiting: Set<Int>, held: Set<Int>, toStop: Set<Int>) {
        var waiting = Set(trials.filter { $0.state == .waiting }.map(\.number))
        guard var desk = StoppingDesk(definition) else { return (waiting, [], []) }
        let found = desk.replay(trials: trials, attempts: try await store.attemptHistory(of: stored.name))
        for (verdicts, state) in [(found.stops, StoredAttempt.State.stopped), (found.pauses, .paused)] {
            let settled = try await store.settleWaiting(
                verdicts.map { ($0.trial, Self.stoppingMetrics($0.observation)) }, as: state,
                sweepID: stored.id, at: dependencies.now(), front: dependencies.paretoFront)
            for (trial, attempt) in settled {
                if state == .stopped { discardCheckpoint(of: attempt) }
                if state == .stopped { desk.conclude(trial) } else { desk.hold(trial) }
            }
        }
        desks[stored.name] = desk
        let held = found.held.union(found.pauses.map(\.trial))
        let stops = Set(found.stops.map(\.trial))
        waiting.subtract(held.union(stops))
        // Those that were not settled are with a loop, which hears it at its next tell.
        return (waiting, held, stops)
    }

    /// The metrics of a trial that ends on an observation, with the tokens they were measured at.
    static func stoppingMetrics(_ observation: Observation?) -> [String: Double] {
        guard let observation else { return [:] }
        return observation.metrics.merging(["tokens": Double(observation.tokens)]) { _, tokens in tokens }
    }
}
