/// A planner that is asked for one trial at a time, while others are under way: what an outside loop needs that asks
/// whenever it has room.
///
/// The next point depends on the definition, the count of trials asked for and the sets of trials under way and
/// finished, so a planner that is rebuilt from the trial table (`begin` and `tell`, in order of number) goes on as the
/// one before. An ask and a tell cost the same at any number of trials; what is kept of finished trials is bounded.
public protocol LivePlanner: Sendable {
    /// The next point, under way from now on.
    ///
    /// - Parameter number: number its trial will have.
    /// - Returns: the point, or `nil` when there is none left.
    /// - Throws: what keeps the sampler from proposing; the sweep fails with it.
    mutating func ask(_ number: Int) throws -> TrialProposal?

    /// Takes over a trial of the table, under way from now on.
    mutating func begin(_ trial: Trial) throws

    /// A trial under way has finished; one that is not under way is ignored.
    mutating func tell(_ trial: Trial) throws

    /// Whether there is certainly no point left, whatever is still told.
    var isExhausted: Bool { get }
}
