import Foundation

/// What to change when a run is so long that only noise is left.
///
/// At fixed batch and momentum the bound does not fall below `2 s sqrt(alpha/B)`. From `K_floor` steps on
/// (`LMOConstants.stepsToNoiseFloor`) that floor is larger than all the rest, and further steps buy nothing. Each of
/// the three ways out moves `K_floor` to the K of the run:
///
///     lower alpha, B and K kept:   K s^2 alpha^2 - D L B c1 alpha - 2 D L B = 0
///     raise B, K kept:             B = K s^2 alpha / (D L c)                 (costs B/B0 times the tokens)
///     raise B, T kept:             B = s sqrt(alpha T / (D L c))             (the best batch of regime C)
///
/// When not to believe it: the bound's noise term is pessimistic, tuned alpha came out 6 to 15 times larger than
/// predicted, so believe the direction and wait for a factor of ten beyond `K_floor` before acting on it.
///
/// Source: derived here from Kovalev 2025, arXiv 2503.12645.
public struct NoiseFloorAdvice: Sendable, Hashable {
    /// `K / K_floor`; above 1.
    public var excess: Double
    /// alpha that puts the floor at this K.
    public var momentumComplement: Double
    /// B that does so at the same number of steps.
    public var batchSizeAtSteps: Double
    /// B that does so at the same number of tokens.
    public var batchSizeAtTokens: Double
}

extension LMOConstants {
    /// Advice for a setting, `nil` while its steps are at most `K_floor`.
    public func noiseFloorAdvice(for point: LMOPoint, c1: Double = 1.5) -> NoiseFloorAdvice? {
        let alpha = point.momentumComplement
        let floor = stepsToNoiseFloor(
            batchSize: point.batchSize, momentumComplement: alpha, c1: c1)
        guard point.steps > floor else { return nil }
        let excess = point.steps / floor
        let path = gap * smoothness * point.batchSize
        let square = point.steps * noise * noise
        let discriminant = path * c1 * path * c1 + 8 * square * path
        return NoiseFloorAdvice(
            excess: excess,
            momentumComplement: (path * c1 + discriminant.squareRoot()) / (2 * square),
            batchSizeAtSteps: point.batchSize * excess,
            batchSizeAtTokens: point.batchSize * excess.squareRoot())
    }
}
