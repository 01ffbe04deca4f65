public import Engine
import Foundation

/// Every entry rounded at random to a neighbouring power of two: sign and exponent, 9 bits. `omega = 1/8`.
///
/// Up with probability `(|x| - lo)/lo`; zeros draw nothing. Source: S. Horvath et al., "Natural compression", 2019,
/// arXiv 1905.10988.
public struct NaturalCompressor: Compressor {
    /// The compressor.
    public init() {}
    /// Its name.
    public var name: String { "natural" }

    /// d numbers of 9 bits.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let y = x.map { value in
            let a = abs(value)
            guard a > 0, a.isFinite else { return value }
            let low = Double(sign: .plus, exponent: a.exponent, significand: 1)
            let up = generator.uniform() < (a - low) / low
            return Double(signOf: value, magnitudeOf: up ? 2 * low : low)
        }
        return Message(y, Cost(floats: x.count, words: 0, codeBits: 9 * x.count))
    }

    /// 1/8.
    public func variance(_ count: Int) -> Double? { 0.125 }
}

/// Which length a dithering is relative to.
public enum DitheringNorm: String, Sendable, Hashable, CaseIterable {
    /// Euclidean.
    case euclidean
    /// Largest entry.
    case maximum

    /// The length of `x`.
    func length(_ x: Vector) -> Double { self == .euclidean ? x.norm : x.maxNorm }
}

/// Random dithering (QSGD): `|x_j|/|x|` rounded at random to a multiple of 1/s; one level with the maximum norm is
/// TernGrad. `omega = min(d/s^2, sqrt(d)/s)` in the Euclidean norm, `min(d/s^2, d/s)` in the maximum norm.
///
/// Source: D. Alistarh et al., "QSGD", 2017, arXiv 1610.02132.
public struct DitheringCompressor: Compressor {
    /// s.
    public var levels: Int
    /// The norm levels are relative to.
    public var norm: DitheringNorm

    /// Precondition: at least one level.
    public init(levels: Int, norm: DitheringNorm = .euclidean) {
        precondition(levels > 0, "dithering needs a level")
        self.levels = levels
        self.norm = norm
    }

    /// Its name.
    public var name: String { "dithering \(levels) \(norm.rawValue)" }

    /// One number, and sign and level of every entry.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let cost = Cost(floats: 1, codeBits: x.count * (1 + Cost.bitWidth(levels + 1)))
        let length = norm.length(x)
        guard length > 0 else { return Message(.zero(x.count), cost) }
        let y = x.map { value in
            let u = Double(levels) * abs(value) / length
            let down = u.rounded(.down)
            let level = generator.uniform() < u - down ? down + 1 : down
            return Double(signOf: value, magnitudeOf: length * level / Double(levels))
        }
        return Message(y, cost)
    }

    /// omega.
    public func variance(_ count: Int) -> Double? {
        let (d, s) = (Double(count), Double(levels))
        return min(d / (s * s), (norm == .euclidean ? d.squareRoot() : d) / s)
    }
}

/// Dithering with levels 0, 2^(1-s), ..., 1/2, 1. `omega = 1/8 + t min(1, t)`, `t = d^(1/r) 2^(1-s)`, r = 2.
///
/// Source: S. Horvath et al., 2019, arXiv 1905.10988.
public struct NaturalDitheringCompressor: Compressor {
    /// s.
    public var levels: Int
    /// The norm levels are relative to.
    public var norm: DitheringNorm

    /// Precondition: at least one level.
    public init(levels: Int, norm: DitheringNorm = .euclidean) {
        precondition(levels > 0, "dithering needs a level")
        self.levels = levels
        self.norm = norm
    }

    /// Its name.
    public var name: String { "natural dithering \(levels) \(norm.rawValue)" }

    /// One number, and sign and level of every entry.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let cost = Cost(floats: 1, codeBits: x.count * (1 + Cost.bitWidth(levels + 1)))
        let length = norm.length(x)
        guard length > 0 else { return Message(.zero(x.count), cost) }
        let smallest = Double(sign: .plus, exponent: 1 - levels, significand: 1)
        let y = x.map { value in
            let u = abs(value) / length
            guard u > 0 else { return 0 }
            guard u < 1 else { return Double(signOf: value, magnitudeOf: length) }
            var low = Double(sign: .plus, exponent: u.exponent, significand: 1)
            var high = 2 * low
            if low < smallest { (low, high) = (0, smallest) }
            let level = generator.uniform() < (u - low) / (high - low) ? high : low
            return Double(signOf: value, magnitudeOf: length * level)
        }
        return Message(y, cost)
    }

    /// omega.
    public func variance(_ count: Int) -> Double? {
        let t = Double(count).squareRoot() * pow(2, 1 - Double(levels))
        return 0.125 + t * min(1, t)
    }
}

/// Signs alone: neither unbiased nor a contraction; `sign 0 = 0`.
public struct SignCompressor: Compressor {
    /// The compressor.
    public init() {}
    /// Its name.
    public var name: String { "sign" }
    /// d bits.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        Message(x.signs, Cost(codeBits: x.count))
    }
}

/// `(|x|_1/d) sign x`: `alpha = |x|_1^2/(d |x|^2) >= 1/d`.
public struct ScaledSignCompressor: Compressor {
    /// The compressor.
    public init() {}
    /// Its name.
    public var name: String { "scaled sign" }
    /// One number and d bits.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        Message((x.l1Norm / Double(x.count)) * x.signs, Cost(floats: 1, codeBits: x.count))
    }
    /// 1/d.
    public func contraction(_ count: Int) -> Double? { 1 / Double(count) }
}

/// Every entry to the nearest power of `base`, ties to the smaller: `alpha = 4b/(b+1)^2`.
public struct PowerRoundingCompressor: Compressor {
    /// b > 1.
    public var base: Double

    /// Precondition: `base > 1`.
    public init(base: Double = 2) {
        precondition(base > 1, "a base above one")
        self.base = base
    }

    /// Its name.
    public var name: String { "power rounding \(base)" }

    /// d numbers of 9 bits.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let y = x.map { value in
            let a = abs(value)
            guard a > 0, a.isFinite else { return value }
            var low = pow(base, (log(a) / log(base)).rounded(.down))
            // The logarithm may round across a power.
            if low > a { low /= base }
            if low * base <= a { low *= base }
            let high = low * base
            return Double(signOf: value, magnitudeOf: a - low <= high - a ? low : high)
        }
        return Message(y, Cost(floats: x.count, words: 0, codeBits: 9 * x.count))
    }

    /// 4b/(b+1)^2.
    public func contraction(_ count: Int) -> Double? { 4 * base / ((base + 1) * (base + 1)) }
}
