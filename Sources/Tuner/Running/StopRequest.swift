import Synchronization

/// Says that a worker is to end, to whoever asks and to whoever wants to be told.
final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var handler: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// Whether the worker is to end.
    var isRequested: Bool { state.withLock(\.isRequested) }

    /// Asks for the end.
    func request() {
        let handler = state.withLock { state in
            state.isRequested = true
            return state.handler
        }
        handler?()
    }

    /// Calls `handler` when the end is asked for (at once when it has been) until `body` returns.
    func withHandler<Value>(_ handler: @escaping @Sendable () -> Void, _ body: () throws -> Value) rethrows
        -> Value
    {
        let isRequested = state.withLock { state in
            state.handler = handler
            return state.isRequested
        }
        if isRequested { handler() }
        defer { state.withLock { $0.handler = nil } }
        return try body()
    }
}
