/// Waiting trials, next one first. Taking the first costs the same however many wait, unlike with an array.
struct TrialQueue: Sendable, ExpressibleByArrayLiteral {
    /// What is before `start` was taken.
    private var trials: [Trial]
    private var start = 0

    init(_ trials: [Trial]) { self.trials = trials }
    init(arrayLiteral elements: Trial...) { trials = elements }

    var isEmpty: Bool { start == trials.count }
    var count: Int { trials.count - start }

    /// Takes up to `count` trials from the front.
    mutating func take(_ count: Int) -> [Trial] {
        let end = min(trials.count, start + max(0, count))
        let taken = Array(trials[start..<end])
        start = end
        // Half of it is gone: move the rest, which costs no more than what was taken since the last time.
        if start > 32, start > trials.count / 2 {
            trials.removeFirst(start)
            start = 0
        }
        return taken
    }

    /// Takes up to `count` trials that fulfil a condition, in their order, from those at the front. The others keep
    /// theirs. What is far behind is not looked at, so that the cost does not grow with the queue.
    mutating func take(_ count: Int, where isWanted: (Trial) -> Bool) -> [Trial] {
        let end = min(trials.count, start + Self.window)
        var taken: [Trial] = []
        var left: [Trial] = []
        for trial in trials[start..<end] {
            if taken.count < count, isWanted(trial) { taken.append(trial) } else { left.append(trial) }
        }
        start = end - left.count
        trials.replaceSubrange(start..<end, with: left)
        return taken
    }

    private static let window = 1024

    /// Puts trials back to the front.
    mutating func putBack(_ returned: [Trial]) {
        trials.replaceSubrange(..<start, with: returned)
        start = 0
    }

    /// Puts a trial to the end.
    mutating func append(_ trial: Trial) { trials.append(trial) }

    /// Takes a trial out by number.
    mutating func remove(_ number: Int) { self = TrialQueue(trials[start...].filter { $0.number != number }) }
}
