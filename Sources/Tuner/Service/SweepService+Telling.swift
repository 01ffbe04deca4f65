import Foundation

extension SweepService {
    /// Takes what an outside loop tells of its trials; see `Store.tell` for what is taken and what is refused.
    ///
    /// - Parameters:
    ///   - sweep: name of a sweep with `ask_tell`.
    ///   - tells: in order; those of one call share a transaction.
    /// - Returns: an answer or a refusal for each.
    /// - Throws: `notFound`, `conflict` for a sweep whose trials are run here, or a failure of the store.
    public func tell(_ sweep: String, _ tells: [TrialTell]) async throws(TunerError)
        -> [Result<TellAnswer, TunerError>]
    {
        let (id, definition) = try await askTellSweep(sweep)
        var results: [Result<TellAnswer, TunerError>?] = []
        var sound: [StoredTell] = []
        for tell in tells {
            do {
                sound.append(try tell.checked())
                results.append(nil)
            } catch {
                results.append(.failure(error))
            }
        }
        let told = try await store.tell(
            sound,
            Store.TellTerms(
                sweepID: id, sweep: sweep, metric: definition.metric.name, retries: definition.retries,
                lease: definition.lease, at: dependencies.now()),
            front: dependencies.paretoFront)
        storeTrouble = nil
        let heard = note(told, of: sweep)
        var answers: [Result<TellAnswer, TunerError>] = []
        var next = heard.makeIterator()
        for result in results {
            if let answer = result ?? next.next() { answers.append(answer) }
        }
        return answers
    }

    /// Whether a trial in outside hands goes on after an observation: the one place where this is decided.
    ///
    /// It is asked once for each observation, and not again after a stop, so that the same words again get the same
    /// answer.
    private func decision(after observation: Observation, of trial: Trial, _ sweep: String)
        -> TellAnswer.Decision
    {
        switch desks[sweep]?.answer(to: observation, of: trial) {
        // A loop cannot hold a trial: no sweep in outside hands has such a rule.
        case nil, .proceed, .pause: .continue
        case .stop: .stop
        }
    }

    // MARK: Parts

    /// Brings desk, stopping rule and planner up to date with what the store has taken, in the order of the tells.
    ///
    /// - Returns: what each tell is answered.
    private func note(_ results: [Result<ToldTrial, TunerError>], of sweep: String)
        -> [Result<TellAnswer, TunerError>]
    {
        var finished: [Trial] = []
        let answers = results.map { result in
            result.map { told in
                track(told, of: sweep)
                let decision = decision(after: told, of: sweep)
                if told.ended, told.trial.state.isFinished {
                    desks[sweep]?.conclude(told.trial)
                    finished.append(told.trial)
                }
                return TellAnswer(
                    trial: told.trial.number, state: told.trial.state, decision: decision,
                    leaseExpiresAt: told.leaseExpiresAt)
            }
        }
        guard runs[sweep]?.desk != nil else { return answers }
        runs[sweep]?.desk?.planner?.tell(finished)
        changed()
        // The last tell of a round lets the next be planned while the loop is still busy with itself.
        pump()
        if let run = runs[sweep], run.waiting.isEmpty, run.desk?.isIdle ?? false {
            Task { await self.completeIfDone(sweep) }
        }
        return answers
    }

    /// What the loop is told of a trial; a stop stays one.
    private func decision(after told: ToldTrial, of sweep: String) -> TellAnswer.Decision {
        let number = told.trial.number
        // An observation that came with the end counts for the trials still under way.
        if told.ended, let observation = told.observation {
            _ = decision(after: observation, of: told.trial, sweep)
        }
        // Its lease tells a trial under way from one that has ended or is somebody else's by now.
        guard told.leaseExpiresAt != nil, runs[sweep]?.desk?.open[number]?.isToStop != true else {
            return .stop
        }
        guard let observation = told.observation, runs[sweep]?.desk?.open[number] != nil else {
            return .continue
        }
        let decision = decision(after: observation, of: told.trial, sweep)
        if decision == .stop { runs[sweep]?.desk?.open[number]?.isToStop = true }
        return decision
    }

    /// Keeps the desk's list of trials in outside hands.
    private func track(_ told: ToldTrial, of sweep: String) {
        guard runs[sweep]?.desk != nil else { return }
        let number = told.trial.number
        if told.revived { runs[sweep]?.waiting.remove(number) }
        if let lease = told.leaseExpiresAt {
            // Absent: a later tell of it has ended it already.
            let known = runs[sweep]?.desk?.open[number]
            guard told.revived || known != nil else { return }
            runs[sweep]?.desk?.add(
                OpenTrial(
                    trial: told.trial, attempt: told.attempt, leaseExpiresAt: lease,
                    isToStop: known?.isToStop ?? false))
        } else if told.ended {
            runs[sweep]?.desk?.open[number] = nil
            if told.trial.state == .waiting { runs[sweep]?.waiting.append(told.trial) }
        }
    }

    private func askTellSweep(_ sweep: String) async throws(TunerError) -> (
        id: Int64, definition: SweepDefinition
    ) {
        if let run = runs[sweep] {
            guard run.desk != nil else { throw Self.runsHere(sweep) }
            return (run.id, run.definition)
        }
        guard let stored = try await store.storedSweep(named: sweep) else { throw Self.notFound(sweep) }
        let definition = try await read(stored.source)
        guard definition.isAskTell else { throw Self.runsHere(sweep) }
        return (stored.id, definition)
    }
}
