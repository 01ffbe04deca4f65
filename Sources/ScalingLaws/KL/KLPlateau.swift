import Foundation

/// The loss a token budget can reach under the KL bound, over batch sizes: noise-limited, flat, starved of steps.
///
///     eps = max{ [128 e^(3c)] L B/(mu^2 T),                                starved of steps:  ~ B/T
///                ([2^17 e^(6c)] L s^2/(mu^4 T))^(1/3),                     plateau:           ~ T^(-1/3)
///                [32 kappa] s/(mu (T^2 B)^(1/6)) }                         noise-limited:     ~ B^(-1/6)
///
///     left edge   (mu s/L)^2        [times e^(-3c)/16]
///     right edge  (T mu s/L)^(2/3)  [times (4 kappa)^(-2/3)]
///
/// Logarithms are dropped. Brackets are the source's constants; without them (`order`) the regimes are the same and
/// the values mean nothing but ratios.
///
/// On the plateau alpha and the effective step grow linearly with B, and at its right edge alpha reaches 1: the
/// memory of the momentum `B/alpha` is `~ T^(2/3)` tokens, against `T^(1/2)` under `LMOBound`.
///
/// When not to believe it: measured critical batch sizes grow as `T^0.46..0.57`, less than the right edge's 2/3; the
/// left edge is far below any batch in use.
///
/// Source: Islamov et al. 2026, arXiv 2603.21191, corollaries 4.1 and D.1; the edges with constants are derived
/// here by equating neighbouring terms.
public struct KLPlateau: Sendable, Hashable {
    /// The problem.
    public var constants: KLConstants
    /// c = b K with the published constants, `nil` for order of magnitude.
    public var decay: Double?

    /// The order form (`decay: nil`) or the one with constants.
    public init(_ constants: KLConstants, decay: Double? = nil) {
        self.constants = constants
        self.decay = decay
    }

    /// Which of the three terms is largest.
    public enum Regime: String, Sendable, Hashable, Codable {
        /// Batch below the left edge: a larger batch lowers the loss, slowly.
        case noiseLimited = "noise_limited"
        /// Between the edges: batch size does not matter.
        case plateau
        /// Above the right edge: too few steps, a larger batch costs loss in proportion.
        case stepLimited = "step_limited"
    }

    /// The three terms: starved of steps, plateau, noise-limited.
    public func terms(batchSize: Double, tokenBudget: Double) -> [Double] {
        let (L, mu, s) = (constants.smoothness, constants.sharpness, constants.noise)
        let (first, second, third): (Double, Double, Double) =
            decay.map { (128 * exp(3 * $0), 131_072 * exp(6 * $0), 32 * exp(1.5 * $0)) } ?? (1, 1, 1)
        return [
            first * L * batchSize / (mu * mu * tokenBudget),
            pow(second * L * s * s / (mu * mu * mu * mu * tokenBudget), 1.0 / 3),
            third * s / (mu * pow(tokenBudget * tokenBudget * batchSize, 1.0 / 6)),
        ]
    }

    /// eps: the largest term.
    public func error(batchSize: Double, tokenBudget: Double) -> Double {
        terms(batchSize: batchSize, tokenBudget: tokenBudget).max() ?? .nan
    }

    /// Smallest batch on the plateau; it does not depend on the budget.
    public var leftEdge: Double {
        constants.edgeRatio * constants.edgeRatio * (decay.map { exp(-3 * $0) / 16 } ?? 1)
    }

    /// Largest batch on the plateau, the critical batch size of this theory.
    public func rightEdge(tokenBudget: Double) -> Double {
        pow(tokenBudget * constants.edgeRatio, 2.0 / 3)
            * (decay.map { pow(4 * exp(1.5 * $0), -2.0 / 3) } ?? 1)
    }

    /// The regime of a batch size.
    ///
    /// Below a budget of `(leftEdge)^(3/2) L/(mu s)` tokens there is no plateau; then the larger of the outer terms
    /// decides.
    public func regime(batchSize: Double, tokenBudget: Double) -> Regime {
        let terms = terms(batchSize: batchSize, tokenBudget: tokenBudget)
        if terms[1] >= max(terms[0], terms[2]) { return .plateau }
        return terms[0] > terms[2] ? .stepLimited : .noiseLimited
    }
}
