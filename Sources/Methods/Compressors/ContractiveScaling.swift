public import Engine

/// `Q/(1 + omega)`: an unbiased compressor made a contraction with `alpha = 1/(1 + omega)`.
///
/// Derived: `E|Q(x)/(1+omega) - x|^2 = (E|Q|^2)/(1+omega)^2 - 2|x|^2/(1+omega) + |x|^2 <= (1 - 1/(1+omega)) |x|^2`,
/// because `E|Q|^2 <= (1 + omega)|x|^2`.
public struct ContractiveScaling: Compressor {
    /// Q.
    public var unbiased: any Compressor

    /// Precondition when used: `unbiased` knows its variance.
    public init(_ unbiased: any Compressor) { self.unbiased = unbiased }

    /// Its name.
    public var name: String { "contractive \(unbiased.name)" }

    /// Q(x)/(1 + omega).
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        guard let alpha = contraction(x.count) else {
            preconditionFailure("\(unbiased.name) has no known variance")
        }
        let message = unbiased.compress(x, using: &generator)
        return Message(alpha * message.value, message.cost)
    }

    /// 1/(1 + omega).
    public func contraction(_ count: Int) -> Double? { unbiased.variance(count).map { 1 / (1 + $0) } }
}
