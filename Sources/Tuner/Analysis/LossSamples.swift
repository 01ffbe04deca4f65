import Engine
import ScalingLaws

/// The finished trials of a sweep as a fit sees them: each as a run of its budget, and the shorter runs it contains as runs
/// of theirs.
struct LossSamples {
    let definition: SweepDefinition
    let axes: [LawAxis]

    /// The samples with the loss floor the workload knows.
    func samples(_ trials: [Trial]) -> (all: [LossSample], lossFloor: Double?) {
        let all = own(trials) + contained(trials)
        // The floor is a statement about the loss itself: another metric has none.
        let floors =
            definition.metric.name == "validation_loss" ? trials.compactMap { $0.metrics["loss_floor"] } : []
        return (all, floors.first)
    }

    /// What trials ended with.
    private func own(_ trials: [Trial]) -> [LossSample] {
        trials.compactMap { trial in
            guard let budget = definition.sampledBudget(of: trial) else { return nil }
            // A shorter run was measured on the whole validation set, a run that was stopped on a part of it.
            if trial.state == .stopped, trial.shorterRuns.contains(where: { $0.tokenBudget == budget }) {
                return nil
            }
            return sample(trial, tokenBudget: budget, metrics: trial.state == .diverged ? nil : trial.metrics)
        }
    }

    /// What trials showed of shorter runs, without those that are there already: trials of one replicate see the same
    /// examples, so a shorter run is the same number wherever it is read off.
    private func contained(_ trials: [Trial]) -> [LossSample] {
        guard trials.contains(where: { !$0.shorterRuns.isEmpty }) else { return [] }
        struct Place: Hashable {
            var hyperparameters: [String: HyperparameterValue]
            var tokenBudget: Int
            var seed: UInt64
        }
        func place(_ trial: Trial, _ tokenBudget: Int) -> Place {
            Place(hyperparameters: trial.proposal.hyperparameters, tokenBudget: tokenBudget, seed: trial.seed)
        }
        let ended = trials.filter { $0.state == .completed || $0.state == .diverged }
        var known = Set(ended.map { place($0, $0.proposal.tokenBudget) })
        return trials.filter(\.state.isAnswer).flatMap { trial in
            trial.shorterRuns.filter { $0.tokenBudget < trial.proposal.tokenBudget }.compactMap { run in
                guard known.insert(place(trial, run.tokenBudget)).inserted else { return nil }
                var metrics = run.metrics
                // Imported ones have the metric only. Of a stream no share is ever seen twice.
                if metrics["epochs"] == nil, let passes = trial.metrics["epochs"], passes > 1 {
                    metrics["epochs"] = passes * Double(run.tokenBudget) / Double(trial.proposal.tokenBudget)
                }
                return sample(trial, tokenBudget: run.tokenBudget, metrics: metrics)
            }
        }
    }

    /// A sample of a trial; without metrics, of a run that diverged.
    private func sample(_ trial: Trial, tokenBudget: Int, metrics: [String: Double]?) -> LossSample? {
        let sign = definition.metric.goal == .minimize ? 1.0 : -1.0
        let values = trial.proposal.hyperparameters.lawValues.filter { axes.contains($0.key) }
        guard values.count == axes.count else { return nil }
        let metric = metrics?[definition.metric.name]
        guard metrics == nil || metric?.isFinite == true else { return nil }
        let passes = metrics?["epochs"] ?? trial.metrics["epochs"] ?? 1
        return LossSample(
            values: values, tokenBudget: Double(tokenBudget), modelSize: trial.proposal.modelSize,
            loss: metric.map { sign * $0 }, epochs: passes,
            run: trial.shorterRuns.isEmpty ? nil : trial.number)
    }
}

extension TrialState {
    /// Whether what a trial reported says something about its hyperparameters.
    fileprivate var isAnswer: Bool { self == .completed || self == .diverged || self == .stopped }
}

extension SweepDefinition {
    /// The budget that a finished trial is a run of: its own when it completed or diverged; the tokens it was stopped
    /// at when the schedule allows it; else `nil`, and its loss says nothing about any budget. A command's schedule is
    /// not known.
    func sampledBudget(of trial: Trial) -> Int? {
        switch trial.state {
        case .completed, .diverged: return trial.proposal.tokenBudget
        case .stopped:
            guard let schedule = optimizer?.schedule, let tokens = trial.metrics["tokens"], tokens >= 1,
                tokens <= Double(trial.proposal.tokenBudget)
            else { return nil }
            let fraction = tokens / Double(trial.proposal.tokenBudget)
            return schedule.isWholeRun(at: fraction) ? Int(tokens) : nil
        case .waiting, .running, .failed, .cancelled, .interrupted: return nil
        }
    }
}
