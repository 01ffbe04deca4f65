import Foundation

/// Textbook rules for what to change when only the batch size changes.
///
/// With `k = B1/B0`:
///
/// | rule | eta | 1 - beta1 | 1 - beta2 | epsilon |
/// |---|---|---|---|---|
/// | `unchanged` | 1 | 1 | 1 | 1 |
/// | `quarterRoot` | `k^1/4` | 1 | 1 | 1 |
/// | `squareRoot` | `k^1/2` | 1 | 1 | 1 |
/// | `linear` | k | 1 | 1 | 1 |
/// | `sde` | `k^1/2` | k | k | `k^-1/2` |
/// | `memory` | k | k | half-life | 1 |
/// | `halfLife` | 1 | 1 | half-life: `beta2^k` | 1 |
///
/// All of them are right under some condition. For normalised methods (`LMOBound`): `unchanged` at fixed steps and
/// momentum, `quarterRoot` at fixed steps and tuned momentum, `squareRoot` at fixed tokens and momentum, `linear`
/// (`memory`) at fixed tokens with momentum moving along, up to the critical batch, above it `squareRoot` again.
///
/// In an atlas of 216 rules for Muon on language models at 256K to 2M tokens a step "unchanged" ranked 12th, the
/// bound's rule 22nd and `sde` 160th: compare with `unchanged` always.
///
/// Sources: `sde` Malladi et al. 2022, arXiv 2205.10287, from memory, unverified; `halfLife` Marek et al. 2025,
/// arXiv 2507.07101; the conditions are derived here.
public enum BatchScalingRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// No scaling.
    case unchanged
    /// Fourth root.
    case quarterRoot = "quarter_root"
    /// Square root.
    case squareRoot = "square_root"
    /// Linear.
    case linear
    /// Keeps the limiting stochastic differential equation of Adam; unverified.
    case sde
    /// Keeps memories in tokens and rate per token: the valley of `LMOValley`.
    case memory
    /// Keeps the half-life of Adam's second moment in tokens; the rate as it is.
    case halfLife = "half_life"

    /// An Adam-like setting.
    public struct Setting: Sendable, Hashable, Codable {
        /// eta.
        public var learningRate: Double
        /// beta1.
        public var firstDecay: Double
        /// beta2.
        public var secondDecay: Double
        /// epsilon.
        public var epsilon: Double

        enum CodingKeys: String, CodingKey {
            case learningRate = "learning_rate"
            case firstDecay = "beta1"
            case secondDecay = "beta2"
            case epsilon
        }

        /// A setting; defaults are Adam's.
        public init(
            learningRate: Double, firstDecay: Double = 0.9, secondDecay: Double = 0.95, epsilon: Double = 1e-8
        ) {
            self.learningRate = learningRate
            self.firstDecay = firstDecay
            self.secondDecay = secondDecay
            self.epsilon = epsilon
        }
    }

    /// Factor on the learning rate.
    public func rateFactor(_ k: Double) -> Double {
        switch self {
        case .unchanged, .halfLife: 1
        case .quarterRoot: k.squareRoot().squareRoot()
        case .squareRoot, .sde: k.squareRoot()
        case .linear, .memory: k
        }
    }

    /// The setting for another batch size.
    ///
    /// - Parameters:
    ///   - setting: the setting tuned at the old batch size.
    ///   - old: its batch size.
    ///   - new: the new one, in the same unit.
    /// - Returns: The new setting; `nil` for batch sizes that are not positive and finite, or where the rule has
    ///   no answer: a memory shorter than one step (`1 - beta` above 1).
    public func setting(_ setting: Setting, from old: Double, to new: Double) -> Setting? {
        let k = new / old
        guard old > 0, new > 0, k.isFinite, k > 0 else { return nil }
        var result = setting
        result.learningRate *= rateFactor(k)
        switch self {
        case .unchanged, .quarterRoot, .squareRoot, .linear: break
        case .sde:
            result.firstDecay = 1 - k * (1 - setting.firstDecay)
            result.secondDecay = 1 - k * (1 - setting.secondDecay)
            result.epsilon /= k.squareRoot()
        case .memory:
            result.firstDecay = 1 - k * (1 - setting.firstDecay)
            result.secondDecay = Self.halfLifeDecay(setting.secondDecay, factor: k)
        case .halfLife:
            result.secondDecay = Self.halfLifeDecay(setting.secondDecay, factor: k)
        }
        guard result.firstDecay >= 0, result.secondDecay >= 0 else { return nil }
        return result
    }

    /// `beta^k`: the decay whose half-life in tokens is unchanged when the batch grows k times.
    ///
    /// From batch 512 to 1, 0.95 becomes 0.9999. A power keeps more digits than `1 - k (1 - beta)` and is never
    /// negative.
    public static func halfLifeDecay(_ beta: Double, factor k: Double) -> Double { pow(beta, k) }
}
