import Foundation

/// Gathers the observations of one attempt and stores them in batches.
///
/// A batch is stored when it is large or old enough; what is left goes into the transaction of the result, so a short
/// trial costs no commit of its own. A batch that cannot be stored is kept and tried again with the next one.
actor ObservationLog {
    private let store: Store
    private let attempt: StoredAttempt
    private let now: @Sendable () -> Date
    private var pending: [Observation] = []
    private var lastStored = ContinuousClock.now
    /// What the attempt was told when it was told to end, and the observation that this answered.
    private(set) var verdict: (directive: TrialDirective, observation: Observation)?

    private static let largestBatch = 256
    private static let longestWait = Duration.milliseconds(500)

    init(store: Store, attempt: StoredAttempt, now: @escaping @Sendable () -> Date) {
        self.store = store
        self.attempt = attempt
        self.now = now
    }

    func add(_ observation: Observation) async {
        pending.append(observation)
        let isOld = lastStored.duration(to: .now) >= Self.longestWait
        guard pending.count >= Self.largestBatch || isOld else { return }
        await flush()
    }

    /// Stores what is not stored yet.
    ///
    /// - Returns: whether everything that was added is in the store.
    @discardableResult
    func flush() async -> Bool {
        lastStored = .now
        let batch = pending
        guard !batch.isEmpty else { return true }
        do {
            try await store.append(batch, to: attempt, at: now())
            // Others may have been added while this waited.
            pending.removeFirst(batch.count)
            return true
        } catch {
            // Kept: `finish` stores it, or refuses the attempt as a whole.
            return false
        }
    }

    /// Notes that the attempt is told to end; the first time counts.
    func conclude(_ directive: TrialDirective, on observation: Observation) {
        if verdict == nil { verdict = (directive, observation) }
    }

    /// The observations that are not stored yet.
    func close() -> [Observation] { pending }
}
