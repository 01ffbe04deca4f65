public import Engine

/// Arbitrary sampling: which rows a step sees, and with which weight.
///
/// | sampler | rows | weight |
/// |---|---|---|
/// | nice | tau different ones, uniformly | 1/tau |
/// | serial | one, with probability p_r | 1/(N p_r) |
/// | independent | each by itself with probability p_r | 1/(N p_r) |
/// | partition | one of fixed blocks, with probability p_C | 1/(N p_C) |
/// | replacement | tau serial draws | 1/(N p_r tau) |
/// | reshuffled | the next of a permutation, redrawn after N | 1 |
///
/// `sum_r v_r grad f_r` is unbiased: every row has `E[v_r 1{r drawn}] = 1/N` (reshuffling: over an epoch). Expected smoothness
/// and noise of each are in `MinibatchSampling` of the laws.
///
/// Source: R. Gower et al., "SGD: general analysis and improved rates", 2019, arXiv 1901.09401.
public struct RowSampler: Sendable, Hashable {
    /// How rows are drawn.
    public enum Kind: Sendable, Hashable {
        /// tau different rows.
        case nice(Int)
        /// One row with these probabilities.
        case serial([Double])
        /// Every row with its own probability.
        case independent([Double])
        /// One block; equal probabilities.
        case partition([[Int]])
        /// tau serial draws.
        case replacement(Int, [Double])
        /// One after the other in random order.
        case reshuffled
    }

    /// How rows are drawn.
    public let kind: Kind
    /// N.
    public let rows: Int
    private var order: [Int] = []

    /// A sampler of `rows` rows; probabilities must be positive, one a row.
    public init(_ kind: Kind, rows: Int) {
        self.kind = kind
        self.rows = rows
    }

    /// A row and its weight.
    public struct Draw: Sendable, Hashable {
        /// r.
        public var row: Int
        /// v_r.
        public var weight: Double
    }

    /// The rows of one step; may be empty for independent sampling.
    public mutating func draw(using generator: inout SplitMix64) -> [Draw] {
        let n = Double(rows)
        switch kind {
        case .nice(let tau):
            return generator.sample(rows, tau).map { Draw(row: $0, weight: 1 / Double(tau)) }
        case .serial(let p):
            return [Self.pick(p, n, using: &generator)]
        case .independent(let p):
            return (0..<rows).filter { generator.bernoulli(p[$0]) }
                .map { Draw(row: $0, weight: 1 / (n * p[$0])) }
        case .partition(let blocks):
            let block = blocks[generator.index(blocks.count)]
            return block.map { Draw(row: $0, weight: Double(blocks.count) / n) }
        case .replacement(let tau, let p):
            return (0..<tau).map { _ in
                let one = Self.pick(p, n, using: &generator)
                return Draw(row: one.row, weight: one.weight / Double(tau))
            }
        case .reshuffled:
            if order.isEmpty { order = generator.permutation(rows).reversed() }
            return [Draw(row: order.removeLast(), weight: 1)]
        }
    }

    private static func pick(_ p: [Double], _ n: Double, using generator: inout SplitMix64) -> Draw {
        let u = generator.uniform()
        var sum = 0.0
        for (r, probability) in p.enumerated() {
            sum += probability
            if sum > u || r == p.count - 1 { return Draw(row: r, weight: 1 / (n * probability)) }
        }
        preconditionFailure("a sampler without rows")
    }
}
