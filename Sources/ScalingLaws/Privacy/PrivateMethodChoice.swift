import Foundation

/// From which noise on sign steps settle lower than gradient steps, at given learning rates.
///
/// Plateaus per coordinate are `eta_g s^2 / (2 lambda)` and `eta_s s sqrt(pi/8) / lambda`, so sign steps win iff
///
///     s > s* = sqrt(pi/2) eta_s / eta_g,      z* = (B/C) sqrt(s*^2 - sigma^2/B),   0 when the batch noise alone exceeds s*
///
/// Regime: unclipped gradients, small steps, both runs long enough to settle. What identifies it: two rates and sigma.
///
/// When not to believe it: it compares plateaus at *these* rates. With each rate tuned to its noise the two methods come
/// close; and a run that has not settled is decided by speed, where gradient steps do not slow down with s.
///
/// Source: the question of a threshold epsilon* is from arXiv 2603.03226; this threshold is derived here.
public struct PrivateMethodChoice: Sendable, Hashable {
    /// eta_g.
    public var gradientRate: Double
    /// eta_s.
    public var signRate: Double

    /// A choice between two tuned rates; both positive.
    public init(gradientRate: Double, signRate: Double) {
        precondition(gradientRate > 0 && signRate > 0, "rates are positive")
        self.gradientRate = gradientRate
        self.signRate = signRate
    }

    /// s*.
    public var thresholdDeviation: Double { (Double.pi / 2).squareRoot() * signRate / gradientRate }

    /// z*: sign steps settle lower for noise multipliers above it; 0: always.
    ///
    /// - Parameters:
    ///   - noise: sigma, per coordinate of one example.
    ///   - batchSize: B.
    ///   - clippingNorm: C.
    /// - Returns: z*.
    public func thresholdMultiplier(noise: Double, batchSize: Double, clippingNorm: Double) -> Double {
        precondition(batchSize > 0 && clippingNorm > 0, "batch size and clipping norm are positive")
        let rest = thresholdDeviation * thresholdDeviation - noise * noise / batchSize
        return rest > 0 ? batchSize / clippingNorm * rest.squareRoot() : 0
    }
}
