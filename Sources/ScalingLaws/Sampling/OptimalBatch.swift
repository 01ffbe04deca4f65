import Foundation

/// The batch size that reaches accuracy epsilon with the fewest examples. With `c = 2 h/(epsilon mu)`:
///
/// | sampling | tau* |
/// |---|---|
/// | `subsets` | `n (c + L - L_max) / (c + n L - L_max)` |
/// | `replacement` | `(c - L_max)/L + 1` |
/// | `independent` | `n (c - L_max) / (n L + c - L_max)` |
///
/// at least 1 in every case. Derivation: the cost `tau max{2 Lcal/mu, 4 sigma^2/(epsilon mu^2)}` is the maximum of a
/// rising and a falling line in tau (a flat one with `replacement`); tau* is where they cross.
///
///     tau* ~ h / (epsilon mu L)       while L_max << c << n L; saturates at n
///
/// so exponent -1 in epsilon and +1 in the noise. Below tau* the step is limited by noise and grows linearly with the
/// batch; above it by smoothness, and further examples are wasted. With `replacement` every smaller batch costs as
/// much: tau* is the largest that is free.
///
/// When not to believe it: strongly convex finite sums. For a network take it as an upper guess of the batch size with
/// an uncertainty of a factor 3 or more (`BatchPrior`).
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401; re-derived here, equal to brute force over all integers.
public struct OptimalBatch: Sendable, Hashable {
    /// Constants.
    public var problem: FiniteSumProblem
    /// How batches are drawn.
    public var sampling: MinibatchSampling
    /// epsilon, of the squared distance to x*.
    public var accuracy: Double

    /// A question; the accuracy must be positive.
    public init(problem: FiniteSumProblem, sampling: MinibatchSampling, accuracy: Double) {
        precondition(accuracy > 0, "the accuracy must be positive")
        self.problem = problem
        self.sampling = sampling
        self.accuracy = accuracy
    }

    /// c.
    public var noiseScale: Double { 2 * problem.gradientNoise / (accuracy * problem.strongConvexity) }

    /// tau* as a real number, in [1, n] (unbounded above with `replacement`).
    public var continuous: Double {
        let c = noiseScale
        let n = problem.examples
        let (mean, largest) = (problem.smoothness, problem.largestSmoothness)
        guard c > largest else { return 1 }
        switch sampling {
        case .subsets: return max(1, n * (c + mean - largest) / (c + n * mean - largest))
        case .replacement: return max(1, (c - largest) / mean + 1)
        case .independent: return max(1, n * (c - largest) / (n * mean + c - largest))
        }
    }

    /// tau* as an integer: the cheaper of the two neighbours, the larger when they cost the same.
    public var integer: Int {
        let real = continuous
        guard real < 0x1p53 else { return Int(0x1p53) }
        let low = max(1, real.rounded(.down))
        var high = real.rounded(.up)
        if sampling != .replacement { high = min(high, problem.examples.rounded(.down)) }
        guard high > low else { return Int(low) }
        return cost(batch: high) <= cost(batch: low) * (1 + 1e-12) ? Int(high) : Int(low)
    }

    /// Examples per factor e of progress: `tau max{2 Lcal/mu, 4 sigma^2/(epsilon mu^2)}`.
    public func cost(batch tau: Double) -> Double {
        tau * sampling.rate(problem, batch: tau).scale(accuracy: accuracy)
    }
}
