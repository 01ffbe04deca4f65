public import Engine

/// EF21: `h + rate C(x - h)`.
///
/// With rate 1, `A = 1 - sqrt(1 - alpha)`, `B = (1 - alpha)/(1 - sqrt(1 - alpha))`. Other rates are the learning rates
/// of FedNL and Basis Learn: `1/(1 + omega)` for unbiased compressors, `1 - sqrt(1 - alpha)` as a cautious choice for
/// contractive ones.
///
/// Sources: P. Richtarik, I. Sokolov, I. Fatkhullin, "EF21", 2021, arXiv 2106.05203; M. Safaryan, R. Islamov, X. Qian,
/// P. Richtarik, "FedNL", 2021, arXiv 2106.02969.
public struct ErrorFeedbackMechanism: Mechanism {
    /// How much of the compressed difference is added.
    public enum Rate: Sendable, Hashable {
        /// All of it.
        case one
        /// A given part.
        case fixed(Double)
        /// `1 - sqrt(1 - alpha)`.
        case contractive
        /// `1/(1 + omega)`.
        case unbiased
    }

    /// C.
    public var compressor: any Compressor
    /// The part added.
    public var rate: Rate

    /// EF21 unless a rate is given.
    public init(_ compressor: any Compressor, rate: Rate = .one) {
        self.compressor = compressor
        self.rate = rate
    }

    /// Its name.
    public var name: String { "EF21 \(compressor.name)" }

    /// The rate for `count` entries; 1 where the compressor lacks the constant it needs.
    public func factor(_ count: Int) -> Double {
        switch rate {
        case .one: 1
        case .fixed(let value): value
        case .contractive: 1 - (1 - (compressor.contraction(count) ?? 1)).squareRoot()
        case .unbiased: 1 / (1 + (compressor.variance(count) ?? 0))
        }
    }

    /// One compressed message.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let message = compressor.compress(points.current - points.estimate, using: &generator)
        return Message(points.estimate + factor(points.current.count) * message.value, message.cost)
    }

    /// Known for rate 1.
    public func constants(_ count: Int) -> ThreePointConstants? {
        guard rate == .one else { return nil }
        return compressor.contraction(count).map { .errorFeedback(contraction: $0) }
    }
}

/// EF21+: the better of `C(x)` and `h + C(x - h)`; one flag says which. Constants as EF21's.
///
/// Source: P. Richtarik, I. Sokolov, I. Fatkhullin, 2021, arXiv 2106.05203.
public struct BestOfTwoMechanism: Mechanism {
    /// C.
    public var compressor: any Compressor

    /// EF21+.
    public init(_ compressor: any Compressor) { self.compressor = compressor }

    /// Its name.
    public var name: String { "EF21+ \(compressor.name)" }

    /// The closer candidate.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let direct = compressor.compress(points.current, using: &generator)
        let shifted = compressor.compress(points.current - points.estimate, using: &generator)
        let follow = points.estimate + shifted.value
        if (direct.value - points.current).squaredNorm < (follow - points.current).squaredNorm {
            return Message(direct.value, direct.cost + .flag)
        }
        return Message(follow, shifted.cost + .flag)
    }

    /// As EF21's.
    public func constants(_ count: Int) -> ThreePointConstants? {
        compressor.contraction(count).map { .errorFeedback(contraction: $0) }
    }
}
