import Engine
import Foundation
import Synchronization

/// What the samplers of a sweep know after its rounds so far, brought up to date by the trials that are new.
///
/// It is nothing but a function of the trial table, kept because a sampler that is made anew at every round pays for all
/// trials each time. A table that is not the one known with trials added (another sweep's, an edited one) is learnt from
/// its first trial on.
final class SamplerRoundMemory: Sendable {
    /// Where the search of one budget stands.
    struct Lane: Sendable {
        /// The sampler with everything it was told.
        var search: BudgetSearch
        /// Points planned.
        var pointCount = 0
        /// How the points turned out; the last result counts where one was tried twice. `nil` is a failure.
        var outcomes: [[String: HyperparameterValue]: [Double]?] = [:]
    }

    private struct State {
        var lanes: [Lane]
        var learnt: [Trial] = []
        /// The round after `learnt`: asked for twice, by the plan and by the estimate of what is to come.
        var next: [TrialProposal]?
    }

    private let definition: SweepDefinition
    private let sampler: String
    private let state = Mutex<State?>(nil)

    /// A memory that has seen nothing yet.
    init(_ definition: SweepDefinition, sampler: String) {
        self.definition = definition
        self.sampler = sampler
    }

    /// The round after a history, by `plan` unless it is known already.
    ///
    /// - Parameters:
    ///   - history: finished trials by number.
    ///   - plan: makes the round out of the searches, one for each budget that has one.
    /// - Returns: what `plan` returned for this history.
    /// - Throws: what keeps a sampler from searching the space, and what `plan` throws.
    func round(after history: [Trial], plan: ([Lane]) throws -> [TrialProposal]) throws -> [TrialProposal] {
        try state.withLock { kept in
            var state = try kept.flatMap { Self.continues($0.learnt, history) ? $0 : nil } ?? fresh()
            // Taken out while it changes: a second owner would copy what the samplers keep.
            kept = nil
            if history.count > state.learnt.count {
                try learn(history[state.learnt.count...], &state.lanes)
                state.learnt = history
                state.next = nil
            }
            let next = try state.next ?? plan(state.lanes)
            state.next = next
            kept = state
            return next
        }
    }

    private func fresh() throws -> State {
        State(
            lanes: try definition.tokenBudgets.enumerated().compactMap { ordinal, budget in
                try BudgetSearch(definition, sampler: sampler, budget: budget, ordinal: ordinal).map {
                    Lane(search: $0)
                }
            })
    }

    /// Whether a history is the known one with whole points added.
    private static func continues(_ learnt: [Trial], _ history: [Trial]) -> Bool {
        guard history.count >= learnt.count, history.starts(with: learnt) else { return false }
        // A replicate of a point that was learnt already would change what was learnt.
        return history[learnt.count...].first.map { $0.proposal.replicate == 0 } ?? true
    }

    /// Tells the samplers of points in the order they were planned.
    private func learn(_ trials: ArraySlice<Trial>, _ lanes: inout [Lane]) throws {
        for index in lanes.indices {
            var points: [[Trial]] = []
            for trial in trials where trial.proposal.tokenBudget == lanes[index].search.budget {
                if trial.proposal.replicate == 0 || points.isEmpty {
                    points.append([trial])
                } else {
                    points[points.count - 1].append(trial)
                }
            }
            for replicates in points {
                let hyperparameters = replicates[0].proposal.hyperparameters
                let values = definition.searchedValues(of: replicates)
                if let number = try lanes[index].search.session?.begin(hyperparameters) {
                    try lanes[index].search.session?.tell(number, SamplerOutcome(values: values))
                }
                lanes[index].pointCount += 1
                lanes[index].outcomes[hyperparameters] = .some(values)
            }
        }
    }
}
