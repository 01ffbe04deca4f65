import Foundation

extension LMOConstants {
    /// The closed forms of large budgets: the leading terms of `optimum`, for reading exponents off and for starting
    /// points.
    ///
    /// | regime | eta | alpha | B | value |
    /// |---|---|---|---|---|
    /// | A (exact) | `sqrt(D B/(L c T))` | held | held | with its noise floor |
    /// | B | `u^(1/2) b tau^(-3/4)` | `b tau^(-1/2)` | held | `4 Fs tau^(-1/4)` |
    /// | C | `sqrt(D B/(L c T))` | held | `s sqrt(alpha T/(D L c))` | `4 sqrt(s) (alpha c D L/T)^(1/4)` |
    /// | D | `sqrt(D B alpha/(2 L T))` | `(2/(c1 sqrt(tau)))^(2/3)` | `alpha w sqrt(T)` | `4 Fs tau^(-1/4)` |
    ///
    ///     c = c1 + 2/alpha
    ///
    /// In the budget: A `T^-1/2`; B `T^-3/4, alpha T^-1/2`; C `T^-1/4, B T^1/2`; D `T^-7/12, alpha T^-1/3, B T^1/6`;
    /// values `T^-1/4`, the same for B and D: to leading order tuning the batch too gains nothing.
    ///
    /// Valid: B for `stepsToSaturation <= K` and `K >> b^-3`; above saturation use regime A with alpha = 1. No
    /// clamping is done here: outside their range the forms give alpha above 1 or batches below a token.
    ///
    /// Sources: regimes B and D reproduce the exponents of Shulgin et al. 2026, arXiv 2603.15958; prefactors derived
    /// here from Kovalev's bound.
    ///
    /// - Parameters:
    ///   - regime: what is tuned.
    ///   - tokenBudget: T.
    ///   - c1: coefficient of the smallest term.
    /// - Returns: The leading setting and value.
    public func leadingOptimum(_ regime: LMORegime, tokenBudget: Double, c1: Double = 1.5) -> LMOOptimum {
        switch regime {
        case .learningRate:
            return optimum(regime, tokenBudget: tokenBudget, bound: .kovalev(c1: c1))
        case .learningRateAndMomentum(let batch):
            let tau = tokenBudget / naturalBatch
            let b = batch / naturalBatch
            let point = LMOPoint(
                learningRate: stepScale.squareRoot() * b * pow(tau, -0.75),
                momentumComplement: b / tau.squareRoot(), batchSize: batch, tokenBudget: tokenBudget)
            return LMOOptimum(point: point, value: 4 * gradientScale * pow(tau, -0.25))
        case .learningRateAndBatch(let alpha):
            let c = c1 + 2 / alpha
            let path = (gap * smoothness * c / tokenBudget).squareRoot()
            let batch = noise * alpha.squareRoot() / path
            return LMOOptimum(
                point: point(batch: batch, alpha: alpha, drift: c, tokenBudget),
                value: 4 * (noise * alpha.squareRoot() * path).squareRoot())
        case .joint:
            let tau = tokenBudget / naturalBatch
            let alpha = pow(2 / (c1 * tau.squareRoot()), 2.0 / 3)
            let batch = alpha * batchScale * tokenBudget.squareRoot()
            return LMOOptimum(
                point: point(batch: batch, alpha: alpha, drift: 2 / alpha, tokenBudget),
                value: 4 * gradientScale * pow(tau, -0.25))
        }
    }

    private func point(batch: Double, alpha: Double, drift: Double, _ tokens: Double) -> LMOPoint {
        LMOPoint(
            learningRate: (gap * batch / (smoothness * drift * tokens)).squareRoot(),
            momentumComplement: alpha,
            batchSize: batch, tokenBudget: tokens)
    }
}
