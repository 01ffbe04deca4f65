import Foundation

/// How the largest learning rate follows the fraction p of the model that is trained in a step.
///
///     gamma_max ~ p^e
///
/// | training | e | prior |
/// |---|---|---|
/// | random masks rescaled by 1/p (dropout) | 2 | 1.95 +- 0.15 |
/// | disjoint subnetworks, p = 1/n | 1 | 1 +- 0.15 |
/// | masks that are not rescaled | 0 | 0 +- 0.15 |
///
/// These are caps of stability, for plain gradient methods. Methods that step by the length of their rate do not see
/// the rescaling; use e = 0 for them. The first prior is moved from 2 towards the 1.84 that a sweep over p from 1 to
/// 1/8 measures on dense quadratics.
///
/// Source: derived in `MaskedTraining` and `SubnetworkTraining`; widths are ours.
public enum KeepFractionRule: String, Sendable, Hashable, CaseIterable {
    /// Kept coordinates are multiplied by 1/p.
    case rescaledMasks = "rescaled_masks"
    /// Workers hold disjoint parts.
    case subnetworks
    /// Kept coordinates are left as they are.
    case plainMasks = "plain_masks"

    /// e of the theory.
    public var exponent: Double {
        switch self {
        case .rescaledMasks: 2
        case .subnetworks: 1
        case .plainMasks: 0
        }
    }

    /// What to believe about e before any run.
    public var prior: ExponentPrior {
        ExponentPrior(mean: self == .rescaledMasks ? 1.95 : exponent, deviation: 0.15)
    }

    /// A cap known at one kept fraction, carried to another: `cap (to/from)^e`; fractions in (0, 1].
    public func cap(_ cap: Double, from: Double, to: Double) -> Double {
        precondition(from > 0 && from <= 1 && to > 0 && to <= 1, "kept fractions must be in (0, 1]")
        return cap * pow(to / from, exponent)
    }
}
