/// One rung of successive halving with the trials that are held at it.
struct HalvingLevel: Sendable {
    /// A trial that is held.
    struct Held: Sendable, Hashable {
        var number: Int
        var values: [Double]
    }

    private(set) var rung: Rung
    private let eta: Int
    /// Held trials. One objective: in a heap, the best first; those that ended are dropped when they come up.
    private var held: [Int: Held] = [:]
    private var byValue = BinaryHeap<Held> { ($0.values[0], $0.number) < ($1.values[0], $1.number) }

    init(eta: Int, objectiveCount: Int) {
        self.eta = eta
        rung = Rung(.oneIn(eta), objectiveCount: objectiveCount)
    }

    /// Whether there are enough trials here for one in `eta` to be one.
    var isFilled: Bool { rung.count >= eta }

    mutating func insert(_ trial: Int, _ values: [Double]) { rung.insert(trial, values) }

    /// Holds a trial that is at this rung.
    mutating func hold(_ trial: Held) {
        guard held.updateValue(trial, forKey: trial.number) == nil, rung.objectiveCount == 1 else { return }
        byValue.insert(trial)
    }

    /// Holds a trial no longer.
    mutating func release(_ number: Int) { held[number] = nil }

    /// The best held trial, if it is kept: the least dominated one, then the one with the lowest number.
    mutating func candidate(closing: Bool) -> Held? {
        guard !held.isEmpty, closing || isFilled else { return nil }
        guard rung.objectiveCount == 1 else {
            let kept = held.values.filter { rung.keeps($0.values) }
            return kept.map { (rank: rung.rank(of: $0.values), trial: $0) }
                .min { ($0.rank, $0.trial.number) < ($1.rank, $1.trial.number) }?.trial
        }
        while let first = byValue.first {
            if held[first.number] == first { return rung.keeps(first.values) ? first : nil }
            _ = byValue.removeFirst()
        }
        return nil
    }
}
