/// The finished trials a sampler keeps: the best, and the newest.
///
/// What is kept is a function of the set of finished trials: the `best.count` best and the `newest` with the largest
/// numbers. Both are sorted arrays of bounded length, so that adding a trial costs the same at any time. With several
/// objectives the best are the whole non-dominated front, which is not bounded but stays small in practice.
struct TrialMemory: Sendable {
    /// The best, in order; with several objectives the front, by number.
    private(set) var best: [SampledTrial] = []
    /// The newest, by number.
    private(set) var newest: [SampledTrial] = []
    /// Finished trials in all.
    private(set) var count = 0
    /// Trials under way.
    private(set) var pending: [Int: SamplerPoint] = [:]
    private let bestLimit: Int
    private let newestLimit: Int
    private let hasSeveralObjectives: Bool

    init(best: Int, newest: Int, objectiveCount: Int) {
        bestLimit = best
        newestLimit = newest
        hasSeveralObjectives = objectiveCount > 1
    }

    /// A trial is under way.
    mutating func begin(_ number: Int, at point: SamplerPoint) { pending[number] = point }

    /// A trial has ended.
    mutating func add(_ trial: SampledTrial) {
        pending[trial.number] = nil
        count += 1
        Self.insert(trial, into: &newest) { $0.number < $1.number }
        if newest.count > newestLimit { newest.removeFirst() }
        if hasSeveralObjectives {
            addToFront(trial)
        } else {
            if best.count == bestLimit, let last = best.last, !ParetoRanking.isBetter(trial, last) { return }
            Self.insert(trial, into: &best, by: ParetoRanking.isBetter)
            if best.count > bestLimit { best.removeLast() }
        }
    }

    /// Best and newest, each trial once, by number.
    var all: [SampledTrial] {
        let first = newest.first?.number ?? 0
        return (best.filter { $0.number < first }.sorted { $0.number < $1.number }) + newest
    }

    private mutating func addToFront(_ trial: SampledTrial) {
        guard let values = trial.outcome.values, trial.outcome.violation == 0 else { return }
        func hides(_ other: SampledTrial, _ point: [Double]) -> Bool {
            guard let values = other.outcome.values else { return false }
            return ParetoRanking.dominates(values, point)
        }
        if best.contains(where: { hides($0, values) }) { return }
        best.removeAll { $0.outcome.values.map { ParetoRanking.dominates(values, $0) } ?? false }
        Self.insert(trial, into: &best) { $0.number < $1.number }
    }

    private static func insert(
        _ trial: SampledTrial, into trials: inout [SampledTrial],
        by precedes: (SampledTrial, SampledTrial) -> Bool
    ) {
        var low = 0, high = trials.count
        if let last = trials.last, precedes(last, trial) { low = high }
        while low < high {
            let middle = (low + high) / 2
            if precedes(trials[middle], trial) { low = middle + 1 } else { high = middle }
        }
        trials.insert(trial, at: low)
    }
}
