/// Where the stopping rule of one sweep meets its trials: turns trials, observations and results into what a rule
/// understands, and answers for it.
///
/// It has no state that is not in the store: `replay` makes it again after a restart.
struct StoppingDesk: Sendable {
    private let definition: SweepDefinition
    private let objectives: [SweepDefinition.Objective]
    private var rule: any StoppingRule

    /// A desk; `nil` for a sweep without `early_terminate`.
    init?(_ definition: SweepDefinition) {
        guard let choice = definition.earlyTermination else { return nil }
        self.definition = definition
        objectives = Self.objectives(of: definition)
        rule = StoppingRegistry.make(
            choice, objectiveCount: objectives.count, replicates: definition.replicates, seed: definition.seed
        )
    }

    /// What trials are compared by: the sweep's objectives but `tokens`, which is the same for all trials of a cell;
    /// the metric when nothing is left.
    static func objectives(of definition: SweepDefinition) -> [SweepDefinition.Objective] {
        let compared = definition.objectives.filter { $0.name != "tokens" }
        return compared.isEmpty ? [definition.metric] : compared
    }

    /// What a trial is to do after an observation. One that lacks an objective, or is the last of its run, is not
    /// judged.
    mutating func answer(to observation: Observation, of trial: Trial) -> TrialDirective {
        guard let report = report(observation, trial) else { return .proceed }
        rule.record(report)
        return rule.decide(report)
    }

    /// Takes note that a trial is held at its checkpoint.
    mutating func hold(_ trial: Trial) { rule.hold(judged(trial)) }

    /// Takes a held trial that is to go on; see `StoppingRule.promotion`.
    mutating func promotion(closing: Bool) -> Int? { rule.promotion(closing: closing) }

    /// Takes note of a finished trial.
    mutating func conclude(_ trial: Trial) {
        switch trial.state {
        case .completed:
            rule.conclude(judged(trial), costs(trial.metrics).map { .completed($0) } ?? .ended)
        case .diverged: rule.conclude(judged(trial), .diverged)
        case .stopped, .failed, .cancelled: rule.conclude(judged(trial), .ended)
        case .waiting, .running, .interrupted: break
        }
    }

    /// Makes the rule again from the store.
    ///
    /// A trial went on after every observation of an attempt but the last; after the last one too, unless the attempt
    /// was cut off. What such an attempt was told is not known, so it is decided again, from the same observations: a
    /// next attempt would go on from a checkpoint, and report further on. The same holds for a trial in outside hands,
    /// whose attempt goes on: its loop may never have heard the answer.
    ///
    /// - Parameters:
    ///   - trials: all trials of the sweep.
    ///   - attempts: theirs, by trial and attempt.
    /// - Returns: which trials are held, and which are to be.
    mutating func replay(trials: [Trial], attempts: [AttemptHistory]) -> Replayed {
        let byTrial = Dictionary(grouping: attempts, by: \.trial)
        var replayed = Replayed()
        var open: [(trial: Trial, observation: Observation, report: ProgressReport)] = []
        for trial in trials {
            let history = byTrial[trial.number] ?? []
            for (index, attempt) in history.enumerated() {
                for (place, observation) in attempt.observations.enumerated() {
                    guard let report = report(observation, trial) else { continue }
                    rule.record(report)
                    let isLast = place == attempt.observations.count - 1 && index == history.count - 1
                    let isOutside = definition.isAskTell && trial.state == .running
                    let wasCut = attempt.state == .interrupted
                    if isLast, isOutside || trial.state == .waiting && wasCut {
                        open.append((trial, observation, report))
                    }
                    if !isLast || !(isOutside || wasCut || attempt.state == .paused) { rule.passed(report) }
                }
            }
            if trial.state.isFinished {
                conclude(trial)
            } else if trial.state == .waiting, history.last?.state == .paused {
                rule.hold(judged(trial))
                replayed.held.insert(trial.number)
            }
        }
        for (trial, observation, report) in open {
            switch rule.decide(report) {
            case .proceed: break
            case .stop: replayed.stops.append((trial.number, observation))
            case .pause: replayed.pauses.append((trial.number, observation))
            }
        }
        return replayed
    }

    /// What `replay` found.
    struct Replayed: Sendable {
        /// Trials that are held, by number.
        var held: Set<Int> = []
        /// Trials that were, or should have been, told to stop when their attempt was cut off, and where.
        var stops: [(trial: Int, observation: Observation)] = []
        /// The same for trials told to pause.
        var pauses: [(trial: Int, observation: Observation)] = []
    }

    private func judged(_ trial: Trial) -> JudgedTrial {
        JudgedTrial(
            number: trial.number, cell: StoppingCell(trial.proposal, definition: definition),
            tokenBudget: trial.proposal.tokenBudget)
    }

    private func report(_ observation: Observation, _ trial: Trial) -> ProgressReport? {
        guard observation.tokens > 0, observation.tokens < trial.proposal.tokenBudget,
            let values = costs(observation.metrics)
        else { return nil }
        return ProgressReport(trial: judged(trial), tokens: observation.tokens, values: values)
    }

    /// The objectives, all to be minimised; `nil` when one is missing or not finite.
    private func costs(_ metrics: [String: Double]) -> [Double]? {
        var costs: [Double] = []
        for objective in objectives {
            guard let value = metrics[objective.name], value.isFinite else { return nil }
            costs.append(objective.goal == .minimize ? value : -value)
        }
        return costs
    }
}
