import Dispatch

/// Runs long synchronous work (fits, planner rounds) on a thread of its own kind, so that the cooperative pool stays
/// free for the daemon's answers.
enum Offload {
    private static let queue = DispatchQueue(label: "tuner.offload", attributes: .concurrent)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    /// Waits, whether or not the calling task is being cancelled.
    static func sleep(seconds: Double) async {
        await withCheckedContinuation { continuation in
            queue.asyncAfter(deadline: .now() + seconds) { continuation.resume() }
        }
    }
}
