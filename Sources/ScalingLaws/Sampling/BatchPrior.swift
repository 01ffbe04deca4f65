import Foundation

/// A belief about the best batch size before any sweep, from quantities measured near the best point known.
///
///     measured: h (variance of single-example gradients), L (power iteration), L_max (largest curvature of a single
///     example), mu (or the slope of log loss over steps divided by the rate), target epsilon
///     belief:   log B ~ normal around log tau*, width `logDeviation`;      d log B / d log epsilon = `accuracyExponent`
///
/// Use it as an upper guess: batches above tau* waste examples by this theory, whose cost curve is shallow below it.
/// When another law (such as the LMO bound's) names a smaller batch, believe that one.
///
/// The width is judgement: a factor 3 for a finite sum, twice that in the logarithm when tau* came out at an end of
/// its range, where only one side is known.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401, for tau*; the width is ours.
public struct BatchPrior: Sendable, Hashable {
    /// tau*.
    public let batch: Double
    /// Standard deviation of the natural logarithm.
    public let logDeviation: Double
    /// d log tau* / d log epsilon: -1 in the noise-limited range, towards 0 at both ends.
    public let accuracyExponent: Double
    /// tau* is 1: noise does not matter at this accuracy (or h was measured as zero).
    public let isOne: Bool
    /// tau* is beyond nine tenths of all examples: full gradients are as good.
    public let isSaturated: Bool

    /// The belief.
    ///
    /// - Parameters:
    ///   - problem: measured constants. Pass the number of training examples, or of a stream's budget.
    ///   - accuracy: epsilon, of the squared distance; see `FiniteSumProblem.accuracy(lossGap:)`.
    ///   - sampling: how the loader draws.
    public init(
        problem: FiniteSumProblem, accuracy: Double, sampling: MinibatchSampling = .subsets
    ) {
        func best(_ factor: Double) -> Double {
            OptimalBatch(problem: problem, sampling: sampling, accuracy: accuracy * factor).continuous
        }
        batch = best(1)
        let width = 1e-4
        accuracyExponent = log(best(exp(width)) / best(exp(-width))) / (2 * width)
        isOne = batch <= 1
        isSaturated = sampling != .replacement && batch > 0.9 * problem.examples
        logDeviation = log(3) * (isOne || isSaturated ? 2 : 1)
    }
}
