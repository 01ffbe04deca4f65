import Foundation

/// Learning rates at which full-batch descent stops being stable, and how to see it coming.
///
/// Along a step with displacement Delta the loss obeys exactly
///
///     f(x + Delta) = f(x) + <grad f, Delta> + Dk/2 |Delta|^2,      Dk = directional smoothness <= S
///
/// so an unnormalised LMO step `Delta = eta |g|_* d` changes the loss by `-eta (1 - eta Dk/2) |g|_*^2`: it rises when
/// `Dk > 2/eta`. A normalised step (sign, Muon) has `Delta = eta d` and rises when `Dk/|g|_* > 2/eta`.
///
///     largest stable rate:   2/S  (unnormalised)        2 |g|_* / S  (normalised)
///
/// Use: an upper clamp of a sweep's learning rates, a flag on runs. Only for full batches and no momentum: with
/// both the plateau is reported at `2 (1-beta)/eta` (small batches) to `2 (1+beta)/eta` (large), unverified; S from
/// `GeneralizedSharpness` is a lower bound, so the limits are upper ones. S falls while the network is at rest and
/// rises early in training.
///
/// Source: arXiv 2603.05002, 2026 (threshold); identity derived here.
public enum StabilityLimit {
    /// `2/S`: unnormalised steps. Infinite when the loss is not curved upwards.
    public static func largestRate(sharpness: Double) -> Double { sharpness > 0 ? 2 / sharpness : .infinity }

    /// `2 |g|_* / S`: normalised steps.
    public static func largestRate(sharpness: Double, gradientNorm: Double) -> Double {
        largestRate(sharpness: sharpness) * gradientNorm
    }

    /// Dk of the step taken: `2 (f1 - f0 - <g, Delta>) / |Delta|^2`.
    ///
    /// Two losses and a gradient on the same data. Differences of losses below about 1e-7 of the loss (single
    /// precision) are rounding. `nil` for a step of length zero.
    public static func directionalSmoothness(
        lossBefore: Double, lossAfter: Double, gradientAlongStep: Double, stepLength: Double
    ) -> Double? {
        guard stepLength > 0 else { return nil }
        return 2 * (lossAfter - lossBefore - gradientAlongStep) / (stepLength * stepLength)
    }

    /// Step h of the central difference `H d = (grad f(x + h d) - grad f(x - h d)) / (2h)`.
    ///
    ///     h = cbrt(machine epsilon) (1 + |x|) / |d|
    ///
    /// balances rounding `epsilon/h` against the truncation `h^2`. Relative step 6.1e-6 in double precision, 4.9e-3
    /// in single; take both gradients on the same data.
    public static func differenceStep(
        parameterNorm: Double, directionNorm: Double, isSinglePrecision: Bool = false
    ) -> Double {
        let epsilon = isSinglePrecision ? Double(Float.ulpOfOne) : Double.ulpOfOne
        return cbrt(epsilon) * (1 + parameterNorm) / directionNorm
    }
}

/// Counts the steps of a run that went uphill along their own direction.
///
/// A step counts when `eta Dk / 2 > 1` (normalised methods: `eta Dk / (2 |g|_*) > 1`). More than half of the steps
/// above is what "at the edge of stability" looks like; the source of the limit is `StabilityLimit`.
public struct StabilityMonitor: Sendable, Hashable {
    /// Steps seen.
    public private(set) var steps = 0
    /// Steps above the limit.
    public private(set) var unstableSteps = 0

    /// An empty monitor.
    public init() {}

    /// Records a step; values that are not finite count as unstable.
    ///
    /// - Parameters:
    ///   - smoothness: Dk.
    ///   - learningRate: eta.
    ///   - gradientNorm: dual norm of the gradient for normalised methods, `nil` for others.
    public mutating func record(smoothness: Double, learningRate: Double, gradientNorm: Double? = nil) {
        steps += 1
        let relative = learningRate * smoothness / 2 / (gradientNorm ?? 1)
        if !(relative <= 1) { unstableSteps += 1 }
    }

    /// Share of steps above the limit; 0 before the first.
    public var unstableFraction: Double { steps == 0 ? 0 : Double(unstableSteps) / Double(steps) }
    /// Whether most steps were.
    public var isUnstable: Bool { unstableFraction > 0.5 }
}
