public import Engine

/// Sends nothing: the trivial contraction with `alpha = 0`, a placeholder where an inner compressor is optional.
public struct ZeroCompressor: Compressor {
    /// The compressor.
    public init() {}
    /// Its name.
    public var name: String { "zero" }
    /// Zeros, free of charge.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        Message(.zero(x.count), .none)
    }
    /// 0.
    public func contraction(_ count: Int) -> Double? { 0 }
}
