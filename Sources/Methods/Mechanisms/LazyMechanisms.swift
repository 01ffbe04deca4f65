public import Engine

/// CLAG: `h + C(x - h)` if `|x - h|^2 > zeta |x - y|^2`, otherwise h is kept. One flag a round.
///
/// With the identity this is LAG (the whole vector or nothing); with zeta = 0 it is EF21. Constants: A of EF21,
/// `B = max(B of EF21, zeta)`; LAG has A = 1, B = zeta.
///
/// Sources: T. Chen et al., "LAG", 2018, arXiv 1805.09965; P. Richtarik et al., 2022, arXiv 2202.00998.
public struct LazyMechanism: Mechanism {
    /// C; `nil` sends everything (LAG).
    public var compressor: (any Compressor)?
    /// zeta.
    public var trigger: Double

    /// CLAG, or LAG without a compressor; precondition: `zeta >= 0`.
    public init(_ compressor: (any Compressor)? = nil, trigger zeta: Double) {
        precondition(zeta >= 0, "a trigger cannot be negative")
        self.compressor = compressor
        trigger = zeta
    }

    /// Its name.
    public var name: String { compressor.map { "CLAG \($0.name)" } ?? "LAG" }

    /// A message or a flag.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        guard points.staleness > trigger * points.movement else { return Message(points.estimate, .flag) }
        guard let compressor else { return Message(points.current, points.full + .flag) }
        let message = compressor.compress(points.current - points.estimate, using: &generator)
        return Message(points.estimate + message.value, message.cost + .flag)
    }

    /// A, max(B, zeta).
    public func constants(_ count: Int) -> ThreePointConstants? {
        guard let compressor else { return ThreePointConstants(decay: 1, drift: trigger) }
        return compressor.contraction(count).map {
            let inner = ThreePointConstants.errorFeedback(contraction: $0)
            return ThreePointConstants(decay: inner.decay, drift: max(inner.drift, trigger))
        }
    }
}

/// CBAG: `h + C(x - h)` with probability p, otherwise h is kept.
///
/// `A = 1 - s`, `B = s^2/(1 - s)`, `s^2 = 1 - p alpha`. A worker on tails need not compute x at all.
///
/// Source: R. Islamov et al., "Distributed Newton-type methods with communication compression and Bernoulli
/// aggregation", 2022, arXiv 2206.03588.
public struct BernoulliMechanism: Mechanism {
    /// C.
    public var compressor: any Compressor
    /// p.
    public var probability: Double

    /// Precondition: `0 < p <= 1`.
    public init(_ compressor: any Compressor, probability p: Double) {
        precondition(p > 0 && p <= 1, "a probability in (0, 1]")
        self.compressor = compressor
        probability = p
    }

    /// Its name.
    public var name: String { "CBAG \(compressor.name)" }
    /// p.
    public var coinProbability: Double? { probability }

    /// A message or nothing.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        guard coin ?? generator.bernoulli(probability) else { return Message(points.estimate, .none) }
        let message = compressor.compress(points.current - points.estimate, using: &generator)
        return Message(points.estimate + message.value, message.cost)
    }

    /// As of a compressor with contraction `p alpha`.
    public func constants(_ count: Int) -> ThreePointConstants? {
        compressor.contraction(count).map { .errorFeedback(contraction: probability * $0) }
    }
}
