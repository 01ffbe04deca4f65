import Foundation

/// What the service holds in memory of a sweep it drives; the store has everything needed to make it again.
struct SweepRun: Sendable {
    let id: Int64
    /// With the centre of its probe, once there is one.
    var definition: SweepDefinition
    var planner: any Planner
    var state: SweepState
    /// Waiting trials, next one first.
    var waiting: TrialQueue
    /// Waiting trials that a stopping rule holds at their checkpoints, by number; they are not in `waiting`.
    var held: [Int: Trial] = [:]
    /// The trials under way, by number.
    var running: [Int: UnderWay] = [:]
    /// The trials of its rounds so far, as far as they were read from the store: finished trials do not change any more.
    var history: [Trial] = []
    /// Whether the planner is asked for a round right now.
    var isPlanning = false
    /// Whether its probe was tried.
    var isProbed = false
    /// Set when the user resumes a failed sweep: the round that failed is not held against it again.
    var toleratesFailedRound = false
    /// Counts the hand-outs of the service; the sweep served longest ago comes first.
    var lastServed = 0
    /// The trials an outside loop has; `nil` for sweeps whose trials are run here.
    var desk: AskDesk?

    /// A trial under way: its task, which is that of its whole stack, and the number of the hand-out.
    struct UnderWay: Sendable {
        var task: Task<Void, Never>
        var served: Int
    }

    var name: String { definition.name }

    /// Slots its trials take: a stack takes one until its last trial has ended.
    var slotsInUse: Int { Set(running.values.map(\.served)).count }

    /// Whether a further trial may start here, if the stopping rule lets one go on where only held ones are left.
    func mayStart(slots: Int) -> Bool {
        desk == nil && state == .running && !(waiting.isEmpty && held.isEmpty)
            && (definition.parallel.map { running.count < max(1, $0) } ?? (slotsInUse < max(1, slots)))
    }

    /// Whether it is the planner's turn.
    var needsRound: Bool {
        guard state == .running, waiting.isEmpty, running.isEmpty, !isPlanning else { return false }
        // A loop that asks one by one has no rounds; the first round of the others waits for the first ask.
        return desk.map { $0.planner == nil && $0.isIdle && $0.wasAsked } ?? true
    }
}
