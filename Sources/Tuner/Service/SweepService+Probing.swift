import Foundation

extension SweepService {
    /// The probe of a sweep, with the tuned learning rates beside the predicted ones; `nil` when it has none.
    public func probe(of sweep: String) async throws(TunerError) -> ProbeAnswer? {
        guard let record = try await store.probe(of: sweep) else { return nil }
        return ProbeAnswer(
            record, definition: try await definition(of: sweep).definition,
            trials: try await store.trials(of: sweep))
    }

    /// Probes a sweep that wants it and has no trials yet, and hands its planner the prediction.
    ///
    /// A probe that is not possible is noted as an event; the sweep goes on with its whole range.
    ///
    /// - Returns: the sweep as it is afterwards; `nil` when it ended meanwhile.
    func probed(_ run: SweepRun, history: [Trial]) async throws(TunerError) -> SweepRun? {
        guard run.definition.probe != nil, !run.isProbed, history.isEmpty else { return run }
        let task = Task { [dependencies] in try await dependencies.probe(run.definition) }
        probes[run.name] = task
        let result = await task.result
        probes[run.name] = nil
        guard !isDraining, let now = runs[run.name], now.id == run.id, now.state == .running else {
            return nil
        }
        switch result {
        case .success(let record):
            try await store.insertProbe(record, of: run.name, at: dependencies.now())
            try centre(run.name, on: record)
        case .failure(let error):
            try await store.noteFailedProbe("\(error)", of: run.name, at: dependencies.now())
        }
        runs[run.name]?.isProbed = true
        changed()
        return runs[run.name]
    }

    /// Gives the planner of a sweep the prediction of its probe.
    private func centre(_ name: String, on record: ProbeRecord) throws(TunerError) {
        guard var definition = runs[name]?.definition, let centre = record.centre else { return }
        definition.probeCentre = centre
        let planner = try translating { try dependencies.makePlanner(definition) }
        runs[name]?.definition = definition
        runs[name]?.planner = planner
    }
}
