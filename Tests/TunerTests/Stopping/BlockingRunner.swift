import Synchronization

@testable import Tuner

/// Another runner, but one trial hangs until it is cancelled.
final class BlockingRunner: TrialRunner {
    private let inner: any TrialRunner
    private let trial: Int
    private let blocked = Mutex(false)

    init(inner: any TrialRunner, trial: Int) {
        self.inner = inner
        self.trial = trial
    }

    /// Whether that trial has begun.
    var isBlocked: Bool { blocked.withLock { $0 } }

    func run(
        _ spec: AttemptSpec, timeout: Double?,
        answer: @escaping @Sendable (Observation) async -> TrialDirective
    ) async -> AttemptResult {
        guard spec.trial == trial else { return await inner.run(spec, timeout: timeout, answer: answer) }
        blocked.withLock { $0 = true }
        while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        return .interrupted
    }

    func shutDown() async { await inner.shutDown() }
}
