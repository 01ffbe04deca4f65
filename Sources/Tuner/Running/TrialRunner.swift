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

    /// Runs the attempts of a stack to their ends, in one slot, without a time limit.
    ///
    /// Cancelling the calling task ends all of them as `run` does one. A crash of the worker ends all that have not
    /// ended as failed, however many of them had a part in it.
    ///
    /// - Parameter stack: the attempts, and who is told of them.
    func run(stack: AttemptStack) async

    /// Ends all processes and frees what is held; afterwards `run` returns `.interrupted` at once.
    func shutDown() async
}

extension TrialRunner {
    /// Runs the attempts one after another: for runners that cannot do better.
    public func run(stack: AttemptStack) async {
        for (index, spec) in stack.specs.enumerated() {
            let result = await run(
                spec, timeout: nil,
                answer: { await stack.answer([.init(index: index, content: $0)]).first ?? .proceed })
            await stack.ended([.init(index: index, content: result)])
        }
    }

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
