import Foundation

/// How much noise that grows with the gradient lowers the stability limit of (compressed, distributed) SGD.
///
///     E|noise|^2 = sigma0^2 + sigma1^2 |grad f|^2 per worker     =>     stable in mean square iff eta lambda M < 2
///     M = 1 + omega/N + (1 + omega) sigma1^2 / N
///
/// Why: on a quadratic `E(1 - eta lambda m)^2 = 1 - 2 eta lambda + (eta lambda)^2 M` for the random factor m of a step,
/// with `E m = 1` and `E m^2 = M`.
///
/// sigma1^2 is at the batch size in use (it falls as 1/B); omega is the variance factor of an unbiased compressor that
/// acts on coordinates on its own. What identifies sigma1: gradient variance at two distances from the minimum.
///
/// Accuracy: exact on quadratics, checked at 0.9 and 1.1 times the limit in four settings. Elsewhere lambda is the local
/// curvature, and gradients that grow faster than linearly need `RelaxedSmoothnessSchedule`.
///
/// Source: derived here.
public struct StabilityFactor: Sendable, Hashable {
    /// N.
    public var workers: Int
    /// omega.
    public var compression: Double
    /// sigma1.
    public var relativeNoise: Double

    /// A setting; at least one worker, the others not negative.
    public init(workers: Int = 1, compression: Double = 0, relativeNoise: Double = 0) {
        precondition(workers > 0 && compression >= 0 && relativeNoise >= 0, "noise is not negative")
        self.workers = workers
        self.compression = compression
        self.relativeNoise = relativeNoise
    }

    /// M.
    public var value: Double {
        1 + (compression + (1 + compression) * relativeNoise * relativeNoise) / Double(workers)
    }

    /// `2 / (lambda M)`: the rate from which the second moment grows without bound.
    public func largestLearningRate(curvature: Double) -> Double { 2 / (curvature * value) }
}
