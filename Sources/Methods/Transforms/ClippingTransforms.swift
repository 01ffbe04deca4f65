public import Engine
public import ScalingLaws

/// The mean gradient clipped to C: what training code usually calls gradient clipping. Not private.
public struct BatchClipping: GradientTransform {
    /// C.
    public var bound: Double
    /// C after a call.
    public private(set) var threshold: Double?

    /// The transform.
    public init(bound: Double) { self.bound = bound }

    /// `clip_C(mean g)`.
    public mutating func transform(_ gradients: ExampleGradients, using generator: inout SplitMix64) -> Vector
    {
        threshold = bound
        return gradients.mean.clipped(to: bound)
    }
}

/// Every example's gradient clipped, averaged, with Gaussian noise: the front end of all private methods.
///
///     g~ = (sum_e clip_C(g_e) + N(0, (sigma C)^2 I))/B
///
/// | C | name |
/// |---|---|
/// | fixed | DP-SGD, DP-SignSGD, DP-Adam by the rule that follows; clipped SGD with sigma = 0 |
/// | q-quantile of the batch's norms | QC-SGD, DP-QC-SGD |
/// | tracked quantile, `C <- C exp(-rate (b - q))` | adaptive clipping; b is the fraction of norms at most C |
///
/// With C infinite and sigma = 0 the mean comes through. The quantile of the batch is *not* private by itself; tracking
/// with a noisy count is (`GeometricTracker`). Bias does not vanish for a fixed q: schedule q to 1 with the rate to 0.
/// Poisson sampling for the accountant; then B is the expected batch size, `batchSize`.
///
/// The best rate of DP-SGD is proportional to epsilon, of DP-SignSGD and DP-Adam almost independent of it.
///
/// Sources: M. Abadi et al., 2016, arXiv 1607.00133; G. Andrew et al., 2019, arXiv 1905.03871; DP-SGD with quantile
/// clipping and DP through SDEs, 2025-2026, arXiv 2603.03226.
public struct PrivateGradient: GradientTransform {
    /// Where C comes from.
    public enum Threshold: Sendable, Hashable {
        /// Given.
        case fixed(Double)
        /// The q-quantile of the batch.
        case quantile(Double)
        /// Followed from round to round; the fraction below gets noise of this deviation.
        case tracked(GeometricTracker, countNoise: Double)
    }

    /// Where C comes from.
    public var bound: Threshold
    /// sigma.
    public var noiseMultiplier: Double
    /// B; `nil` is the number of gradients given.
    public var batchSize: Double?
    /// C of the last call.
    public private(set) var threshold: Double?

    /// The transform.
    public init(bound: Threshold, noiseMultiplier: Double = 0, batchSize: Double? = nil) {
        self.bound = bound
        self.noiseMultiplier = noiseMultiplier
        self.batchSize = batchSize
    }

    /// g~; noise coordinates in order, then the noise of a tracked count.
    public mutating func transform(_ gradients: ExampleGradients, using generator: inout SplitMix64) -> Vector
    {
        let norms = gradients.norms
        let c: Double =
            switch bound {
            case .fixed(let value): value
            case .quantile(let q): Self.lowerQuantile(norms, q)
            case .tracked(let tracker, _): tracker.threshold
            }
        threshold = c
        var sum = Vector.sum(gradients.rows.map { $0.clipped(to: c) })
        if noiseMultiplier > 0 { sum += (noiseMultiplier * c) * Vector(generator.normals(sum.count)) }
        let size = batchSize ?? Double(norms.count)
        if case .tracked(var tracker, let countNoise) = bound {
            let below = Double(norms.count { $0 <= c })
            let noise = countNoise > 0 ? countNoise * generator.normal() : 0
            tracker.update(fractionBelow: (below + noise) / size)
            bound = .tracked(tracker, countNoise: countNoise)
        }
        return sum.map { $0 / size }
    }

    /// The smallest value with at least a fraction q at or below it; precondition: not empty.
    public static func lowerQuantile(_ values: [Double], _ q: Double) -> Double {
        let sorted = values.sorted()
        let rank = Int((q * Double(sorted.count) - 1e-12).rounded(.up))
        return sorted[min(max(1, rank), sorted.count) - 1]
    }
}
