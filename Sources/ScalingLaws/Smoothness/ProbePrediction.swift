import Foundation

/// A first guess from probes alone: where to centre the first sweep.
///
///     eta = sqrt(D B / (L c T)),  c = c1 + 2/alpha              log10 standard deviation 0.35
///     B_sat = s sqrt(T / (2 L D))                               log10 standard deviation 0.4
///
/// The rule: sweep the learning rate one decade to each side of eta, take alpha from the optimizer's default (0.05 to
/// 0.1) unless a tuned setting exists, and use batches up to B_sat.
///
/// How good: over 22 cases on three toy problems predicted over tuned eta was 0.46 to 1.52 (geometric mean 0.75)
/// with a noise-free L, 0.33 to 1.06 (0.51) with the same-batch L at B = 8: biased low, which is left in because it
/// is of the size of one width. B_sat was predicted at 770 where the loss bent between 256 and 1,024. An error of a
/// factor q in D changes eta by sqrt(q) and B_sat by 1/sqrt(q).
///
/// When not to believe it: an L from different minibatches makes eta ten to a hundred times too small. Momentum is
/// *not* predicted: tuned alpha came out 6 to 15 times larger than the bound's.
///
/// Source: derived here from Kovalev 2025, arXiv 2503.12645.
public struct ProbePrediction: Sendable, Hashable {
    /// A positive quantity known to a power of ten.
    public struct Guess: Sendable, Hashable {
        /// The centre.
        public var value: Double
        /// Standard deviation of log10.
        public var decades: Double

        /// A guess.
        public init(value: Double, decades: Double) {
            self.value = value
            self.decades = decades
        }

        /// The range that holds the truth with about 95 % probability: 1.96 standard deviations of log10.
        public var range: ClosedRange<Double> {
            value * pow(10, -1.96 * decades)...value * pow(10, 1.96 * decades)
        }
    }

    /// Standard deviation of log10 eta.
    public static let rateDecades = 0.35
    /// Standard deviation of log10 B_sat.
    public static let batchDecades = 0.4

    /// eta at the batch and momentum asked for.
    public var learningRate: Guess
    /// B_sat, the largest batch worth using; the widths are judgement from few problems.
    public var largestBatch: Guess
    /// The first sweep: eta and one decade to each side.
    public var sweepRange: ClosedRange<Double>

    /// A prediction.
    ///
    /// - Parameters:
    ///   - constants: D, L and s of the probe, in the optimizer's norm.
    ///   - batchSize: B, tokens.
    ///   - tokenBudget: T, tokens.
    ///   - momentumComplement: alpha; 0.1 is the usual default.
    ///   - stabilityLimit: largest stable rate (`StabilityLimit`), which cuts the sweep from above.
    ///   - c1: coefficient of the bound's smallest term.
    public init(
        _ constants: LMOConstants, batchSize: Double, tokenBudget: Double, momentumComplement: Double = 0.1,
        stabilityLimit: Double = .infinity, c1: Double = 1.5
    ) {
        let rate = constants.optimum(
            .learningRate(batchSize: batchSize, momentumComplement: momentumComplement),
            tokenBudget: tokenBudget, bound: .kovalev(c1: c1)
        ).point.learningRate
        learningRate = Guess(value: rate, decades: Self.rateDecades)
        largestBatch = Guess(
            value: constants.criticalBatch(tokenBudget: tokenBudget), decades: Self.batchDecades)
        let low = rate / 10
        sweepRange = low...max(low, min(rate * 10, stabilityLimit))
    }
}
