public import Engine

/// 3PCv1: `y + C(x - y)`. Exact up to one compression, but the receiver must know y: A = 1, `B = 1 - alpha`.
///
/// A vector is billed as y in full plus C. For matrices the full matrix alone is billed, as authors' code does: whoever
/// sends y in full each round has sent x in full a round later.
public struct CompressedDifferenceMechanism: Mechanism {
    /// C.
    public var compressor: any Compressor

    /// 3PCv1.
    public init(_ compressor: any Compressor) { self.compressor = compressor }

    /// Its name.
    public var name: String { "3PCv1 \(compressor.name)" }

    /// A full and a compressed message.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let message = compressor.compress(points.current - points.previous, using: &generator)
        let extra = points.shape == .vector ? message.cost : .none
        return Message(points.previous + message.value, points.full + extra)
    }

    /// 1, 1 - alpha.
    public func constants(_ count: Int) -> ThreePointConstants? {
        compressor.contraction(count).map { ThreePointConstants(decay: 1, drift: 1 - $0) }
    }
}

/// 3PCv2: `b = h + Q(x - y)`, then `b + C(x - b)`; Q unbiased. `A = alpha`, `B = (1 - alpha) omega`.
public struct UnbiasedFirstMechanism: Mechanism {
    /// Q.
    public var unbiased: any Compressor
    /// C.
    public var compressor: any Compressor

    /// 3PCv2.
    public init(unbiased: any Compressor, _ compressor: any Compressor) {
        self.unbiased = unbiased
        self.compressor = compressor
    }

    /// Its name.
    public var name: String { "3PCv2 \(unbiased.name), \(compressor.name)" }

    /// Two compressed messages.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let first = unbiased.compress(points.current - points.previous, using: &generator)
        let middle = points.estimate + first.value
        let second = compressor.compress(points.current - middle, using: &generator)
        return Message(middle + second.value, first.cost + second.cost)
    }

    /// alpha, (1 - alpha) omega.
    public func constants(_ count: Int) -> ThreePointConstants? {
        guard let alpha = compressor.contraction(count), let omega = unbiased.variance(count) else {
            return nil
        }
        return ThreePointConstants(decay: alpha, drift: (1 - alpha) * omega)
    }
}

/// 3PCv3: another mechanism first, `b = M_{h,y}(x)`, then `b + C(x - b)`.
///
/// `A = 1 - (1 - alpha)(1 - A1)`, `B = (1 - alpha) B1`.
public struct CorrectedMechanism: Mechanism {
    /// M.
    public var inner: any Mechanism
    /// C.
    public var compressor: any Compressor

    /// 3PCv3.
    public init(_ inner: any Mechanism, _ compressor: any Compressor) {
        self.inner = inner
        self.compressor = compressor
    }

    /// Its name.
    public var name: String { "3PCv3 \(inner.name), \(compressor.name)" }
    /// Of the inner mechanism.
    public var coinProbability: Double? { inner.coinProbability }

    /// Both messages.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let first = inner.next(points, coin: coin, using: &generator)
        let second = compressor.compress(points.current - first.value, using: &generator)
        return Message(first.value + second.value, first.cost + second.cost)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        guard let alpha = compressor.contraction(count), let c = inner.constants(count) else { return nil }
        return ThreePointConstants(decay: 1 - (1 - alpha) * (1 - c.decay), drift: (1 - alpha) * c.drift)
    }
}

/// 3PCv4: two contractions in a row, `b = h + C2(x - h)`, then `b + C1(x - b)`.
///
/// Constants of EF21 with `alpha = 1 - (1 - alpha1)(1 - alpha2)`.
public struct DoubleFeedbackMechanism: Mechanism {
    /// C2, applied first.
    public var first: any Compressor
    /// C1, applied second.
    public var second: any Compressor

    /// 3PCv4.
    public init(first: any Compressor, second: any Compressor) {
        self.first = first
        self.second = second
    }

    /// Its name.
    public var name: String { "3PCv4 \(second.name), \(first.name)" }

    /// Two compressed messages.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let one = first.compress(points.current - points.estimate, using: &generator)
        let middle = points.estimate + one.value
        let two = second.compress(points.current - middle, using: &generator)
        return Message(middle + two.value, one.cost + two.cost)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        guard let a = first.contraction(count), let b = second.contraction(count) else { return nil }
        return .errorFeedback(contraction: 1 - (1 - a) * (1 - b))
    }
}

/// 3PCv5 (MARINA with a biased compressor): x in full with probability p, otherwise `h + C(x - y)`.
///
/// `A = 1 - s`, `B = (1 - p)(1 - alpha)/(1 - s)`, `s = sqrt(1 - p)`. A worker that tosses its own coin sends it (one
/// bit); a shared coin is known to everybody.
public struct OccasionalFullMechanism: Mechanism {
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
    public var name: String { "3PCv5 \(compressor.name)" }
    /// p.
    public var coinProbability: Double? { probability }

    /// A full or a compressed message.
    public func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message {
        let flag: Cost = coin == nil ? .flag : .none
        if coin ?? generator.bernoulli(probability) { return Message(points.current, points.full + flag) }
        let message = compressor.compress(points.current - points.previous, using: &generator)
        return Message(points.estimate + message.value, message.cost + flag)
    }

    /// See the type.
    public func constants(_ count: Int) -> ThreePointConstants? {
        compressor.contraction(count).map {
            let root = (1 - probability).squareRoot()
            return ThreePointConstants(
                decay: 1 - root, drift: (1 - probability) * (1 - $0) / (1 - root))
        }
    }
}
