import Dispatch
import Synchronization

/// The daemon's answer to an observation.
struct TrialAnswer: Sendable, Hashable, Codable {
    /// Name of the attempt that reported.
    var attempt: String
    /// Which observation is answered.
    var sequence: Int
    /// What the attempt is to do.
    var directive: TrialDirective
}

/// Answers on their way from the worker's reading thread to the attempt under way.
///
/// An engine trial waits for the answer to each of its observations, so that a decision never depends on how fast the
/// two processes are; a command is told when it is to end.
final class AnswerBox: Sendable {
    private struct State {
        /// The latest answer to each attempt under way.
        var latest: [String: TrialAnswer] = [:]
        var isClosed = false
        var attempt: String?
        var handler: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// Takes an answer in.
    func add(_ answer: TrialAnswer) {
        let handler = state.withLock { state in
            state.latest[answer.attempt] = answer
            return answer.directive != .proceed && state.attempt == answer.attempt ? state.handler : nil
        }
        arrived.signal()
        handler?()
    }

    /// Forgets the answers to attempts that are over. Called before the next one begins, to which none was given yet.
    func clear() { state.withLock { $0.latest = [:] } }

    /// No further answer will come.
    func close() {
        state.withLock { $0.isClosed = true }
        arrived.signal()
    }

    /// Waits for the answer to an observation; `nil` when none will come.
    func wait(attempt: String, sequence: Int) -> TrialDirective? {
        while true {
            let (answer, isClosed) = state.withLock { ($0.latest[attempt], $0.isClosed) }
            if let answer, answer.sequence >= sequence { return answer.directive }
            if isClosed { return nil }
            arrived.wait()
        }
    }

    /// Whether an attempt was told to end.
    func hasEnded(_ attempt: String) -> Bool {
        state.withLock { $0.latest[attempt].map { $0.directive != .proceed } ?? false }
    }

    /// Calls `handler` when an attempt is told to end, until `body` returns.
    func withHandler<Value>(
        _ attempt: String, _ handler: @escaping @Sendable () -> Void, _ body: () throws -> Value
    ) rethrows -> Value {
        state.withLock { ($0.attempt, $0.handler) = (attempt, handler) }
        defer { state.withLock { ($0.attempt, $0.handler) = (nil, nil) } }
        return try body()
    }
}
