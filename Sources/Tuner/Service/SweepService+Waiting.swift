import Foundation

extension SweepService {
    /// Waits until there is an event after the given one.
    ///
    /// - Parameters:
    ///   - eventID: the last event the caller has seen.
    ///   - timeout: seconds to wait at most.
    /// - Returns: whether there is a newer event.
    @discardableResult
    public func waitForChange(after eventID: Int64, timeout: Double) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(timeout)
        while !Task.isCancelled {
            let seen = changes
            if let latest = try? await store.latestEventID(), latest > eventID { return true }
            let left = deadline - .now
            guard left > .zero else { return false }
            if changes == seen { await nextChange(atMost: left) }
        }
        return false
    }

    /// Waits until no sweep is running and no trial is under way.
    public func waitUntilIdle() async {
        while !Task.isCancelled, !isIdle {
            await nextChange(atMost: .seconds(1))
        }
    }

    private var isIdle: Bool {
        runs.values.allSatisfy {
            $0.running.isEmpty && !$0.isPlanning && ($0.state != .running || isDraining)
        }
    }

    /// Tells everyone who waits that something has happened. Called after the store has it.
    func changed() {
        changes += 1
        let woken = waiters
        waiters = [:]
        woken.values.forEach { $0.resume() }
    }

    func nextChange(atMost duration: Duration) async {
        let number = nextWaiter
        nextWaiter += 1
        let alarm = Task {
            try? await Task.sleep(for: duration)
            self.wake(number)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { waiters[number] = continuation }
            }
        } onCancel: {
            Task { await self.wake(number) }
        }
        alarm.cancel()
    }

    private func wake(_ number: Int) { waiters.removeValue(forKey: number)?.resume() }
}
