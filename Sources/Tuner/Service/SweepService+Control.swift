import Foundation

extension SweepService {
    /// No further trial starts; running ones finish.
    public func pause(_ sweep: String) async throws(TunerError) -> SweepSummary {
        let before = runs[sweep]?.state
        // Held in memory first, so that nothing starts while the store writes it down.
        if before == .running { runs[sweep]?.state = .paused }
        do {
            try await store.moveSweep(sweep, to: .paused, from: [.running], at: dependencies.now())
        } catch {
            if let before { runs[sweep]?.state = before }
            pump()
            throw error
        }
        changed()
        return try await summary(of: sweep)
    }

    /// Goes on after a pause. A failed sweep goes on as well: what made it fail may have been mended.
    public func resume(_ sweep: String) async throws(TunerError) -> SweepSummary {
        guard !isDraining else { throw Self.draining }
        guard let stored = try await store.storedSweep(named: sweep) else { throw Self.notFound(sweep) }
        if stored.state == .running { return try await summary(of: sweep) }
        if runs[sweep] == nil || stored.state == .failed {
            let running = runs[sweep]?.running ?? [:]
            var run = try await load(stored)
            run.desk?.wasAsked = true
            run.toleratesFailedRound = stored.state == .failed
            run.running = running
            runs[sweep] = run
        }
        try await store.moveSweep(sweep, to: .running, from: [.paused, .failed], at: dependencies.now())
        runs[sweep]?.state = .running
        changed()
        pump()
        return try await summary(of: sweep)
    }

    /// Ends the sweep and its running trials; results stay.
    public func cancel(_ sweep: String) async throws(TunerError) -> SweepSummary {
        let before = runs[sweep]
        if let before, before.state == .running || before.state == .paused {
            runs[sweep]?.state = .cancelled
            runs[sweep]?.waiting = []
            runs[sweep]?.held = [:]
        }
        do {
            try await store.moveSweep(
                sweep, to: .cancelled, from: [.running, .paused, .failed], at: dependencies.now())
        } catch {
            if let before {
                runs[sweep]?.state = before.state
                runs[sweep]?.waiting = before.waiting
                runs[sweep]?.held = before.held
            }
            throw error
        }
        runs[sweep]?.history = []
        runs[sweep]?.desk?.open = [:]
        runs[sweep]?.desk?.unstored = []
        runs[sweep]?.running.values.forEach { $0.task.cancel() }
        probes[sweep]?.cancel()
        changed()
        return try await summary(of: sweep)
    }

    /// Deletes a sweep that has ended or is paused, once the processes of its last trials are gone.
    public func remove(_ sweep: String) async throws(TunerError) {
        guard let stored = try await store.storedSweep(named: sweep) else { throw Self.notFound(sweep) }
        if stored.state == .cancelled {
            for trial in runs[sweep].map({ Array($0.running.values) }) ?? [] { await trial.task.value }
        }
        try await store.removeSweep(sweep, at: dependencies.now())
        runs[sweep] = nil
        desks[sweep] = nil
        let folder = dependencies.attemptsDirectory.appending(path: sweep)
        try? FileManager.default.removeItem(at: folder)
        changed()
    }
}
