import Foundation

/// Threads for synchronous work that takes long: training, and watching a child process.
enum DedicatedThread {
    /// Stack of a thread: deep layers of a model are no reason to end a worker.
    private static let stackSize = 8 * 1024 * 1024

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: shown by debuggers.
    ///   - work: done on it.
    static func start(_ name: String, _ work: @escaping @Sendable () -> Void) {
        let thread = Thread(block: work)
        thread.name = name
        thread.stackSize = stackSize
        thread.start()
    }

    /// Does synchronous work on a thread of its own and waits for it without holding the caller's.
    ///
    /// - Parameters:
    ///   - name: shown by debuggers.
    ///   - work: done on it.
    /// - Returns: what `work` returned.
    static func run<Value: Sendable>(_ name: String, _ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            start(name) { continuation.resume(returning: work()) }
        }
    }
}
