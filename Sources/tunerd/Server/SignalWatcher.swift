import Dispatch
import Foundation
import Synchronization

/// Turns SIGTERM and SIGINT into values: the first is handed over once, the second ends the process at once.
///
/// The default action is switched off for both, and for SIGPIPE, which a client that goes away would raise.
///
/// `@unchecked Sendable`: everything is set once in `init`; Dispatch sources are safe to hold from any thread.
final class SignalWatcher: @unchecked Sendable {
    /// The first signal, once.
    let first: AsyncStream<CInt>
    /// Never changed after `init`; Dispatch does not say that its sources may be shared, but they may.
    private let sources: [any DispatchSourceSignal]

    /// Starts watching.
    init() {
        let (first, continuation) = AsyncStream<CInt>.makeStream()
        self.first = first
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "tunerd.signals")
        let count = SignalCount()
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable in
                if count.next() > 1 { _exit(128 + number) }
                continuation.yield(number)
                continuation.finish()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Waits for the first signal; `nil` when the waiting task is cancelled.
    func wait() async -> CInt? {
        for await number in first { return number }
        return nil
    }
}

/// Counts signals over both sources.
private final class SignalCount: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
