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
    ///   - answer: called in order for every observation; says what the trial is to do. An attempt that is told to
    ///     stop or pause ends as `.stopped` or `.paused`, unless it has reached its end before it heard of it.
    /// - Returns: how the attempt ended.
    func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult

    /// Ends all processes and frees what is held; afterwards `run` returns `.interrupted` at once.
    func shutDown() async
}

extension TrialRunner {
    /// Runs one attempt that nobody stops early.
    ///
    /// - Parameters:
    ///   - spec: the attempt.
    ///   - timeout: wall-clock limit in seconds.
    ///   - observe: called in order for every observation.
    /// - Returns: how the attempt ended.
    public func run(
        _ spec: AttemptSpec, timeout: Double?, observe: @escaping @Sendable (Observation) async -> Void
    ) async -> AttemptResult {
        await run(
            spec, timeout: timeout,
            answer: { observation in
                await observe(observation)
                return .proceed
            })
    }
}
