public import Foundation

/// SplitMix64: the generator that seeds `Xoshiro256StarStar` in golden tables.
///
/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014. For tests only: its
/// output is predictable, so it must never draw privacy noise.
public struct SplitMix64Reference: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    /// A generator.
    @inlinable public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    @inlinable public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Xoshiro256** seeded with four outputs of SplitMix64: the generator golden streams were drawn with.
///
/// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2018, arXiv 1805.01407. For
/// tests only.
public struct Xoshiro256StarStar: RandomNumberGenerator, Sendable {
    @usableFromInline var s0: UInt64
    @usableFromInline var s1: UInt64
    @usableFromInline var s2: UInt64
    @usableFromInline var s3: UInt64
    @usableFromInline var spareNormal: Double?

    /// A generator.
    @inlinable public init(seed: UInt64) {
        var seeder = SplitMix64Reference(seed: seed)
        s0 = seeder.next()
        s1 = seeder.next()
        s2 = seeder.next()
        s3 = seeder.next()
    }

    /// The next 64 bits.
    @inlinable public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number in [0, 1) with 53 random bits.
    @inlinable public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number in [-1, 1) with 24 random bits: sums of a few products are exact in any order.
    @inlinable public mutating func sym24() -> Double {
        Double(Int64(next() >> 40) - (1 << 23)) * 0x1p-23
    }

    /// A number in [-1, 1) with 12 random bits.
    @inlinable public mutating func sym12() -> Double {
        Double(Int64(next() >> 52) - (1 << 11)) * 0x1p-11
    }

    /// A standard normal number, by the polar method of Marsaglia. Golden streams do not use it.
    @inlinable public mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let u = 2 * unit() - 1
            let v = 2 * unit() - 1
            let s = u * u + v * v
            guard s < 1, s > 0 else { continue }
            let factor = (-2 * log(s) / s).squareRoot()
            spareNormal = v * factor
            return u * factor
        }
    }
}
