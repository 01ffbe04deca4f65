import Foundation

extension SweepService {
    /// Hands trials to an outside loop; they are in the store before anybody hears of them.
    ///
    /// Trials that wait (after a failure or the end of a lease) come first, then new ones of the planner. No trial while the
    /// sweep is running means that its next trials depend on results that are still out, or that `parallel` is reached.
    ///
    /// - Parameters:
    ///   - sweep: name of a sweep with `ask_tell`.
    ///   - count: at most so many, at least 1.
    /// - Returns: the state of the sweep and the trials.
    /// - Throws: `notFound`; `conflict` for a sweep whose trials are run here, or while the daemon shuts down.
    public func ask(_ sweep: String, count: Int) async throws(TunerError) -> AskAnswer {
        guard !isDraining else { throw Self.draining }
        guard runs[sweep] != nil else { return AskAnswer(sweep: sweep, state: try await endedAskTell(sweep)) }
        guard runs[sweep]?.desk != nil else { throw Self.runsHere(sweep) }
        try await takeBackExpired(of: sweep)
        runs[sweep]?.desk?.wasAsked = true
        var answer = AskAnswer(sweep: sweep, state: .running)
        if let trials = try await nextHandOuts(of: sweep, count: max(1, count)), !trials.isEmpty {
            answer.trials = try await handOut(trials, of: sweep)
        }
        answer.state = runs[sweep]?.state ?? .cancelled
        return answer
    }

    // MARK: What is next

    /// Takes trials for a hand-out; `nil` while the sweep is not running. A round is planned when it is its turn.
    private func nextHandOuts(of sweep: String, count: Int) async throws(TunerError) -> [HandOut]? {
        while true {
            guard runs[sweep]?.state == .running, let desk = runs[sweep]?.desk,
                let definition = runs[sweep]?.definition
            else { return nil }
            let room = min(count, (definition.parallel ?? .max) - desk.open.count - desk.onTheWay)
            guard room > 0 else { return [] }
            var trials = takeStored(room, of: sweep)
            if let planner = desk.planner {
                if trials.count < room {
                    trials += try await planned(planner, room - trials.count, definition)
                }
                if trials.isEmpty { await completeIfDone(sweep) }
                return trials
            }
            if !trials.isEmpty { return trials }
            if runs[sweep]?.isPlanning == true {
                await nextChange(atMost: .seconds(1))
            } else if desk.isIdle {
                runs[sweep]?.isPlanning = true
                await planRound(of: sweep)
            } else {
                return []
            }
        }
    }

    /// Trials that were planned before: those whose hand-out failed, then those that wait in the store.
    private func takeStored(_ room: Int, of sweep: String) -> [HandOut] {
        let unstored = runs[sweep]?.desk?.unstored.prefix(room) ?? []
        runs[sweep]?.desk?.unstored.removeFirst(unstored.count)
        let stored = runs[sweep]?.waiting.take(room - unstored.count) ?? []
        runs[sweep]?.desk?.onTheWay += unstored.count + stored.count
        return unstored.map { HandOut(trial: $0, isStored: false) }
            + stored.map { HandOut(trial: $0, isStored: true) }
    }

    private func planned(_ planner: LivePlannerQueue, _ count: Int, _ definition: SweepDefinition)
        async throws(TunerError) -> [HandOut]
    {
        let name = definition.name
        // Counted before the wait, so that nobody takes the sweep for done meanwhile.
        runs[name]?.desk?.onTheWay += count
        defer { runs[name]?.desk?.onTheWay -= count }
        do {
            let proposals = try await planner.ask(count)
            runs[name]?.desk?.onTheWay += proposals.count
            return proposals.map { number, proposal in
                let seed = TrialSeed.derive(sweepSeed: definition.seed, proposal: proposal)
                return HandOut(
                    trial: Trial(number: number, proposal: proposal, seed: seed), isStored: false)
            }
        } catch {
            let failure =
                error as? TunerError
                ?? TunerError(.failed, "the planner of sweep '\(name)' failed: \(error)")
            await fail(name, failure)
            throw failure
        }
    }

    // MARK: Handing out

    private func handOut(_ trials: [HandOut], of sweep: String) async throws(TunerError) -> [AskedTrial] {
        guard let id = runs[sweep]?.id, let definition = runs[sweep]?.definition else {
            throw Self.notFound(sweep)
        }
        do {
            let open = try await store.handOut(
                trials, sweepID: id, lease: definition.lease, at: dependencies.now())
            storeTrouble = nil
            for trial in open { runs[sweep]?.desk?.add(trial) }
            runs[sweep]?.desk?.onTheWay -= trials.count
            changed()
            return open.map { AskedTrial($0, definition) }
        } catch {
            // Nothing was written: they are next again.
            runs[sweep]?.desk?.onTheWay -= trials.count
            runs[sweep]?.desk?.unstored.insert(
                contentsOf: trials.filter { !$0.isStored }.map(\.trial), at: 0)
            if runs[sweep]?.state != .cancelled {
                runs[sweep]?.waiting.putBack(trials.filter(\.isStored).map(\.trial))
            }
            if error.code == .cannotWrite { storeTrouble = error }
            // Paused or cancelled while the trials were on their way: there is none, and the state says why.
            if error.code == .conflict, runs[sweep]?.state != .running { return [] }
            throw error
        }
    }

    /// The state of a sweep that is not driven: it has ended, or it never was one to ask.
    private func endedAskTell(_ sweep: String) async throws(TunerError) -> SweepState {
        guard let stored = try await store.storedSweep(named: sweep) else { throw Self.notFound(sweep) }
        let definition = try await read(stored.source)
        guard definition.isAskTell else { throw Self.runsHere(sweep) }
        return stored.state
    }

    static func runsHere(_ sweep: String) -> TunerError {
        TunerError(
            .conflict, "the daemon runs the trials of sweep '\(sweep)' itself",
            why: "only the trials of a sweep with 'ask_tell: true' are handed out")
    }

    // MARK: Leases and the end

    /// Trials whose lease has ended wait again.
    func takeBackExpired(of sweep: String) async throws(TunerError) {
        let now = dependencies.now()
        guard let expired = runs[sweep]?.desk?.expired(at: now), !expired.isEmpty else { return }
        let trials: [Trial]
        do {
            trials = try await store.takeBack(expired, at: now)
        } catch {
            runs[sweep]?.desk?.earliestExpiry = now
            throw error
        }
        for trial in trials {
            // A tell may have taken it up again since.
            guard let open = runs[sweep]?.desk?.open[trial.number], open.leaseExpiresAt <= now else {
                continue
            }
            runs[sweep]?.desk?.open[trial.number] = nil
            runs[sweep]?.waiting.append(trial)
        }
        changed()
    }

    /// Looks after leases while nobody asks, until the service drains.
    func watchLeases() async {
        while !isDraining, !Task.isCancelled {
            try? await Task.sleep(for: Self.leaseInterval)
            for name in runs.keys { try? await takeBackExpired(of: name) }
        }
    }

    /// How often leases are looked at while nobody asks.
    static let leaseInterval = Duration.seconds(2)

    /// Completes a sweep with a live planner once there is nothing left to ask for and nothing out.
    func completeIfDone(_ sweep: String) async {
        guard let planner = runs[sweep]?.desk?.planner, await planner.isExhausted, let run = runs[sweep],
            run.state == .running, run.waiting.isEmpty, run.desk?.isIdle ?? false
        else { return }
        do {
            try await store.moveSweep(
                sweep, to: .completed, from: [.running, .paused], at: dependencies.now())
            runs[sweep]?.state = .completed
            desks[sweep] = nil
            changed()
        } catch  where error.code == .cannotWrite {
            storeTrouble = error
        } catch {
            // The sweep was cancelled or removed meanwhile.
        }
    }
}
