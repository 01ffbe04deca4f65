public import Engine

/// A compressed vector as its receiver sees it, and what sending it cost.
public struct Message: Sendable, Hashable {
    /// What the receiver decodes.
    public var value: Vector
    /// What it cost.
    public var cost: Cost

    /// A message.
    public init(_ value: Vector, _ cost: Cost) {
        self.value = value
        self.cost = cost
    }
}

/// A map that makes messages cheap. Symmetric matrices come as vectors of `d * d` entries.
///
///     contractive, alpha:   E|C(x) - x|^2 <= (1 - alpha) |x|^2
///     unbiased, omega:      E Q(x) = x,  E|Q(x) - x|^2 <= omega |x|^2
///
/// An unbiased Q gives the contractive `Q/(1 + omega)` with `alpha = 1/(1 + omega)`.
public protocol Compressor: Sendable {
    /// One line for tables, for example `TopK 2`.
    var name: String { get }
    /// Compresses one vector.
    func compress(_ x: Vector, using generator: inout SplitMix64) -> Message
    /// alpha for `count` entries; `nil` when the map is not contractive.
    func contraction(_ count: Int) -> Double?
    /// omega for `count` entries; `nil` when the map is biased.
    func variance(_ count: Int) -> Double?
}

extension Compressor {
    /// Not contractive unless said.
    public func contraction(_ count: Int) -> Double? { nil }
    /// Biased unless said.
    public func variance(_ count: Int) -> Double? { nil }
}
