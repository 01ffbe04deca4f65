import Engine

extension LearningRateSchedule {
    /// Whether a run that was ended on the way is a whole run of a smaller budget.
    ///
    /// Under a constant rate it is: the shorter run takes the same steps. What remains is the warm-up, a fraction of the
    /// budget and so longer here than in the shorter run; at most a tenth of what was trained is accepted. A cosine or
    /// linear decay was under way to another end. `wsd` before its decay is no whole run either: the shorter one would
    /// have decayed, and its loss is lower by what the decay gains. It is the state to *start* the decay of a shorter
    /// run from, which nobody has trained.
    ///
    /// - Parameter fraction: trained part of the budget, in (0, 1].
    /// - Returns: whether the loss there is one of a run of that length.
    func isWholeRun(at fraction: Double) -> Bool {
        guard fraction < 1 else { return true }
        return shape == .constant && warmupFraction <= 0.1 * fraction
    }
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
