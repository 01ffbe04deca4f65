import Foundation

/// The batch size that reaches a target with the fewest examples.
///
/// If a method gets below eps when `X/K + Y/B + Z = eps`, then B batches of K steps cost `T = B K` examples with
/// `K = X / (eps - Z - Y/B)`, which is least at
///
///     B* = 2Y/(eps - Z)          K* = 2X/(eps - Z)          T* = 4 X Y/(eps - Z)^2
///
/// The target's two halves are then equal: half of it start, half noise. Larger batches than B* take fewer steps
/// and more examples. X is in steps, Y in examples (or tokens), per unit of eps.
///
/// When not to believe it: Z holds whatever a fixed rate leaves, so B* depends on the rate it was found at. Its
/// authors claim the trends (B* falls with the target, grows with noise), not the absolute values.
///
/// Source: N. Sato et al. 2025, arXiv 2507.01598; F. L. Cesista, "Critical batch size for steepest descent"; the
/// minimisation is elementary.
public struct StochasticOracleCost: Sendable, Hashable {
    /// X.
    public var start: Double
    /// Y.
    public var noise: Double
    /// Z.
    public var floor: Double

    /// The three coefficients; X and Y positive, Z not negative.
    public init(start: Double, noise: Double, floor: Double = 0) {
        precondition(start > 0 && noise > 0 && floor >= 0, "X and Y must be positive, Z not negative")
        self.start = start
        self.noise = noise
        self.floor = floor
    }

    /// Y of steepest descent with Nesterov's momentum: `(2 beta + 1)(1 - beta) sigma^2 / 2`, and `lambda sigma^2 / 2`
    /// more with weight decay. sigma^2 is the variance of one example's gradient.
    public static func nesterovNoise(
        variance: Double, momentum beta: Double, weightDecay lambda: Double = 0
    ) -> Double {
        ((2 * beta + 1) * (1 - beta) + lambda) * variance / 2
    }

    /// The cheapest way to a target.
    public struct Optimum: Sendable, Hashable {
        /// B*.
        public var batchSize: Double
        /// K*.
        public var steps: Double
        /// T* = B* K*.
        public var tokens: Double
    }

    /// The optimum, `nil` when the target is at or below the floor: no number of examples reaches it.
    public func optimum(target: Double) -> Optimum? {
        let left = target - floor
        guard left > 0 else { return nil }
        return Optimum(
            batchSize: 2 * noise / left, steps: 2 * start / left, tokens: 4 * start * noise / (left * left))
    }
}

extension LMOConstants {
    /// The cheapest way to a gradient norm eps at fixed momentum, leading order of Kovalev's bound:
    ///
    ///     B* = 16 s^2 alpha / eps^2          T* = 256 D L c s^2 alpha / eps^4          c = c1 + 2/alpha
    ///
    /// Regime C read backwards: `F* = 4 sqrt(s) (alpha D L c / T)^(1/4)` solved for T. Derived here.
    public func cheapest(target eps: Double, momentumComplement alpha: Double, c1: Double = 1.5)
        -> StochasticOracleCost.Optimum
    {
        let batch = 16 * noise * noise * alpha / (eps * eps)
        let tokens = batch * 16 * gap * smoothness * (c1 + 2 / alpha) / (eps * eps)
        return StochasticOracleCost.Optimum(batchSize: batch, steps: tokens / batch, tokens: tokens)
    }
}
