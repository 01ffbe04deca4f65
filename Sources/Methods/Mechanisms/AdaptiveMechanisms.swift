public import Engine

/// AdaCGD: skip, or the cheapest of several compressors that is good enough, or the last one.
///
///     h                    if |x - h|^2 <= zeta |x - y|^2
///     h + C_j(x - h)       for the first j < M with |x - h - C_j(x - h)|^2 <= zeta |x - y|^2
///     h + C_M(x - h)       otherwise
///
/// `ceil(log2(M + 1))` bits say which. A of EF21 with C_M, `B = max(B of EF21, zeta)`.
///
/// Source: M. Makarenko, E. Gasanov, R. Islamov, A. Sadiev, P. Richtarik, "Adaptive compression for
/// communication-efficient distributed training", 2022, arXiv 2211.00188.
public struct LevelledMechanism: Mechanism {
    /// C_1, ..., C_M, cheapest first.
    public var levels: [any Compressor]
    /// zeta.
    public var trigger: Double

    /// AdaCGD; preconditions: a level, `zeta >= 0`.
    public init(_ levels: [any Compressor], trigger zeta: Double) {
        precondition(!levels.isEmpty && zeta >= 0, "AdaCGD needs a level and a trigger of at least zero")
        self.levels = levels
        trigger = zeta
    }

    /// Its name.
    public var name: String { "AdaCGD " + levels.map(\.name).joined(separator: ", ") }

    /// A flag, or a flag and a message.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let target = trigger * points.movement
        let header = Cost(codeBits: max(1, Cost.bitWidth(levels.count + 1)))
        guard points.staleness > target else { return Message(points.estimate, header) }
        let rest = points.current - points.estimate
        for compressor in levels.dropLast() {
            let message = compressor.compress(rest, using: &generator)
            if (rest - message.value).squaredNorm <= target {
                return Message(points.estimate + message.value, message.cost + header)
            }
        }
        let message = levels[levels.count - 1].compress(rest, using: &generator)
        return Message(points.estimate + message.value, message.cost + header)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        levels[levels.count - 1].contraction(count).map {
            let inner = ThreePointConstants.errorFeedback(contraction: $0)
            return ThreePointConstants(decay: inner.decay, drift: max(inner.drift, trigger))
        }
    }
}

/// Adaptive Top-K: `h + TopK(x - h)` with `K = min(ceil(|y - h|^2/|x - h|^2 d), K0)`: little is sent while the old error
/// is small beside the new one.
///
/// `A = K0/(2d)`, `B = max((1 - K0/d)(2d/K0 - 1), 3)`. Source: R. Islamov et al., 2022, arXiv 2206.03588.
public struct AdaptiveTopKMechanism: Mechanism {
    /// K0.
    public var largest: Int

    /// Precondition: at least one entry.
    public init(largest: Int) {
        precondition(largest > 0, "Top-K keeps at least one entry")
        self.largest = largest
    }

    /// Its name.
    public var name: String { "AdaptiveTopK \(largest)" }

    /// K entries, nothing for K = 0.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let staleness = points.staleness
        guard staleness > 0 else { return Message(points.estimate, .none) }
        let old = (points.previous - points.estimate).squaredNorm
        let wanted = (old / staleness * Double(points.current.count)).rounded(.up)
        let k = wanted < Double(largest) ? Int(wanted) : largest
        guard k > 0 else { return Message(points.estimate, .none) }
        let message = TopK(k).compress(points.current - points.estimate, using: &generator)
        return Message(points.estimate + message.value, message.cost)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        let (k, d) = (Double(min(largest, count)), Double(count))
        return ThreePointConstants(decay: k / (2 * d), drift: max((1 - k / d) * (2 * d / k - 1), 3))
    }
}

/// Rotation compression of symmetric matrices: `h + V C(V^T (x - h) V) V^T`, V the eigenvectors of h, which both sides
/// know. `A = alpha/2`, `B = (1 - alpha)(2 - alpha)/alpha` for any contraction C in the Frobenius norm, because
/// rotations keep it.
///
/// Source: R. Islamov et al., 2022, arXiv 2206.03588. Which rotation they use is not settled here; this is the one
/// that costs nothing to agree on.
public struct RotationMechanism: Mechanism {
    /// C.
    public var compressor: any Compressor

    /// Rotates, compresses, rotates back.
    public init(_ compressor: any Compressor) { self.compressor = compressor }

    /// Its name.
    public var name: String { "rotation \(compressor.name)" }

    /// One compressed message.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let v = SymmetricEigen(Matrix(square: points.estimate)).vectors
        let turned = v.transposed * Matrix(square: points.current - points.estimate) * v
        let message = compressor.compress(turned.flat, using: &generator)
        let back = v * Matrix(square: message.value) * v.transposed
        return Message(points.estimate + back.flat, message.cost)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        compressor.contraction(count).map {
            ThreePointConstants(decay: $0 / 2, drift: (1 - $0) * (2 - $0) / $0)
        }
    }
}
