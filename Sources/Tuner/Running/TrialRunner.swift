/// Runs attempts. One instance serves all sweeps of a daemon; it owns its processes.
public protocol TrialRunner: Sendable {
    /// Runs one attempt to its end.
    ///
    /// Cancelling the calling task ends the attempt's processes (TERM, then KILL after the grace time) and returns
    /// `.interrupted`. A crash of the worker returns `.failed`, never throws the daemon off.
    ///
    /// - Parameters:
    ///   - spec: the attempt.
    ///   - timeout: wall-clock limit in seconds.
    ///   - observe: called in order for every observation.
    /// - Returns: how the attempt ended.
    func run(
        _ spec: AttemptSpec, timeout: Double?, observe: @escaping @Sendable (Observation) async -> Void
    ) async -> AttemptResult

    /// Ends all processes and frees what is held; afterwards `run` returns `.interrupted` at once.
    func shutDown() async
}
