internal import Engine
internal import ScalingLaws

/// Every example's gradient clipped to C, averaged, with Gaussian noise: the front end of all private methods.
///
///     result = 1/B (sum_i min(1, C/|g_i|) g_i + z C N(0, I))
///
/// | C | what follows |
/// |---|---|
/// | fixed | DP-SGD, DP-SignSGD, DP-Adam; clipped SGD for z = 0 |
/// | tracked: `C <- C exp(-rate (b - q))`, b the noisy fraction of norms at most C | DP-QC-SGD |
///
/// A tracked threshold reads the data as well. Its count gets noise of deviation `count_noise B`, and the gradient's
/// multiplier is raised to `(z^-2 - (2 count_noise B)^-2)^(-1/2)`, so that both together cost what z alone would.
/// When z is at least `2 count_noise B` no multiplier is left for the gradient: the count's noise is then raised to z,
/// and the gradient's to `2/sqrt(3) z`.
///
/// Noise of step k comes from stream k of the rule's seed, coordinates in order, then the count: nothing to checkpoint.
///
/// References: M. Abadi et al., "Deep learning with differential privacy", 2016, arXiv 1607.00133; G. Andrew et al.,
/// 2021, arXiv 1905.03871 (tracking).
struct PrivateMean<Scalar: EngineScalar>: Sendable {
    /// Where C comes from.
    enum Threshold: Sendable {
        case fixed(Double)
        case tracked(GeometricTracker, countNoise: Double)

        /// C now.
        var value: Double {
            switch self {
            case .fixed(let value): value
            case .tracked(let tracker, _): tracker.threshold
            }
        }
    }

    private(set) var threshold: Threshold
    private var clipping: PerExampleClipping<Scalar>
    private(set) var account: PrivacyAccount

    init(threshold: Threshold, noiseMultiplier: Double, delta: Double, count: Int) {
        self.threshold = threshold
        clipping = PerExampleClipping(count: count)
        account = PrivacyAccount(noiseMultiplier: noiseMultiplier, delta: delta)
    }

    /// The private mean of `examples x count` row-major gradients.
    mutating func mean(_ rows: [Scalar], context: StepContext<Scalar>) -> [Scalar] {
        clipping.measure(rows)
        let norms = clipping.norms
        let bound = threshold.value
        var result = clipping.mean(rows, threshold: bound)
        let batch = Double(max(1, norms.count))
        account.spend(batch: norms.count, of: context.trainingExamples)
        let z = account.noiseMultiplier
        var generator = SplitMix64.stream(context.seed, context.step)
        let deviation = Scalar(gradientMultiplier(z, batch: batch) * bound / batch)
        if deviation > 0 {
            for i in result.indices { result[i] += deviation * Scalar(generator.normal()) }
        }
        if case .tracked(var tracker, let countNoise) = threshold {
            let below = Double(norms.count { $0 <= bound })
            let noise = z > 0 ? countDeviation(z, countNoise, batch: batch) * generator.normal() : 0
            tracker.update(fractionBelow: (below + noise) / batch)
            threshold = .tracked(tracker, countNoise: countNoise)
        }
        return result
    }

    private func countDeviation(_ z: Double, _ fraction: Double, batch: Double) -> Double {
        let wanted = fraction * batch
        return z < 2 * wanted ? wanted : z
    }

    private func gradientMultiplier(_ z: Double, batch: Double) -> Double {
        guard z > 0, case .tracked(_, let fraction) = threshold else { return z }
        let count = countDeviation(z, fraction, batch: batch)
        return GeometricTracker.remainingMultiplier(z, countNoise: count) ?? z
    }

    /// The threshold and the account.
    var state: [String: [Scalar]] {
        get { ["threshold": [Scalar(threshold.value)], "account": account.buffer()] }
        set {
            account.restore(newValue["account"])
            if case .tracked(let tracker, let countNoise) = threshold,
                let value = newValue["threshold"]?.first
            {
                threshold = .tracked(
                    GeometricTracker(
                        threshold: Double(value), quantile: tracker.quantile, rate: tracker.rate),
                    countNoise: countNoise)
            }
        }
    }
}
