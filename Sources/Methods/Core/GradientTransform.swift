public import Engine

/// Gradients of single examples, on their way to a rule.
public struct ExampleGradients: Sendable, Hashable {
    /// One a row.
    public var rows: [Vector]

    /// Gradients; precondition of every use: not empty.
    public init(_ rows: [Vector]) { self.rows = rows }

    /// The batch gradient.
    public var mean: Vector { Vector.mean(rows) }
    /// Lengths.
    public var norms: [Double] { rows.map(\.norm) }
}

/// What stands between example gradients and a rule: clipping, privacy noise.
public protocol GradientTransform: Sendable {
    /// The gradient the rule sees. Noise is drawn from `generator`, coordinates in order.
    mutating func transform(_ gradients: ExampleGradients, using generator: inout SplitMix64) -> Vector
    /// The threshold of the last call; `nil` before it and for transforms without one.
    var threshold: Double? { get }
}
