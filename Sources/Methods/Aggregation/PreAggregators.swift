public import Engine

/// Nearest-neighbour mixing: every message becomes the mean of the `n - f` messages nearest to it, itself included;
/// then any rule. Makes the error of all common rules O(f/n). Ties go to the smaller index.
///
/// Source: Y. Allouah et al., "Fixing by mixing", 2023, arXiv 2302.01772.
public struct NeighbourMixing: Aggregator {
    /// The rule that follows.
    public var rule: any Aggregator

    /// Mixes, then applies `rule`.
    public init(_ rule: any Aggregator) { self.rule = rule }

    /// Its name.
    public var name: String { "nnm+\(rule.name)" }

    /// Of the rule.
    public mutating func reset() { rule.reset() }

    /// Mixes and aggregates.
    public mutating func aggregate(_ messages: [Vector], byzantine f: Int) -> Vector {
        rule.aggregate(Self.mix(messages, byzantine: f), byzantine: f)
    }

    /// The mixed messages.
    public static func mix(_ messages: [Vector], byzantine f: Int) -> [Vector] {
        messages.map { centre in
            let distances = messages.map { ($0 - centre).norm }
            let order = messages.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
            return Vector.mean(order.prefix(messages.count - f).map { messages[$0] })
        }
    }
}

/// Means over random groups of `size` messages, then any rule: fewer, less different messages.
///
/// Source: S. P. Karimireddy, L. He, M. Jaggi, "Byzantine-robust learning on heterogeneous datasets via bucketing",
/// 2020, arXiv 2006.09365.
public struct Bucketing: Aggregator {
    /// The rule that follows.
    public var rule: any Aggregator
    /// Messages a group.
    public var size: Int
    /// Where the groups come from.
    public let seed: UInt64
    private var generator: SplitMix64

    /// Precondition: groups of at least one.
    public init(_ rule: any Aggregator, size: Int, seed: UInt64) {
        precondition(size > 0, "groups hold at least one message")
        self.rule = rule
        self.size = size
        self.seed = seed
        generator = SplitMix64(seed)
    }

    /// Its name.
    public var name: String { "bucketing+\(rule.name)" }

    /// Of the rule, and the first groups again.
    public mutating func reset() {
        rule.reset()
        generator = SplitMix64(seed)
    }

    /// Groups and aggregates; a group with one Byzantine member is Byzantine.
    public mutating func aggregate(_ messages: [Vector], byzantine f: Int) -> Vector {
        let groups = Self.group(messages, size: size, using: &generator)
        return rule.aggregate(groups, byzantine: min(f, (groups.count - 1) / 2))
    }

    /// Group means.
    public static func group(_ messages: [Vector], size: Int, using generator: inout SplitMix64) -> [Vector] {
        let order = generator.permutation(messages.count)
        return stride(from: 0, to: order.count, by: size).map { start in
            Vector.mean(order[start..<min(start + size, order.count)].map { messages[$0] })
        }
    }
}
