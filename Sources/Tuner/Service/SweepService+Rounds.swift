import Foundation

extension SweepService {
    /// Asks the planner of a sweep for its next round, and starts it.
    func planRound(of name: String) async {
        guard let run = runs[name] else { return }
        do {
            try await planRound(run)
        } catch  where error.code == .cannotWrite {
            await waitForStore(error)
        } catch {
            // A sweep that ended meanwhile needs no round.
            if runs[name]?.state == .running { await fail(name, error) }
        }
        runs[name]?.isPlanning = false
        changed()
        pump()
    }

    private func planRound(_ run: SweepRun) async throws(TunerError) {
        guard try await !letHeldGoOn(run) else { return }
        let history = try await finishedRounds(of: run)
        if let failure = failedRound(history, run.name), !run.toleratesFailedRound { throw failure }
        guard let run = try await probed(run, history: history) else { return }
        let planner = run.planner
        var proposals: [TrialProposal]
        do {
            proposals = try await Offload.run { try planner.nextRound(history: history) }
        } catch let error as TunerError { throw error } catch {
            throw TunerError(.failed, "the planner of sweep '\(run.name)' failed: \(error)")
        }
        if let cap = run.definition.runCap {
            proposals = Array(proposals.prefix(max(0, cap - history.count)))
        }
        guard let round = proposals.first?.round else {
            let conclusion = try? await Offload.run { planner.conclusion(history: history) }
            try await store.moveSweep(
                run.name, to: .completed, from: [.running, .paused], message: conclusion ?? nil,
                at: dependencies.now())
            runs[run.name]?.state = .completed
            runs[run.name]?.history = []
            desks[run.name] = nil
            return
        }
        guard proposals.allSatisfy({ $0.round == round }), round > history.last?.proposal.round ?? -1 else {
            throw TunerError(
                .internalError,
                "the planner of sweep '\(run.name)' gave round \(round) after round "
                    + "\(history.last?.proposal.round ?? -1), or several rounds at once")
        }
        let seeded = proposals.map { proposal in
            (proposal, TrialSeed.derive(sweepSeed: run.definition.seed, proposal: proposal))
        }
        let expected = await expectedTrials(planner, run.definition, history: history)
        let trials = try await store.planRound(
            sweepID: run.id, proposals: seeded, expectedTrials: max(expected, history.count + seeded.count),
            at: dependencies.now())
        if runs[run.name]?.state != .cancelled { runs[run.name]?.waiting = TrialQueue(trials) }
        runs[run.name]?.toleratesFailedRound = false
    }

    /// All trials of a sweep between two rounds; only those that are new are read from the store.
    private func finishedRounds(of run: SweepRun) async throws(TunerError) -> [Trial] {
        let known = run.history
        let history = known + (try await store.trials(of: run.name, after: known.last?.number ?? 0))
        if runs[run.name]?.id == run.id {
            runs[run.name]?.history = Array(history.prefix(while: \.state.isFinished))
        }
        return history
    }

    /// A round in which every trial failed says that the sweep itself is wrong: more of them would only cost time.
    private func failedRound(_ history: [Trial], _ name: String) -> TunerError? {
        guard let last = history.last else { return nil }
        let round = history.filter { $0.proposal.round == last.proposal.round }
        guard round.allSatisfy({ $0.state == .failed }) else { return nil }
        return TunerError(
            .failed, "every trial of round \(last.proposal.round) failed",
            why: "trial \(last.number): \(last.failure ?? "no reason given")",
            help: "mend the cause, then: tunerd resume \(name)")
    }
}
