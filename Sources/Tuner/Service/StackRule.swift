import Engine
import Plugins

/// Which waiting trials of a sweep go to a worker together, and how many.
struct StackRule: Sendable {
    /// What trials in turns have in common.
    struct Shape: Hashable {
        var batchSizeTokens: Int?
        var tokenBudget: Int
        var seed: UInt64
    }

    /// Trials of a stack at most; 1: all run alone.
    let limit: Int

    /// The rule of a sweep.
    ///
    /// `auto` leaves alone what a trial in turns could change for the user: a time limit and seconds that are counted are
    /// those of a trial alone, and a rule that stops trials early learns from those that ended before.
    init(_ definition: SweepDefinition) {
        guard case .workload(let name, let options) = definition.subject,
            (try? WorkloadRegistry.builtIn.descriptor(named: name)) != nil,
            definition.optimizer?.external == nil, definition.trialTimeout == nil,
            definition.costUnit != .seconds
        else {
            limit = 1
            return
        }
        switch definition.stacking {
        case .off: limit = 1
        case .upTo(let most): limit = min(most, TrialProtocol.largestStack)
        case .automatic:
            let gains =
                definition.earlyTermination == nil
                && WorkloadRegistry.builtIn.gainsFromStacking(name, options: options)
            limit = gains ? TrialProtocol.largestStack : 1
        }
    }

    /// The shape of a trial; `nil` for one that runs alone. A second attempt does: what made the first one fail may have
    /// been this trial, and then it shall be seen.
    func shape(of trial: Trial) -> Shape? {
        guard limit > 1, trial.attempt == 0 else { return nil }
        return Shape(
            batchSizeTokens: AttemptPlan.batchSizeTokens(trial.proposal.hyperparameters),
            tokenBudget: trial.proposal.tokenBudget, seed: trial.seed)
    }

    /// How many trials to take for a slot: an equal share of what there is to do, so that no slot stays empty while
    /// another holds a stack.
    ///
    /// - Parameters:
    ///   - trials: of the sweep, waiting and under way.
    ///   - running: of them, under way.
    ///   - parallel: trials at once, where the sweep bounds them.
    ///   - slots: of the service.
    /// - Returns: at least 1.
    func size(trials: Int, running: Int, parallel: Int?, slots: Int) -> Int {
        let share = (trials + slots - 1) / max(1, slots)
        return max(1, min(limit, share, (parallel ?? .max) - running))
    }
}
