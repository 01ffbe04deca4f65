import Foundation
import ScalingLaws
import Tuner

/// What a sweep would run: its first round exactly, later ones by the planner's own estimate of their number.
struct SweepPlan {
    /// What one budget and model size takes.
    struct Cell: Encodable {
        var tokenBudget: Int
        /// Where the sweep varies it.
        var modelSize: Int?
        /// Replicates included.
        var trials: Int
        /// Of all its trials.
        var tokens: Double
        /// Of all its trials, in the sweep's unit; `nil` in seconds, which are learnt from trials.
        var cost: Double?

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case modelSize = "model_size"
            case trials, tokens, cost
        }
    }

    /// A place trials are planned at.
    private struct Place: Hashable, Comparable {
        var tokenBudget: Int
        var modelSize: Int?

        init(tokenBudget: Int, modelSize: Int? = nil) {
            self.tokenBudget = tokenBudget
            self.modelSize = modelSize
        }

        init(_ proposal: TrialProposal) {
            let size = proposal.hyperparameters["model_size"]?.number
            self.init(tokenBudget: proposal.tokenBudget, modelSize: size.map { Int($0) })
        }

        static func < (one: Self, other: Self) -> Bool {
            (one.tokenBudget, one.modelSize ?? 0) < (other.tokenBudget, other.modelSize ?? 0)
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
        var modelSize: Int?
        /// By hyperparameter: half the 80 % interval, as a factor.
        var factors: [String: Double]

        enum CodingKeys: String, CodingKey {
            case tokenBudget = "token_budget"
            case modelSize = "model_size"
            case factors
        }
    }

    /// A plan from a rehearsal of the whole sweep.
    ///
    /// - Parameters:
    ///   - definition: the sweep.
    ///   - firstRound: as the planner gives it.
    ///   - rehearsal: the sweep, played.
    ///   - slots: trials at once.
    ///   - rate: how fast finished trials were.
    init(
        _ definition: SweepDefinition, firstRound: [TrialProposal], rehearsal: PlanRehearsal, slots: Int,
        rate: TrialRate?
    ) {
        self.firstRound = firstRound
        self.slots = slots
        self.rate = rate
        cells = Self.cells(
            Dictionary(grouping: rehearsal.proposals, by: Place.init).mapValues(\.count), definition)
        let targets =
            definition.targetTokenBudgets.isEmpty && definition.targetCells.isEmpty ? [] : definition.targets
        rehearsed = targets.compactMap { target in
            let answer = rehearsal.law?.recommend(
                RecommendationQuery(
                    tokenBudget: Double(target.tokenBudget), modelSize: target.modelSize.map(Double.init)))
            let factors = (answer?.values ?? [:]).compactMap { axis, value -> (String, Double)? in
                guard axis != .momentum, let interval = value.interval, interval[0] > 0 else { return nil }
                return (axis.rawValue, (interval[1] / interval[0]).squareRoot())
            }
            return factors.isEmpty
                ? nil
                : Rehearsed(
                    tokenBudget: target.tokenBudget, modelSize: target.modelSize,
                    factors: Dictionary(uniqueKeysWithValues: factors))
        }
    }

    /// - Parameters:
    ///   - definition: the sweep.
    ///   - firstRound: as the planner gives it.
    ///   - expectedTrials: the planner's estimate over all rounds.
    ///   - slots: trials at once.
    ///   - rate: how fast finished trials were.
    init(
        _ definition: SweepDefinition, firstRound: [TrialProposal], expectedTrials: Int, slots: Int,
        rate: TrialRate?
    ) {
        self.firstRound = firstRound
        self.slots = slots
        self.rate = rate
        var trials = Dictionary(grouping: firstRound, by: Place.init).mapValues(\.count)
        // Later rounds go to the budgets the first one leaves out, evenly; the remainder to the smallest of them.
        let later = max(0, expectedTrials - firstRound.count)
        let sizes: [Int?] = definition.modelSizes.isEmpty ? [nil] : definition.modelSizes
        let all = definition.tokenBudgets.flatMap { budget in
            sizes.map { Place(tokenBudget: budget, modelSize: $0) }
        }
        let open = all.filter { trials[$0] == nil }
        let shared = open.isEmpty ? all : open
        for (index, place) in shared.enumerated() {
            let share = later / shared.count + (index < later % shared.count ? 1 : 0)
            if share > 0 { trials[place, default: 0] += share }
        }
        cells = Self.cells(trials, definition)
    }

    /// Cells with their trials; what a trial decays on the side for shorter runs is among its tokens.
    private static func cells(_ trials: [Place: Int], _ definition: SweepDefinition) -> [Cell] {
        trials.sorted { $0.key < $1.key }.map { place, count in
            Cell(
                tokenBudget: place.tokenBudget, modelSize: place.modelSize, trials: count,
                tokens: definition.trainedTokens(of: place.tokenBudget) * Double(count),
                cost: definition.cost(ofTrial: place.tokenBudget, modelSize: place.modelSize).map {
                    $0 * Double(count)
                })
        }
    }

    var trials: Int { cells.reduce(0) { $0 + $1.trials } }
    var tokens: Double { cells.reduce(0) { $0 + $1.tokens } }
    /// In the sweep's unit; `nil` in seconds.
    var cost: Double? { cells.reduce(0) { sum, cell in sum.flatMap { sum in cell.cost.map { sum + $0 } } } }

    /// Seconds with all slots busy; `nil` when no trial was measured.
    var predictedSeconds: Double? {
        rate.map { tokens / $0.tokensPerSecond / Double(max(1, min(slots, trials))) }
    }
}
