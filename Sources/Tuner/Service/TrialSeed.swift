/// The seed of a trial: a hash of the sweep's seed and the replicate.
///
/// All trials of a replicate share it, and with it their initial weights and the order of their data: common random
/// numbers. What one draw of the weights does to the loss is then much the same for neighbouring learning rates, so the
/// place of the optimum stands out of a noise that moves its height. The spread between draws is what `replicates` is
/// for.
///
/// The seed is the same on every machine and after every restart (Swift's own `Hasher` changes with each start). Only
/// the lower 31 bits are used, because common trainers refuse a seed that does not fit a signed 32-bit integer.
enum TrialSeed {
    static func derive(sweepSeed: UInt64, proposal: TrialProposal) -> UInt64 {
        mix(mix(sweepSeed) ^ UInt64(bitPattern: Int64(proposal.replicate))) & 0x7FFF_FFFF
    }

    /// The output function of SplitMix64 (Steele, Lea, Flood, 2014): every bit of the input reaches every bit.
    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
