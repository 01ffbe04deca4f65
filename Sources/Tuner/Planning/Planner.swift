/// Chooses trials. Deterministic in (definition, finished trials): the same history gives the same proposals, so the
/// state of a planner is the trial table and a restart loses nothing.
public protocol Planner: Sendable {
    /// The next round.
    ///
    /// Called when every trial of the rounds so far is finished. `history` holds all of them in order of number.
    ///
    /// - Returns: the proposals of round `history.last.round + 1`, or an empty list when the sweep is done.
    func nextRound(history: [Trial]) throws -> [TrialProposal]

    /// An upper estimate of the trials still to come, for progress displays.
    func expectedTrialCount(history: [Trial]) -> Int

    /// Why the sweep is done, once `nextRound` has said so; `nil` when the end speaks for itself.
    func conclusion(history: [Trial]) -> String?
}

extension Planner {
    /// A planned number of trials was made.
    public func conclusion(history: [Trial]) -> String? { nil }
}
