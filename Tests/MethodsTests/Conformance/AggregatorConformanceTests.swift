import Engine
import Methods
import Testing

/// What robust rules have in common.
struct AggregatorConformance {
    enum Check: CaseIterable { case agreement, order, translation, breakdown, reset }

    let rule: any Aggregator

    func failures(seed: UInt64) -> Set<Check> {
        var generator = SplitMix64(seed)
        var found: Set<Check> = []
        func apply(_ messages: [Vector], _ f: Int) -> Vector {
            var copy = rule
            return copy.aggregate(messages, byzantine: f)
        }
        let messages = (0..<8).map { _ in 0.1 * Vector(generator.normals(3)) }
        let result = apply(messages, 2)
        let same = Array(repeating: messages[0], count: 8)
        if (apply(same, 2) - messages[0]).norm > 1e-9 { found.insert(.agreement) }
        if (apply(messages.reversed(), 2) - result).norm > 1e-9 { found.insert(.order) }
        let shift = Vector([0.3, -0.2, 0.1])
        if (apply(messages.map { $0 + shift }, 2) - result - shift).norm > 1e-6 { found.insert(.translation) }
        // Two of eight messages go to a million: a robust rule stays where the others are.
        let attacked = Array(messages[..<6]) + Array(repeating: Vector(repeating: 1e6, count: 3), count: 2)
        if apply(attacked, 2).norm > 3 { found.insert(.breakdown) }
        var used = rule
        _ = used.aggregate(attacked, byzantine: 2)
        used.reset()
        if used.aggregate(messages, byzantine: 2) != result { found.insert(.reset) }
        return found
    }
}

@Suite("Conformance of aggregators")
struct AggregatorConformanceTests {
    @Test("robust rules agree, ignore order, follow shifts and do not break down")
    func robust() {
        let rules: [any Aggregator] = [
            MedianAggregator(), TrimmedMeanAggregator(), KrumAggregator(),
            KrumAggregator(countsOneMore: true),
            KrumAggregator(selected: 3), GeometricMedianAggregator(iterations: 60),
            NeighbourMixing(MedianAggregator()), NeighbourMixing(TrimmedMeanAggregator()),
            NeighbourMixing(KrumAggregator()), NeighbourMixing(GeometricMedianAggregator(iterations: 60)),
        ]
        for rule in rules {
            #expect(AggregatorConformance(rule: rule).failures(seed: 31) == [], "\(rule.name)")
        }
        let clipping = AggregatorConformance(rule: CenteredClippingAggregator()).failures(seed: 31)
        #expect(clipping == [], "cclip, within reach of its centre")
        let buckets = AggregatorConformance(rule: Bucketing(MedianAggregator(), size: 2, seed: 1)).failures(
            seed: 31)
        #expect(buckets.subtracting([.order, .translation, .breakdown]) == [])
    }

    @Test("faults are found: the mean breaks down, others forget to agree or to reset")
    func broken() {
        struct First: Aggregator {
            var name: String { "first" }
            mutating func aggregate(_ m: [Vector], byzantine: Int) -> Vector { m[0] }
        }
        struct Shrunk: Aggregator {
            var name: String { "shrunk" }
            mutating func aggregate(_ m: [Vector], byzantine: Int) -> Vector { 0.9 * Vector.mean(m) }
        }
        struct Sticky: Aggregator {
            var name: String { "sticky" }
            var last: Vector?
            mutating func aggregate(_ m: [Vector], byzantine: Int) -> Vector {
                let mean = Vector.mean(m)
                defer { last = mean }
                return last.map { 0.5 * ($0 + mean) } ?? mean
            }
        }
        func failures(_ rule: any Aggregator) -> Set<AggregatorConformance.Check> {
            AggregatorConformance(rule: rule).failures(seed: 31)
        }
        #expect(failures(MeanAggregator()) == [.breakdown])
        #expect(failures(First()).contains(.order))
        #expect(failures(Shrunk()).isSuperset(of: [.agreement, .translation]))
        #expect(failures(Sticky()).contains(.reset))
    }
}
