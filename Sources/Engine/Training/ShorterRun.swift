/// What a run of fewer tokens would have ended with, found on the way of a longer one.
public struct ShorterRun: Sendable, Hashable, Codable {
    /// Budget of the shorter run.
    public var tokenBudget: Int
    /// Metric name to value, by the whole validation set, as at the end of a run.
    public var metrics: [String: Double]

    enum CodingKeys: String, CodingKey {
        case tokenBudget = "token_budget"
        case metrics
    }

    /// A shorter run.
    public init(tokenBudget: Int, metrics: [String: Double]) {
        self.tokenBudget = tokenBudget
        self.metrics = metrics
    }
}

extension LearningRateSchedule {
    /// Whether a run that was ended on the way is a whole run of a smaller budget.
    ///
    /// Under a constant rate it is: the shorter run takes the same steps. What remains is the warm-up, a fraction of the
    /// budget and so longer here than in the shorter run; at most a tenth of what was trained is accepted. A cosine or
    /// linear decay was under way to another end. `wsd` before its decay is no whole run either: the shorter one would
    /// have decayed, and its loss is lower by what the decay gains.
    ///
    /// - Parameter fraction: trained part of the budget, in (0, 1].
    /// - Returns: whether the loss there is one of a run of that length.
    public func isWholeRun(at fraction: Double) -> Bool {
        fraction >= 1 || shape == .constant && hasShortWarmup(at: fraction)
    }

    /// Whether a run contains a shorter one, or all of it but the decay.
    ///
    /// Under a constant rate the shorter run is the first part of the longer. Under `wsd` both are at the peak until the
    /// shorter one decays, and that decay can be made on the side (Hägele et al. 2024, arXiv:2405.18392, measure that
    /// losses found so are those of runs of their own). A decay over the whole run shares no part with another.
    ///
    /// - Parameter fraction: length of the shorter run over that of the longer, in (0, 1).
    /// - Returns: whether the longer one can tell what the shorter one would have ended with.
    public func containsRun(of fraction: Double) -> Bool {
        switch shape {
        case .constant: hasShortWarmup(at: fraction)
        case .wsd: hasShortWarmup(at: fraction) && decayFraction + warmupFraction / fraction < 1
        case .cosine, .linear: false
        }
    }

    /// Steps a run is at the peak and its warm-up before it decays: those it shares with longer runs.
    ///
    /// - Parameter steps: of the whole run.
    /// - Returns: at most `steps`.
    func stepsBeforeDecay(of steps: Int) -> Int {
        switch shape {
        case .constant: return steps
        case .wsd:
            let decay = max(1, min(max(decayFraction, 0), 1) * Double(steps))
            return max(0, Int((Double(steps) - decay).rounded(.down)))
        case .cosine, .linear: return 0
        }
    }

    private func hasShortWarmup(at fraction: Double) -> Bool { warmupFraction <= 0.1 * fraction }
}

/// A shorter run inside a longer one: how far they go together, and how far it goes on alone.
struct RunFork: Sendable, Hashable {
    /// Tokens of the shorter run.
    let tokenBudget: Int
    /// Steps both take.
    let shared: Int
    /// Steps of the shorter run.
    let steps: Int

    /// The shorter runs of a job that its schedule contains, in the order in which they part from it.
    static func forks(of job: TrainingJob) -> [RunFork] {
        job.shorterBudgets.compactMap { budget -> RunFork? in
            guard budget > 0, budget < job.tokenBudget,
                job.schedule.containsRun(of: Double(budget) / Double(job.tokenBudget)),
                // The stages of a growing batch are counted in tokens, a decay in steps of one size.
                job.batchGrowth == nil || job.schedule.shape == .constant
            else { return nil }
            let steps = BatchPlan(batch: job.batchSizeTokens, budget: budget, growth: job.batchGrowth).steps
            let shared = job.schedule.stepsBeforeDecay(of: steps)
            return shared > 0 ? RunFork(tokenBudget: budget, shared: shared, steps: steps) : nil
        }.sorted { ($0.shared, $0.steps) < ($1.shared, $1.steps) }
    }
}
