import Engine

@testable import Tuner

/// Samplers that break one rule each, and what the conformance suite says of them.
enum BrokenSampler: CaseIterable {
    case ignoresItsSeed, drawsAnew, leavesTheSpace, forgetsAnAxis, mindsTheOrder, mindsWhatDoesNotExist,
        crowds
    case keepsPendingOnes

    var make: @Sendable (SamplerProblem) -> any Sampler {
        switch self {
        case .ignoresItsSeed: { _ in Stuck() }
        case .drawsAnew: { _ in Fickle() }
        case .leavesTheSpace: { Bent(inner: RandomSampler($0)) { $0.map { 2 * $0 } } }
        case .forgetsAnAxis: { Bent(inner: RandomSampler($0)) { Array($0.dropLast()) } }
        case .mindsTheOrder: { OrderMinded(generator: SplitMix64($0.seed)) }
        case .mindsWhatDoesNotExist: { RawMinded(inner: RandomSampler($0)) }
        case .crowds: { Crowding(inner: RandomSampler($0)) }
        case .keepsPendingOnes: { PendingMinded(generator: SplitMix64($0.seed)) }
        }
    }

    var complaints: [String] {
        switch self {
        case .ignoresItsSeed: ["the seed does not matter"]
        case .drawsAnew:
            ["the same history and seed: other points", "a rebuilt sampler goes on differently"]
        case .leavesTheSpace: ["coordinates outside 0...1"]
        case .forgetsAnAxis: ["5 coordinates for 6 axes"]
        case .mindsTheOrder, .keepsPendingOnes: ["the order of telling matters"]
        case .mindsWhatDoesNotExist: ["a rebuilt sampler goes on differently"]
        case .crowds: ["five trials under way are only 1 points"]
        }
    }
}

/// Proposes the same point again and again, whatever the seed.
private struct Stuck: Sampler {
    func propose(_ number: Int) -> [Double]? { [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }
}

/// Draws differently every time.
private struct Fickle: Sampler {
    func propose(_ number: Int) -> [Double]? { (0..<6).map { _ in Double.random(in: 0..<1) } }
}

/// A good sampler whose proposals are bent on their way out.
private struct Bent: Sampler {
    var inner: RandomSampler
    let bend: @Sendable ([Double]) -> [Double]
    mutating func propose(_ number: Int) -> [Double]? { inner.propose(number).map(bend) }
}

/// Remembers which trial it was told of last.
private struct OrderMinded: Sampler {
    var generator: SplitMix64
    var last = 0
    func propose(_ number: Int) -> [Double]? {
        var generator = SplitMix64.stream(generator.state &+ UInt64(last), number)
        return (0..<6).map { _ in generator.uniform() }
    }
    mutating func finished(_ trial: SampledTrial) { last = trial.number }
}

/// Keeps what it proposed, the coordinate of an axis that does not exist there included: the table does not have it.
private struct RawMinded: Sampler {
    var inner: RandomSampler
    var last = 0.0
    mutating func propose(_ number: Int) -> [Double]? {
        guard var coordinates = inner.propose(number) else { return nil }
        coordinates[0] = (coordinates[0] + last) / 2
        last = coordinates[5]
        return coordinates
    }
}

/// Counts the trials that were under way when one was told of: the order of tells changes it, the set does not.
private struct PendingMinded: Sampler {
    var generator: SplitMix64
    var pending: Set<Int> = []
    var sum = 0
    func propose(_ number: Int) -> [Double]? {
        var generator = SplitMix64.stream(generator.state &+ UInt64(sum), number)
        return (0..<6).map { _ in generator.uniform() }
    }
    mutating func began(_ number: Int, at point: SamplerPoint) { pending.insert(number) }
    mutating func finished(_ trial: SampledTrial) {
        pending.remove(trial.number)
        sum += pending.count { $0 < trial.number }
    }
}

/// A good sampler whose trials under way are all at one spot.
private struct Crowding: Sampler {
    var inner: RandomSampler
    var finishedCount = 0
    mutating func propose(_ number: Int) -> [Double]? { inner.propose(finishedCount) }
    mutating func finished(_ trial: SampledTrial) { finishedCount += 1 }
}
