import Foundation

/// The engine's only source of randomness: 64 bits of state, the same numbers on every platform.
///
///     s += 0x9E3779B97F4A7C15
///     z = (s ^ s >> 30) * 0xBF58476D1CE4E5B9
///     z = (z ^ z >> 27) * 0x94D049BB133111EB
///     next = z ^ z >> 31
///
/// `stream(_:_:)` gives independent generators by number: the data of example k is drawn from stream k, so that it
/// depends on the seed and on k only, and a resumed run needs no generator state.
///
/// Reference: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
public struct SplitMix64: RandomNumberGenerator, Sendable, Hashable {
    /// The whole state.
    public var state: UInt64

    /// A generator that starts from the given state.
    public init(_ seed: UInt64) { state = seed }

    /// Generator number `k` of a seed: state `seed XOR 0xD1342543DE82EF95 * (k + 1)`.
    public static func stream(_ seed: UInt64, _ k: Int) -> SplitMix64 {
        SplitMix64(seed ^ (0xD134_2543_DE82_EF95 &* (UInt64(bitPattern: Int64(k)) &+ 1)))
    }

    /// The next 64 bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    @inlinable
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in [-1, 1).
    public mutating func sym() -> Double { 2 * uniform() - 1 }

    /// Uniform in `0..<n`; the bias is below `n * 2^-53`.
    public mutating func index(_ n: Int) -> Int { Int(uniform() * Double(n)) }

    /// Standard normal by Box and Muller, two uniforms a number, nothing kept for the next call.
    public mutating func normal() -> Double {
        let u1: Double = 1 - uniform()
        let u2: Double = uniform()
        return (-2 * log(u1)).squareRoot() * cos(2 * Double.pi * u2)
    }

    /// `d` standard normals in order.
    public mutating func normals(_ d: Int) -> [Double] { (0..<d).map { _ in normal() } }

    /// True with probability `p`.
    public mutating func bernoulli(_ p: Double) -> Bool { uniform() < p }

    /// `k` different numbers of `0..<n`, in random order.
    ///
    /// Traps when `k` exceeds `n`.
    public mutating func sample(_ n: Int, _ k: Int) -> [Int] {
        precondition(k <= n, "cannot draw \(k) different numbers out of \(n)")
        var indices = Array(0..<n)
        for t in 0..<k { indices.swapAt(t, t + index(n - t)) }
        return Array(indices[0..<k])
    }

    /// All of `0..<n` in random order.
    public mutating func permutation(_ n: Int) -> [Int] { sample(n, n) }
}

/// What a seed is used for: one seed gives unrelated generators for weights, data and noise.
enum SeedPurpose: Int {
    case weights = 0x5745
    case data = 0x4441
    case validation = 0x5641
    case structure = 0x5354
    case noise = 0x4E4F
    case optimizer = 0x4F50

    /// The seed of this purpose.
    func seed(from seed: UInt64) -> UInt64 {
        var generator = SplitMix64.stream(seed, rawValue)
        return generator.next()
    }
}
