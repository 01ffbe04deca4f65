/// How a server combines n messages of which `byzantine` may be anything.
///
/// `(delta, c)`-robust rules satisfy `|R - mean_S|^2 <= c delta/|S| sum_S |x_i - mean_S|^2` for every set S of the
/// honest size. Equal messages come back unchanged, up to rounding (centered clipping: within reach of its centre).
///
/// Source: Y. Allouah et al., "Fixing by mixing", 2023, arXiv 2302.01772.
public protocol Aggregator: Sendable {
    /// One word for tables, for example `nnm+cwmed`.
    var name: String { get }
    /// Combines; precondition: more than twice as many messages as Byzantine ones where the rule trims.
    mutating func aggregate(_ messages: [Vector], byzantine: Int) -> Vector
    /// Forgets earlier rounds; a method calls it when it starts.
    mutating func reset()
}

extension Aggregator {
    /// Most rules remember nothing.
    public mutating func reset() {}
}

/// What colluding workers send: all the same vector, made from the honest messages of the round.
///
/// Attacks on data (flipped labels) change a worker's oracle instead and need no attack here.
public protocol Attack: Sendable {
    /// One word for tables.
    var name: String { get }
    /// The vector each of `byzantine` out of `total` workers sends.
    func craft(honest: [Vector], total: Int, byzantine: Int) -> Vector
}
