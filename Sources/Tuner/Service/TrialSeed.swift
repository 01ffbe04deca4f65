import Engine

/// The seed of a trial: a hash of the sweep's seed, the point and the replicate.
///
/// The same point of the same sweep has the same seed wherever in the sweep it comes up, on every machine and after
/// every restart (Swift's own `Hasher` changes with each start). Only the lower 31 bits are used, because common
/// trainers refuse a seed that does not fit a signed 32-bit integer.
enum TrialSeed {
    static func derive(sweepSeed: UInt64, proposal: TrialProposal) -> UInt64 {
        var state = mix(sweepSeed)
        func absorb(_ word: UInt64) { state = mix(state ^ word) }
        for (name, value) in proposal.hyperparameters.sorted(by: { $0.key < $1.key }) {
            absorb(hash(name))
            switch value {
            // A value is the same point whether it is written 8 or 8.0.
            case .real(let number): absorb(number.bitPattern)
            case .integer(let number): absorb(Double(number).bitPattern)
            case .flag(let flag): absorb(flag ? 1 : 0)
            case .text(let text): absorb(hash(text))
            }
        }
        absorb(UInt64(bitPattern: Int64(proposal.tokenBudget)))
        absorb(UInt64(bitPattern: Int64(proposal.replicate)))
        return state & 0x7FFF_FFFF
    }

    /// The output function of SplitMix64 (Steele, Lea, Flood, 2014): every bit of the input reaches every bit.
    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(mix(UInt64(text.utf8.count))) { mix($0 ^ UInt64($1)) }
    }
}
