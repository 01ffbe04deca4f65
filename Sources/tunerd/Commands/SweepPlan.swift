import Foundation
import ScalingLaws
import Tuner

/// What a sweep would run: its first round exactly, later ones by the planner's own estimate of their number.
struct SweepPlan {
    /// What one budget takes.
    struct Cell: Encodable {
        var tokenBudget: Int
        /// Replicates included.
        var trials: Int
        /// Of all its trials.
        var tokens: Double

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case trials, tokens
        }
    }

    let firstRound: [TrialProposal]
    let cells: [Cell]
    /// Trials at once.
    let slots: Int
    /// How fast finished trials were; `nil` before there are any.
    let rate: TrialRate?
    /// 80 % intervals at the targets at the end of a rehearsal; empty where none was made.
    var rehearsed: [Rehearsed] = []

    /// What a rehearsed law answers at a target.
    struct Rehearsed: Encodable {
        var tokenBudget: Int
        /// By hyperparameter: half the 80 % interval, as a factor.
        var factors: [String: Double]

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case factors
        }
    }

    /// A plan from a rehearsal of the whole sweep.
    ///
    /// - Parameters:
    ///   - firstRound: as the planner gives it.
    ///   - rehearsal: the sweep, played.
    ///   - targets: budgets the user cares about.
    ///   - slots: trials at once.
    ///   - rate: how fast finished trials were.
    init(firstRound: [TrialProposal], rehearsal: PlanRehearsal, targets: [Int], slots: Int, rate: TrialRate?)
    {
        self.firstRound = firstRound
        self.slots = slots
        self.rate = rate
        cells = Dictionary(grouping: rehearsal.proposals, by: \.tokenBudget).sorted { $0.key < $1.key }.map {
            Cell(tokenBudget: $0.key, trials: $0.value.count, tokens: Double($0.key) * Double($0.value.count))
        }
        rehearsed = targets.compactMap { target in
            let answer = rehearsal.law?.recommend(RecommendationQuery(tokenBudget: Double(target)))
            let factors = (answer?.values ?? [:]).compactMap { axis, value -> (String, Double)? in
                guard axis != .momentum, let interval = value.interval, interval[0] > 0 else { return nil }
                return (axis.rawValue, (interval[1] / interval[0]).squareRoot())
            }
            return factors.isEmpty
                ? nil : Rehearsed(tokenBudget: target, factors: Dictionary(uniqueKeysWithValues: factors))
        }
    }

    /// - Parameters:
    ///   - firstRound: as the planner gives it.
    ///   - budgets: what is trained, ascending.
    ///   - expectedTrials: the planner's estimate over all rounds.
    ///   - slots: trials at once.
    ///   - rate: how fast finished trials were.
    init(firstRound: [TrialProposal], budgets: [Int], expectedTrials: Int, slots: Int, rate: TrialRate?) {
        self.firstRound = firstRound
        self.slots = slots
        self.rate = rate
        var trials = Dictionary(grouping: firstRound, by: \.tokenBudget).mapValues(\.count)
        // Later rounds go to the budgets the first one leaves out, evenly; the remainder to the smallest of them.
        let later = max(0, expectedTrials - firstRound.count)
        let open = budgets.filter { trials[$0] == nil }
        let shared = open.isEmpty ? budgets : open
        for (index, budget) in shared.enumerated() {
            trials[budget, default: 0] += later / shared.count + (index < later % shared.count ? 1 : 0)
        }
        cells = trials.sorted { $0.key < $1.key }.map { budget, count in
            Cell(tokenBudget: budget, trials: count, tokens: Double(budget) * Double(count))
        }
    }

    var trials: Int { cells.reduce(0) { $0 + $1.trials } }
    var tokens: Double { cells.reduce(0) { $0 + $1.tokens } }

    /// Seconds with all slots busy; `nil` when no trial was measured.
    var predictedSeconds: Double? {
        rate.map { tokens / $0.tokensPerSecond / Double(max(1, min(slots, trials))) }
    }
}

/// How fast trials of one workload and optimizer were.
struct TrialRate {
    /// Finished trials it is from.
    var trials: Int
    /// Tokens over seconds, both summed: short trials count little.
    var tokensPerSecond: Double

    /// The rate of completed first attempts that trained the same with the same optimizer; `nil` when there are none.
    static func measured(
        for definition: SweepDefinition, in operations: any SweepOperations
    ) async throws -> TrialRate? {
        var trials = 0
        var tokens = 0.0, seconds = 0.0
        for sweep in try await operations.sweeps() {
            let other = try await operations.definition(of: sweep.name).definition
            guard other.subject == definition.subject, other.optimizer?.name == definition.optimizer?.name
            else { continue }
            for trial in try await operations.trials(of: sweep.name, after: 0, limit: 1000)
            where trial.state == .completed && trial.attempt == 1 {
                guard let start = trial.startedAt, let end = trial.finishedAt, end > start else { continue }
                trials += 1
                tokens += Double(trial.proposal.tokenBudget)
                seconds += end.timeIntervalSince(start)
            }
        }
        return seconds > 0 ? TrialRate(trials: trials, tokensPerSecond: tokens / seconds) : nil
    }
}
