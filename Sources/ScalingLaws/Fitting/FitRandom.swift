import Foundation

/// Repeatable random numbers of a fit: SplitMix64 (Steele, Lea and Flood 2014), the same on every machine.
struct FitRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in (0, 1), both ends excluded.
    mutating func uniform() -> Double {
        (Double(next() >> 11) + 0.5) * 0x1p-53
    }

    /// Standard normal (Box and Muller 1958).
    mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    /// Chi-square with the given degrees of freedom (Marsaglia and Tsang 2000).
    mutating func chiSquare(_ degreesOfFreedom: Double) -> Double {
        let shape = max(degreesOfFreedom, 1) / 2
        let d = shape + (shape < 1 ? 1 : 0) - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = pow(1 + c * x, 3)
            guard v > 0 else { continue }
            guard log(uniform()) < 0.5 * x * x + d - d * v + d * log(v) else { continue }
            let boost = shape < 1 ? pow(uniform(), 1 / shape) : 1
            return 2 * d * v * boost
        }
    }
}
