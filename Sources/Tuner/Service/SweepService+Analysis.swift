import Foundation
import ScalingLaws

extension SweepService {
    /// The front over some objectives; the store keeps it up to date from here on.
    public func paretoFront(of sweep: String, objectives: [SweepDefinition.Objective]?)
        async throws(TunerError)
        -> ParetoFront
    {
        let axes: [SweepDefinition.Objective]
        if let objectives {
            axes = objectives
        } else {
            axes = try await definition(of: sweep).definition.objectives
        }
        guard !axes.isEmpty else { throw TunerError(.usage, "a front needs at least one objective") }
        return try await store.front(of: sweep, objectives: axes, make: dependencies.paretoFront)
    }

    /// The law over all finished trials.
    public func law(of sweep: String) async throws(TunerError) -> FittedLaw {
        let (definition, _) = try await definition(of: sweep)
        // Requests that come while a fit is under way share it.
        let fit: Task<FittedLaw, any Error>
        if let current = fits[sweep] {
            fit = current
        } else {
            fit = Task { try await self.fitLaw(definition) }
            fits[sweep] = fit
        }
        defer { if fits[sweep] == fit { fits[sweep] = nil } }
        do { return try await fit.value } catch let error as TunerError { throw error } catch {
            throw TunerError(.failed, "cannot fit a law to sweep '\(sweep)': \(error)")
        }
    }

    /// What the law answers for a budget.
    public func recommendation(of sweep: String, _ question: BudgetQuestion)
        async throws(TunerError) -> Recommendation
    {
        let law = try await law(of: sweep)
        let (definition, _) = try await definition(of: sweep)
        let trials = try await store.trials(of: sweep).filter(\.state.isFinished)
        let probe = try await store.probe(of: sweep)
        let stopped = try await summary(of: sweep).stopped
        do {
            return try await Offload.run { [recommend = dependencies.recommend] in
                var answer = try recommend(definition, law, trials, question)
                answer.probe = probe?.prediction(like: answer)
                answer.stopped = stopped
                if stopped != nil {
                    answer.next = NextRunsDesign(definition: definition, law: law.law, history: trials)
                        .runs(for: answer)
                }
                return answer
            }
        } catch let error as TunerError { throw error } catch {
            throw TunerError(.failed, "cannot answer for sweep '\(sweep)': \(error)")
        }
    }

    /// The stored law while no trial has finished since and the fitter is the same; a new fit otherwise.
    private func fitLaw(_ definition: SweepDefinition) async throws -> FittedLaw {
        let finished = try await store.trials(of: definition.name).filter(\.state.isFinished)
        if let latest = try await store.latestLaw(of: definition.name),
            latest.finishedTrials == finished.count, latest.law.law.fitter == LawFitter.version
        {
            return latest.law
        }
        let law = try await Offload.run { [fitLaw = dependencies.fitLaw] in try fitLaw(definition, finished) }
        guard !store.isReadOnly else {
            let version = try await store.latestLaw(of: definition.name)?.law.version ?? 0
            return FittedLaw(version: version + 1, law: law, fittedAt: dependencies.now())
        }
        let fitted = try await store.insertLaw(
            law, of: definition.name, finishedTrials: finished.count, at: dependencies.now())
        changed()
        return fitted
    }
}

extension SweepSummary {
    /// Why the sweep makes no more trials; `nil` while it does.
    var stopped: String? {
        switch state {
        case .running: nil
        case .paused: "the sweep is paused"
        case .cancelled: "the sweep was cancelled"
        case .completed: message.map(DesignConclusion.reason) ?? "every planned trial is made"
        case .failed: message ?? "the sweep failed"
        }
    }
}
