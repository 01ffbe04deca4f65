/// The trials that were measured at one place, and which of them are good enough.
///
/// A trial is *kept* when fewer than `share.quota(n)` of the n trials dominate it: are nowhere worse and somewhere
/// better. With one objective that is "among the best quota(n), ties included"; with several it is the rank of Fonseca
/// and Fleming (1993), and what no other dominates is always kept.
///
/// One objective: two heaps around the last kept value, so that an insertion costs O(log n) and a question O(1).
/// Several: O(n) for a question. What was inserted decides, not the order.
struct Rung: Sendable {
    /// How many of n trials are kept.
    enum Share: Sendable, Hashable {
        /// One in so many, rounded down, and at least one.
        case oneIn(Int)
        /// Half, rounded up: kept is what is not worse than the median.
        case half

        func quota(_ count: Int) -> Int {
            switch self {
            case .oneIn(let eta): max(1, count / max(1, eta))
            case .half: (count + 1) / 2
            }
        }
    }

    let share: Share
    let objectiveCount: Int
    /// Trials at this rung.
    private(set) var trials: Set<Int> = []
    /// One objective: the best `quota` values, the worst of them at hand; and the rest, the best of them at hand.
    private var best = BinaryHeap<Double> { $0 > $1 }
    private var rest = BinaryHeap<Double> { $0 < $1 }
    /// Several objectives: all points.
    private var points: [[Double]] = []

    init(_ share: Share, objectiveCount: Int) {
        self.share = share
        self.objectiveCount = objectiveCount
    }

    var count: Int { trials.count }

    /// Takes a trial in, once; a second value of the same trial changes nothing.
    mutating func insert(_ trial: Int, _ values: [Double]) {
        guard trials.insert(trial).inserted else { return }
        guard objectiveCount == 1 else {
            points.append(values)
            return
        }
        if let last = best.first, values[0] > last {
            rest.insert(values[0])
        } else {
            best.insert(values[0])
        }
        let quota = share.quota(trials.count)
        while best.count > quota, let moved = best.removeFirst() { rest.insert(moved) }
        while best.count < quota, let moved = rest.removeFirst() { best.insert(moved) }
    }

    /// Whether these objectives are good enough here.
    func keeps(_ values: [Double]) -> Bool {
        guard objectiveCount > 1 else { return best.first.map { values[0] <= $0 } ?? true }
        return rank(of: values) < share.quota(trials.count)
    }

    /// How many trials here dominate these objectives; several objectives only.
    func rank(of values: [Double]) -> Int { points.count { ParetoRanking.dominates($0, values) } }
}
