import Foundation

/// Carries a setting tuned at one token budget to another, without knowing any constant.
///
/// With `r = T1 / T0`:
///
/// | mode | eta | alpha | B | when |
/// |---|---|---|---|---|
/// | `learningRate` (A) | `r^-1/2` | 1 | 1 | momentum and batch were defaults, never tuned |
/// | `learningRateAndMomentum` (B) | `r^-3/4` | `r^-1/2` | 1 | momentum was tuned |
/// | `learningRateAndBatch` (C) | `r^-1/4` | 1 | `r^1/2` | batch was tuned, momentum not |
/// | `joint` (D) | `r^-7/12` | `r^-1/3` | `r^1/6` | the source bound taken literally |
/// | `valley` (V) | `(B1/B0) r^-3/4` | `(B1/B0) r^-1/2` | free | everything was tuned; the hardware picks B |
///
/// V beyond `Bc = alphaMax B0 r^(1/2) / alpha0`, where alpha reaches its cap:
/// `alpha = alphaMax`, `eta = eta0 (Bc/B0) r^-3/4 sqrt(B1/Bc)`.
///
/// Always transfer from the tuned setting itself: a result that met the cap has lost information, so transfers of
/// transfers drift.
///
/// When not to believe it: an anchor that was not really at its optimum carries its error along; the momentum
/// exponents are the weakest part (own sweeps saw alpha move with a quarter of the predicted exponent). D rests on
/// lower-order terms of one bound only; prefer V.
///
/// Source: exponents of Shulgin et al. 2026, arXiv 2603.15958 (A, B, D); V and the caps derived here.
public struct BudgetTransfer: Sendable, Hashable {
    /// What moves.
    public enum Mode: Sendable, Hashable {
        /// A.
        case learningRate
        /// B.
        case learningRateAndMomentum
        /// C.
        case learningRateAndBatch
        /// D.
        case joint
        /// V: to the given batch size.
        case valley(batchSize: Double)
    }

    /// The tuned setting.
    public var anchor: LMOPoint
    /// Largest `1 - momentum` to answer with.
    public var alphaMax: Double
    /// Answers' batch sizes are multiples of this; 0 leaves them real.
    public var batchMultiple: Double

    /// A transfer from a tuned setting.
    public init(anchor: LMOPoint, alphaMax: Double = 1, batchMultiple: Double = 0) {
        self.anchor = anchor
        self.alphaMax = alphaMax
        self.batchMultiple = batchMultiple
    }

    /// The mode that fits what a sweep searched; the batch of `valley` is the anchor's.
    public func mode(tunedAxes: Set<LawAxis>) -> Mode {
        switch (tunedAxes.contains(.momentum), tunedAxes.contains(.batchSize)) {
        case (false, false): .learningRate
        case (true, false): .learningRateAndMomentum
        case (false, true): .learningRateAndBatch
        case (true, true): .valley(batchSize: anchor.batchSize)
        }
    }

    /// The setting for another budget. The batch is rounded to the hardware's multiple first; rate and momentum are
    /// those of the rounded batch.
    public func setting(tokenBudget: Double, mode: Mode) -> LMOPoint {
        let r = tokenBudget / anchor.tokenBudget
        let alpha = anchor.momentumComplement
        switch mode {
        case .learningRate:
            return point(factor: pow(r, -0.5), alpha: alpha, batch: anchor.batchSize, tokenBudget)
        case .learningRateAndMomentum:
            return valley(batch: anchor.batchSize, r, tokenBudget)
        case .learningRateAndBatch:
            let batch = rounded(anchor.batchSize * r.squareRoot())
            // At fixed alpha eta ~ sqrt(B / T), for any B.
            let factor = (batch / anchor.batchSize / r).squareRoot()
            return point(factor: factor, alpha: alpha, batch: batch, tokenBudget)
        case .joint:
            let batch = rounded(anchor.batchSize * pow(r, 1.0 / 6))
            let next = min(alpha * pow(r, -1.0 / 3), alphaMax)
            // eta ~ sqrt(B alpha / T).
            let factor = (batch / anchor.batchSize * next / alpha / r).squareRoot()
            return point(factor: factor, alpha: next, batch: batch, tokenBudget)
        case .valley(let batch):
            return valley(batch: rounded(batch), r, tokenBudget)
        }
    }

    /// Decoupled weight decay for a transferred setting: `lambda1 = lambda0 (eta0 K0) / (eta1 K1)`.
    ///
    /// `lambda eta` is a Frank-Wolfe step, and the bound with decay needs `lambda eta K` to stay: that product is how
    /// often the run forgets its weights. At fixed tokens this makes the decay grow like the batch size over the
    /// rate, as tuned runs do at a fixed number of tokens per parameter; with more tokens per parameter
    /// their product falls slowly instead (`PublishedLaws.powerLines`).
    ///
    /// Source: derived here; Islamov et al. 2026, arXiv 2603.21191 (`lambda eta = c/K`); Bergsma et al. 2025,
    /// arXiv 2505.13738 (weight-average time scale).
    ///
    /// - Parameters:
    ///   - anchorDecay: lambda0, the decay tuned with the anchor; 0 stays 0.
    ///   - point: the transferred setting.
    /// - Returns: lambda1.
    public func weightDecay(anchorDecay: Double, at point: LMOPoint) -> Double {
        anchorDecay * anchor.pathLength / point.pathLength
    }

    private func valley(batch: Double, _ r: Double, _ tokens: Double) -> LMOPoint {
        let cap = alphaMax * anchor.batchSize * r.squareRoot() / anchor.momentumComplement
        if batch > cap {
            let factor = cap / anchor.batchSize * pow(r, -0.75) * (batch / cap).squareRoot()
            return point(factor: factor, alpha: alphaMax, batch: batch, tokens)
        }
        let ratio = batch / anchor.batchSize
        return point(
            factor: ratio * pow(r, -0.75), alpha: anchor.momentumComplement * ratio / r.squareRoot(),
            batch: batch, tokens)
    }

    private func point(factor: Double, alpha: Double, batch: Double, _ tokens: Double) -> LMOPoint {
        LMOPoint(
            learningRate: anchor.learningRate * factor, momentumComplement: alpha, batchSize: batch,
            tokenBudget: tokens)
    }

    private func rounded(_ batch: Double) -> Double {
        batchMultiple > 0 ? max(batchMultiple, (batch / batchMultiple).rounded() * batchMultiple) : batch
    }
}
