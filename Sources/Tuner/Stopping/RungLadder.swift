/// Where the rungs of a budget are: `first, first * eta, first * eta^2, ...` tokens, below the budget.
struct RungLadder: Sendable, Hashable {
    var choice: EarlyTermination

    /// Tokens of the rungs, ascending.
    func rungs(tokenBudget: Int) -> [Int] {
        var rungs: [Int] = []
        var tokens = choice.firstTokens(of: tokenBudget)
        while tokens < tokenBudget {
            rungs.append(tokens)
            let (next, overflows) = tokens.multipliedReportingOverflow(by: max(2, choice.eta))
            if overflows { break }
            tokens = next
        }
        return rungs
    }
}

/// Which bracket of Hyperband a trial is in.
///
/// Successive halving must guess how early a loss can be trusted; Hyperband hedges (Li, Jamieson, DeSalvo,
/// Rostamizadeh, Talwalkar 2018, arXiv:1603.06560). With R rungs there are R + 1 brackets; bracket b skips the first b
/// rungs, the last one has none and trains everything to its end. Bracket b gets a share of the trials proportional to
/// Hyperband's own `ceil((R + 1) / (s + 1) * eta^s)`, `s = R - b`.
///
/// Trials are spread by the fractional parts of i times the golden ratio, shifted by the seed: near to the shares at
/// any count, and out of step with every period of a grid. All replicates of a point are in one bracket.
struct HyperbandBrackets: Sendable, Hashable {
    var eta: Int
    var replicates: Int
    var seed: UInt64

    /// The bracket of a trial, from 0.
    ///
    /// - Parameters:
    ///   - number: of the trial.
    ///   - rungs: R, the rungs of its budget.
    /// - Returns: rungs that are skipped, `0...rungs`.
    func bracket(of number: Int, rungs: Int) -> Int {
        var weights: [Double] = []
        for bracket in 0...rungs {
            let left = rungs - bracket
            var grown = 1.0
            for _ in 0..<left { grown *= Double(eta) }
            weights.append((Double(rungs + 1) / Double(left + 1) * grown).rounded(.up))
        }
        let ordinal = Double((max(1, number) - 1) / max(1, replicates))
        let shift = Double((seed &* 0x9E37_79B9_7F4A_7C15) >> 40) / Double(1 << 24)
        let golden = 0.618_033_988_749_894_8
        let place = (shift + ordinal * golden).truncatingRemainder(dividingBy: 1)
        var left = place * weights.reduce(0, +)
        for (bracket, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return bracket }
        }
        return rungs
    }
}
