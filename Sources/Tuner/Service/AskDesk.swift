import Dispatch
import Foundation
import Synchronization

/// What the service holds of a sweep whose trials an outside loop runs.
struct AskDesk: Sendable {
    /// Plans one trial at a time; `nil` for methods that plan rounds, which wait in `SweepRun.waiting`.
    let planner: LivePlannerQueue?
    /// Trials in outside hands, by number.
    var open: [Int: OpenTrial] = [:]
    /// Planned trials whose hand-out could not be stored; the next ask gets them.
    var unstored: [Trial] = []
    /// Trials on their way into the store.
    var onTheWay = 0
    /// No lease ends before it; leases are looked at when it has passed.
    var earliestExpiry = Date.distantFuture
    /// Whether anybody asked since the start.
    var wasAsked = false

    /// Whether no trial is in outside hands or on its way there.
    var isIdle: Bool { open.isEmpty && unstored.isEmpty && onTheWay == 0 }

    /// Notes that a loop has a trial.
    mutating func add(_ trial: OpenTrial) {
        open[trial.trial.number] = trial
        earliestExpiry = min(earliestExpiry, trial.leaseExpiresAt)
    }

    /// Trials whose lease has ended, by number.
    mutating func expired(at now: Date) -> [OpenTrial] {
        guard now >= earliestExpiry else { return [] }
        earliestExpiry = open.values.map(\.leaseExpiresAt).filter { $0 > now }.min() ?? .distantFuture
        return open.values.filter { $0.leaseExpiresAt <= now }.sorted { $0.trial.number < $1.trial.number }
    }
}

/// A live planner on a queue of its own: asks and tells come one after another, and none holds the cooperative pool,
/// however long a proposal takes to compute.
final class LivePlannerQueue: Sendable {
    private struct State {
        var planner: any LivePlanner
        var nextNumber: Int
    }
    private let queue = DispatchQueue(label: "tuner.live-planner")
    private let state: Mutex<State>

    /// A planner that has been told of all trials below `nextNumber`.
    init(_ planner: any LivePlanner, nextNumber: Int) {
        state = Mutex(State(planner: planner, nextNumber: nextNumber))
    }

    /// The next points with the numbers of their trials; fewer than asked when there are no more.
    func ask(_ count: Int) async throws -> [(number: Int, proposal: TrialProposal)] {
        try await onQueue { state in
            var proposals: [(number: Int, proposal: TrialProposal)] = []
            while proposals.count < count, let proposal = try state.planner.ask(state.nextNumber) {
                proposals.append((state.nextNumber, proposal))
                state.nextNumber += 1
            }
            return proposals
        }
    }

    /// Tells of finished trials. Returns at once: a later ask sees it.
    func tell(_ trials: [Trial]) {
        queue.async { [self] in
            state.withLock { state in
                // A planner refuses only what was never asked for; the trial is stored all the same.
                for trial in trials { try? state.planner.tell(trial) }
            }
        }
    }

    /// Whether there is certainly no point left.
    var isExhausted: Bool {
        get async { (try? await onQueue { $0.planner.isExhausted }) ?? true }
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable (inout State) throws -> Value)
        async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                continuation.resume(with: Result { try state.withLock { try work(&$0) } })
            }
        }
    }
}
