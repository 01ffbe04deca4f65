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
        note(told.compactMap { try? $0.get() }, of: sweep)
        var answers: [Result<TellAnswer, TunerError>] = []
        var next = told.makeIterator()
        for result in results {
            if let result {
                answers.append(result)
            } else if let result = next.next() {
                switch result {
                case .success(let told): answers.append(.success(await answer(told, definition)))
                case .failure(let error): answers.append(.failure(error))
                }
            }
        }
        return answers
    }

    /// Whether a trial in outside hands goes on after an observation: the one place where this is decided.
    ///
    /// Rules that end trials early belong here. It is asked once for each observation, and not again after a stop, so
    /// that the same words again get the same answer.
    func decision(after observation: Observation, of trial: Trial, _ definition: SweepDefinition) async
        -> TellAnswer.Decision
    { .continue }

    // MARK: Parts

    private func answer(_ told: ToldTrial, _ definition: SweepDefinition) async -> TellAnswer {
        let number = told.trial.number
        var decision = TellAnswer.Decision.stop
        // Its lease tells a trial under way from one that has ended or is somebody else's by now.
        if told.leaseExpiresAt != nil, runs[definition.name]?.desk?.open[number]?.isToStop != true {
            decision = .continue
            if let observation = told.observation {
                decision = await self.decision(after: observation, of: told.trial, definition)
            }
            if decision == .stop { runs[definition.name]?.desk?.open[number]?.isToStop = true }
        }
        return TellAnswer(
            trial: number, state: told.trial.state, decision: decision, leaseExpiresAt: told.leaseExpiresAt)
    }

    /// Brings desk and planner up to date with what the store has taken.
    private func note(_ told: [ToldTrial], of sweep: String) {
        guard runs[sweep]?.desk != nil, !told.isEmpty else { return }
        var finished: [Trial] = []
        for told in told {
            let number = told.trial.number
            if told.revived { runs[sweep]?.waiting.remove(number) }
            if let lease = told.leaseExpiresAt {
                // Absent: a later tell of it has ended it already.
                let known = runs[sweep]?.desk?.open[number]
                guard told.revived || known != nil else { continue }
                runs[sweep]?.desk?.add(
                    OpenTrial(
                        trial: told.trial, attempt: told.attempt, leaseExpiresAt: lease,
                        isToStop: known?.isToStop ?? false))
            } else if told.ended {
                runs[sweep]?.desk?.open[number] = nil
                if told.trial.state.isFinished {
                    finished.append(told.trial)
                } else if told.trial.state == .waiting {
                    runs[sweep]?.waiting.append(told.trial)
                }
            }
        }
        runs[sweep]?.desk?.planner?.tell(finished)
        changed()
        // The last tell of a round lets the next be planned while the loop is still busy with itself.
        pump()
        if let run = runs[sweep], run.waiting.isEmpty, run.desk?.isIdle ?? false {
            Task { await self.completeIfDone(sweep) }
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
        let definition = try translating { try dependencies.readSweep(stored.source) }
        guard definition.isAskTell else { throw Self.runsHere(sweep) }
        return (stored.id, definition)
    }
}
