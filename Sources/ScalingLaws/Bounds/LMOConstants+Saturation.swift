import Foundation

/// Where one regime ends and the next begins.
extension LMOConstants {
    /// `K_sat = 2 L D B / s^2`: below so many steps the best alpha is 1, momentum does not help.
    public func stepsToSaturation(batchSize: Double) -> Double {
        2 * smoothness * gap * batchSize / (noise * noise)
    }

    /// `B_sat = s sqrt(T / (2 L D)) = w sqrt(T)`: the critical batch size of a budget.
    ///
    /// Up to it a larger batch costs nothing when learning rate and `1 - momentum` grow in proportion; beyond it the
    /// bound rises as `sqrt(B)` (15 % above the valley at `B_sat`, twice it at ten times that). Published critical
    /// batch sizes grow as `T^0.46 .. T^0.47`.
    public func criticalBatch(tokenBudget: Double) -> Double { batchScale * tokenBudget.squareRoot() }

    /// `K_floor = D L c B / (s^2 alpha)`: from so many steps on, the noise floor `2 s sqrt(alpha / B)` dominates at
    /// fixed batch and momentum, and more steps buy nothing: lower alpha or raise B.
    public func stepsToNoiseFloor(batchSize: Double, momentumComplement alpha: Double, c1: Double = 1.5)
        -> Double
    {
        gap * smoothness * (c1 + 2 / alpha) * batchSize / (noise * noise * alpha)
    }

    /// `2 s sqrt(alpha / B)`: what no number of steps gets below at fixed batch and momentum.
    public func noiseFloor(batchSize: Double, momentumComplement alpha: Double) -> Double {
        2 * noise * (alpha / batchSize).squareRoot()
    }

    /// `D L c / (s^2 alpha)`: below this budget the best batch of regime C is one token (leading order).
    public func budgetOfUnitBatch(momentumComplement alpha: Double, c1: Double = 1.5) -> Double {
        gap * smoothness * (c1 + 2 / alpha) / (noise * noise * alpha)
    }

    /// `(2/K)^(2/3)`: the best alpha while the burn-in of the momentum dominates, `K << (B/w^2)^-3`, tiny batches.
    public static func burnInMomentumComplement(steps: Double) -> Double { pow(2 / steps, 2.0 / 3) }

    /// What all equally good settings of a budget share, leading order, for any batch up to `criticalBatch`.
    ///
    ///     B / alpha = w sqrt(T)          eta / B = sqrt(u) / w^2 tau^(-3/4)          eta K = sqrt(u) tau^(1/4)
    public func valley(tokenBudget: Double) -> LMOValley {
        let tau = tokenBudget / naturalBatch
        return LMOValley(
            memoryTokens: batchScale * tokenBudget.squareRoot(),
            learningRatePerToken: stepScale.squareRoot() / naturalBatch * pow(tau, -0.75),
            pathLength: stepScale.squareRoot() * pow(tau, 0.25))
    }
}

/// The invariants of the valley of equally good settings at one budget.
///
/// Reference: derived here. S. Marek et al. 2025, arXiv 2507.07101, find the same of Adam's second moment: its
/// half-life in tokens carries over between batch sizes.
public struct LMOValley: Sendable, Hashable, Codable {
    /// `B / alpha`, tokens.
    public var memoryTokens: Double
    /// `eta / B`.
    public var learningRatePerToken: Double
    /// `eta K`.
    public var pathLength: Double

    enum CodingKeys: String, CodingKey {
        case memoryTokens = "memory_tokens"
        case learningRatePerToken = "lr_per_token"
        case pathLength = "path_length"
    }
}
