/// The step of the non-negative Gauss-Newton method on one minibatch S:
///
///     gamma = c / (1 + (c / (2 f_S)) |g|^2),      1/gamma = 1/c + |g|^2 / (2 f_S)
///
/// so gamma is never above c (the nominal rate) nor above the Polyak step `2 f_S/|g|^2` of a loss with minimum 0, and on
/// an L-smooth loss never below `c/(1 + c L)`. Derivation: write `f = r^2`, linearise r, and minimise
/// `(r + grad r . u)^2 + |u|^2/(2c)`. The loss may be any nonnegative function; c is in units of a learning rate.
///
/// Why use it: no c in nine decades diverged on tested problems, so it is the safe probe for an unknown problem, and
/// `(1/gamma - 1/c)` is a free curvature estimate, at most L. Search c on decades, with exponent -1/2 in steps.
///
/// When not to believe it: the loss must be **nonnegative and raw** (no constant subtracted below zero, weight decay
/// left out); a large minimum of `f_S` makes the step larger than the curvature allows for.
///
/// Source: the step is that of A. Orvieto, L. Xiao 2024 (arXiv 2407.04358); its momentum and diagonal variants are those
/// of R. Islamov et al. 2025.
public enum NGNStep {
    /// gamma; c for a zero gradient, 0 at a zero loss with a gradient (such a point is no minimum of a nonnegative
    /// loss; rounding produces it).
    ///
    /// - Parameters:
    ///   - c: nominal rate, positive and finite (so that an underflow of both loss and norm stays harmless).
    ///   - loss: f_S, raw.
    ///   - squaredNorm: |g|^2, in whichever norm belongs to the method.
    /// - Returns: The step size.
    /// - Throws: `NGNError` for a loss that is negative or not finite, or a norm that is not a number.
    public static func size(c: Double, loss: Double, squaredNorm: Double) throws -> Double {
        precondition(c > 0 && c.isFinite, "the nominal rate must be positive and finite")
        guard loss >= 0, loss.isFinite else { throw NGNError.unusableLoss(loss) }
        guard squaredNorm >= 0 else { throw NGNError.unusableGradient(squaredNorm) }
        guard squaredNorm > 0 else { return c }
        return 1 / (1 / c + squaredNorm / (2 * loss))
    }

    /// One gamma a coordinate (NGN-D): `c / (1 + (c / (2 f_S)) g_j^2)`.
    ///
    /// - Parameters:
    ///   - c: nominal rate.
    ///   - loss: f_S.
    ///   - gradient: g.
    /// - Returns: The step sizes; the update is `x_j - gamma_j g_j`.
    /// - Throws: As `size`.
    public static func sizes(c: Double, loss: Double, gradient: [Double]) throws -> [Double] {
        try gradient.map { try size(c: c, loss: loss, squaredNorm: $0 * $0) }
    }

    /// `1/gamma - 1/c = |g|^2/(2 f_S)`: a lower bound of the curvature L along the run, free of charge.
    public static func curvature(c: Double, step gamma: Double) -> Double { 1 / gamma - 1 / c }
}

/// Why a step of the NGN family cannot be computed.
public enum NGNError: Error, Hashable, CustomStringConvertible {
    /// The loss is negative, infinite or not a number.
    case unusableLoss(Double)
    /// The squared gradient norm is not a number.
    case unusableGradient(Double)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .unusableLoss(let loss):
            "NGN needs a finite loss of zero or more, but the minibatch loss is \(loss)"
        case .unusableGradient(let norm):
            "NGN needs a gradient of numbers, but its squared norm is \(norm)"
        }
    }
}
