public import Engine

/// Nothing is lost: `d` numbers.
public struct IdentityCompressor: Compressor {
    /// What a full message carries.
    public var shape: MessageShape

    /// The identity on vectors or symmetric matrices.
    public init(shape: MessageShape = .vector) { self.shape = shape }

    /// Its name.
    public var name: String { "identity" }
    /// The vector itself.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        Message(x, shape.dense(x.count))
    }
    /// 1.
    public func contraction(_ count: Int) -> Double? { 1 }
    /// 0.
    public func variance(_ count: Int) -> Double? { 0 }
}

/// The K entries of largest absolute value; ties go to the smaller index. `alpha = K/d`.
public struct TopK: Compressor {
    /// K.
    public var kept: Int

    /// Keeps `kept` entries; precondition: at least one.
    public init(_ kept: Int) {
        precondition(kept > 0, "Top-K keeps at least one entry")
        self.kept = kept
    }

    /// Its name.
    public var name: String { "TopK \(kept)" }

    /// K entries with their places.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let k = min(kept, x.count)
        var y = Vector.zero(x.count)
        for j in Self.largest(k, of: x.values) { y[j] = x[j] }
        return Message(y, .sparse(k, of: x.count))
    }

    /// K/d.
    public func contraction(_ count: Int) -> Double? { min(1, Double(kept) / Double(count)) }

    /// Places of the k largest absolute values, largest first.
    static func largest(_ k: Int, of values: [Double]) -> [Int] {
        Array(values.indices.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }.prefix(k))
    }
}

/// K entries drawn uniformly. Scaled by d/K it is unbiased, `omega = d/K - 1`; unscaled it contracts with
/// `alpha = K/d`. Sender and receiver share the seed, so places cost nothing.
public struct RandK: Compressor {
    /// K.
    public var kept: Int
    /// Whether kept entries are multiplied by d/K.
    public var isScaled: Bool

    /// Keeps `kept` entries; precondition: at least one, at most d when used.
    public init(_ kept: Int, scaled: Bool = true) {
        precondition(kept > 0, "Rand-K keeps at least one entry")
        self.kept = kept
        isScaled = scaled
    }

    /// Its name.
    public var name: String { "RandK \(kept)" + (isScaled ? "" : " unscaled") }

    /// K entries.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let k = min(kept, x.count)
        let scale = isScaled ? Double(x.count) / Double(k) : 1
        var y = Vector.zero(x.count)
        for j in generator.sample(x.count, k) { y[j] = scale * x[j] }
        return Message(y, .dense(k))
    }

    /// K/d when unscaled.
    public func contraction(_ count: Int) -> Double? {
        isScaled ? nil : min(1, Double(kept) / Double(count))
    }
    /// d/K - 1 when scaled.
    public func variance(_ count: Int) -> Double? {
        isScaled ? max(0, Double(count) / Double(kept) - 1) : nil
    }
}

/// The whole vector over p with probability p, otherwise nothing: `omega = 1/p - 1`.
public struct BernoulliCompressor: Compressor {
    /// p.
    public var probability: Double

    /// Precondition: `0 < probability <= 1`.
    public init(probability: Double) {
        precondition(probability > 0 && probability <= 1, "a probability in (0, 1]")
        self.probability = probability
    }

    /// Its name.
    public var name: String { "Bernoulli \(probability)" }

    /// All or nothing.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        generator.bernoulli(probability)
            ? Message(x.map { $0 / probability }, .dense(x.count)) : Message(.zero(x.count), .none)
    }

    /// 1/p - 1.
    public func variance(_ count: Int) -> Double? { 1 / probability - 1 }
}

/// Entries of at least `lambda |x|_inf`: their number adapts to the vector. `alpha = max(1 - d lambda^2, 1/d)`,
/// derived here: what is dropped is below lambda |x|_inf each, and the largest entry always stays.
public struct ThresholdCompressor: Compressor {
    /// lambda.
    public var fraction: Double

    /// Precondition: `0 < fraction <= 1`.
    public init(fraction: Double) {
        precondition(fraction > 0 && fraction <= 1, "a fraction in (0, 1]")
        self.fraction = fraction
    }

    /// Its name.
    public var name: String { "threshold \(fraction)" }

    /// Survivors with their places.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let level = fraction * x.maxNorm
        let kept = level > 0 ? x.values.count { abs($0) >= level } : 0
        return Message(x.map { abs($0) >= level ? $0 : 0 }, .sparse(kept, of: x.count))
    }

    /// max(1 - d lambda^2, 1/d).
    public func contraction(_ count: Int) -> Double? {
        max(1 - Double(count) * fraction * fraction, 1 / Double(count))
    }
}
