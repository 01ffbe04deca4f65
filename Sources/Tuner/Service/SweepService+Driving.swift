import Foundation

extension SweepService {
    /// Starts what can be started. Called after every change; cheap when there is nothing to do.
    func pump() {
        guard isStarted, !isDraining else { return }
        while runs.values.reduce(0, { $0 + $1.slotsInUse }) < dependencies.slots,
            let (name, trials) = takeNext()
        {
            served += 1
            runs[name]?.lastServed = served
            let task = Task { await self.perform(trials, of: name) }
            for trial in trials {
                runs[name]?.running[trial.number] = SweepRun.UnderWay(task: task, served: served)
            }
        }
        for run in runs.values where run.needsRound {
            runs[run.name]?.isPlanning = true
            Task { await self.planRound(of: run.name) }
        }
    }

    /// The next trials to start in one slot. Fairness: the sweep with the fewest slots first, then the one served longest
    /// ago, then by age.
    private func takeNext() -> (sweep: String, trials: [Trial])? {
        let names = runs.values.filter { $0.mayStart(slots: dependencies.slots) }
            .sorted { ($0.slotsInUse, $0.lastServed, $0.id) < ($1.slotsInUse, $1.lastServed, $1.id) }
            .map(\.name)
        for name in names {
            if let trial = takePromoted(of: name) { return (name, [trial]) }
            if let trial = runs[name]?.waiting.take(1).first {
                return (name, [trial] + takeCompanions(of: trial, in: name))
            }
        }
        return nil
    }

    /// The waiting trials that go to a worker together with one that has been taken.
    private func takeCompanions(of trial: Trial, in name: String) -> [Trial] {
        guard let run = runs[name] else { return [] }
        let rule = StackRule(run.definition)
        guard let shape = rule.shape(of: trial) else { return [] }
        let size = rule.size(
            trials: 1 + run.waiting.count + run.running.count, running: run.running.count,
            parallel: run.definition.parallel, slots: dependencies.slots)
        return runs[name]?.waiting.take(size - 1) { rule.shape(of: $0) == shape } ?? []
    }

    // MARK: Trials

    /// Runs one attempt of each trial, from its intent to its result; several take turns on one worker.
    private func perform(_ trials: [Trial], of name: String) async {
        guard let run = runs[name] else { return }
        let begun = await together(trials) { await self.begin($0, run) }
        var members: [Member] = []
        for (trial, begun) in zip(trials, begun) {
            switch begun {
            case .over(let outcome): await conclude(trial, outcome, of: run)
            case .member(let member): members.append(member)
            }
        }
        guard let first = members.first else { return }
        changed()
        // A short trial ends before this is worth a commit of its own.
        let started = Task { [store, now = dependencies.now, members] in
            try await Task.sleep(for: .milliseconds(250))
            for member in members { try? await store.start(member.attempt, at: now()) }
        }
        defer { started.cancel() }
        guard members.count > 1 else {
            let result = await dependencies.runner.run(
                first.spec, timeout: run.definition.trialTimeout,
                answer: { observation in
                    await first.log.add(observation)
                    return await self.answer(to: observation, of: first.trial, first.log, run)
                })
            started.cancel()
            return await conclude(first.trial, await settle(first, result, run), of: run)
        }
        await dependencies.runner.run(
            stack: AttemptStack(
                specs: members.map(\.spec),
                answer: { [members] in await self.answer($0, of: members, run) },
                ended: { [members] ends in
                    _ = await self.together(ends) { end in
                        let member = members[end.index]
                        let outcome = await self.settle(member, end.content, run, inStack: true)
                        await self.conclude(member.trial, outcome, of: run)
                    }
                }))
    }

    /// One attempt that was written down and can be handed over.
    private struct Member: Sendable {
        var trial: Trial
        var attempt: StoredAttempt
        var spec: AttemptSpec
        var log: ObservationLog
    }

    /// What became of the start of an attempt.
    private enum Beginning: Sendable {
        case member(Member)
        case over(AttemptOutcome)
    }

    /// What is to be done with a trial after an attempt.
    private enum AttemptOutcome: Sendable {
        case settled
        case again(Trial)
        case held(Trial)
        case broken(TunerError)
    }

    /// Does the same for several things at once, so that what it writes shares commits; the answers are in order.
    private nonisolated func together<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async -> Value
    ) async -> [Value] {
        guard items.count > 1 else {
            guard let only = items.first else { return [] }
            return [await body(only)]
        }
        return await withTaskGroup(of: (Int, Value).self) { group in
            for (index, item) in items.enumerated() { group.addTask { (index, await body(item)) } }
            var values: [(Int, Value)] = []
            for await value in group { values.append(value) }
            return values.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Takes a trial out of those under way, and does what its attempt left to be done.
    private func conclude(_ trial: Trial, _ outcome: AttemptOutcome, of run: SweepRun) async {
        let name = run.name
        if runs[name]?.id == run.id { runs[name]?.running[trial.number] = nil }
        switch outcome {
        case .again(let trial) where runs[name]?.id == run.id && runs[name]?.state != .cancelled:
            runs[name]?.waiting.putBack([trial])
        case .held(let trial) where runs[name]?.id == run.id && runs[name]?.state != .cancelled:
            runs[name]?.held[trial.number] = trial
            desks[name]?.hold(trial)
        case .again, .held, .settled: break
        case .broken(let error): await fail(name, error)
        }
        changed()
        pump()
    }

    /// Writes down that an attempt is about to be made.
    private func begin(_ trial: Trial, _ run: SweepRun) async -> Beginning {
        let attempt: StoredAttempt
        do {
            attempt = try await intend(trial, run)
        } catch  where error.code == .cannotWrite {
            await waitForStore(error)
            return .over(.again(trial))
        } catch {
            // Cancelled or removed before it could start.
            return .over(runs[run.name]?.state == .running ? .broken(error) : .settled)
        }
        let log = ObservationLog(store: store, attempt: attempt, now: dependencies.now)
        do {
            let spec = try AttemptPlan(definition: run.definition, expandCommand: dependencies.expandCommand)
                .spec(for: trial, attempt: attempt)
            return .member(Member(trial: trial, attempt: attempt, spec: spec, log: log))
        } catch {
            let end = await failure(
                "\(error)", permanent: true, trial: trial.number, run.id, run.definition)
            guard let settled = await settle(attempt, end, observations: []) else { return .over(.settled) }
            conclude(settled, of: run)
            return .over(.settled)
        }
    }

    /// What trials in turns are told in answer to what they observed at the same time: the rule hears them in their order,
    /// after all of it is stored.
    private func answer(
        _ observations: [AttemptStack.Reported<Observation>], of members: [Member], _ run: SweepRun
    ) async -> [TrialDirective] {
        for item in observations { await members[item.index].log.add(item.content) }
        if desks[run.name] != nil {
            _ = await together(observations) { await members[$0.index].log.flush() }
        }
        var directives: [TrialDirective] = []
        for item in observations {
            let member = members[item.index]
            directives.append(await answer(to: item.content, of: member.trial, member.log, run))
        }
        return directives
    }

    /// Writes down how an attempt ended.
    private func settle(
        _ member: Member, _ result: AttemptResult, _ run: SweepRun, inStack: Bool = false
    ) async -> AttemptOutcome {
        var end = await end(of: result, trial: member.trial, run, member.log)
        // Nobody knows which of them it was: each gets another attempt, alone, whatever the retries.
        if inStack, case .failed(let reason, _) = end, case .failed(_, permanent: false) = result {
            end = .failed(reason: reason, retry: true)
        }
        guard let settled = await settle(member.attempt, end, observations: await member.log.close()) else {
            return .settled
        }
        if settled.state.isFinished {
            discardCheckpoint(of: member.attempt)
            conclude(settled, of: run)
        }
        if case .paused = end { return .held(settled) }
        return settled.state == .waiting ? .again(settled) : .settled
    }

    private func intend(_ trial: Trial, _ run: SweepRun) async throws(TunerError) -> StoredAttempt {
        try await store.intend(
            sweepID: run.id, trial: trial.number,
            directory: { [root = dependencies.attemptsDirectory, name = run.name] attemptName, attempt in
                AttemptPlan.directory(root: root, sweep: name, attemptName: attemptName, attempt: attempt)
            }, at: dependencies.now())
    }

    /// What the runner's answer means for the trial.
    private func end(
        of result: AttemptResult, trial: Trial, _ run: SweepRun, _ log: ObservationLog
    ) async -> AttemptEnd {
        switch result {
        case .completed(let metrics): return .completed(metrics: metrics)
        case .diverged(let step, let metrics): return .diverged(step: step, metrics: metrics)
        case .stopped: return .stopped(metrics: Self.stoppingMetrics(await log.verdict?.observation))
        case .paused:
            if runs[run.name]?.state == .cancelled { return .interrupted(trialBecomes: .cancelled) }
            return .paused(metrics: Self.stoppingMetrics(await log.verdict?.observation))
        case .failed(let reason, let permanent):
            if runs[run.name]?.state == .cancelled { return .interrupted(trialBecomes: .cancelled) }
            return await failure(reason, permanent: permanent, trial: trial.number, run.id, run.definition)
        case .interrupted:
            if runs[run.name]?.state == .cancelled { return .interrupted(trialBecomes: .cancelled) }
            if isDraining { return .interrupted(trialBecomes: .interrupted) }
            return await failure(
                "its worker was ended from outside", permanent: false, trial: trial.number, run.id,
                run.definition)
        }
    }

    /// A failed attempt, tried again while the sweep's retries last.
    func failure(
        _ reason: String, permanent: Bool, trial: Int, _ sweepID: Int64, _ definition: SweepDefinition
    ) async -> AttemptEnd {
        let before = try? await store.failedAttempts(sweepID: sweepID, trial: trial)
        return .failed(reason: reason, retry: !permanent && (before ?? 0) < definition.retries)
    }

    /// Writes down the end of an attempt; waits for room when the store has none.
    ///
    /// - Returns: the trial afterwards; `nil` when the attempt was refused or the service ends first. An attempt that
    ///   is not written down is settled by the next start.
    private func settle(_ attempt: StoredAttempt, _ end: AttemptEnd, observations: [Observation]) async
        -> Trial?
    {
        while true {
            do {
                let trial = try await store.finish(
                    attempt, end, observations: observations, at: dependencies.now(),
                    front: dependencies.paretoFront)
                storeTrouble = nil
                return trial
            } catch  where error.code == .cannotWrite && !isDraining {
                await waitForStore(error)
            } catch {
                if error.code != .conflict && error.code != .cannotWrite { await fail(attempt.sweep, error) }
                return nil
            }
        }
    }

    func discardCheckpoint(of attempt: StoredAttempt) {
        // An attempt in outside hands has no folder.
        guard !attempt.directory.isEmpty else { return }
        try? FileManager.default.removeItem(atPath: AttemptPlan.checkpointDirectory(of: attempt))
    }

    // MARK: Trouble

    /// Notes that the store has no room, and waits a moment.
    func waitForStore(_ error: TunerError) async {
        storeTrouble = error
        changed()
        await Offload.sleep(seconds: Self.storeRetryDelay)
    }

    /// Pause between attempts to write a store that has no room, in seconds.
    static let storeRetryDelay = 0.5

    /// Fails a sweep with a message; the daemon and other sweeps go on.
    func fail(_ name: String, _ error: TunerError) async {
        runs[name]?.state = .failed
        runs[name]?.history = []
        runs[name]?.waiting = []
        runs[name]?.held = [:]
        do {
            try await store.moveSweep(
                name, to: .failed, from: [.running, .paused], message: error.description,
                at: dependencies.now())
        } catch  where error.code == .cannotWrite {
            storeTrouble = error
        } catch {
            // The sweep was cancelled or removed meanwhile; there is nothing to mark.
        }
        changed()
    }
}
