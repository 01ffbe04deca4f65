import Foundation

/// Batch size and Frank-Wolfe step for another budget, by staying at the right edge of the KL plateau.
///
///     B = (T mu rho sigma/L)^(2/3),   b = c/K ~ B/T ~ T^(-1/3),   momentum and radius stay
///
///     B1 = B0 [(T1/T0)(mu1/mu0)(rho1/rho0)/(L1/L0)]^(2/3),        b1 = b0 (B1/B0)(T0/T1)
///
/// in tokens a step; b is the weight decay times the learning rate. If rho itself grows with the batch, `rho ~ (B -
/// B_shift)^q`, B1 is on both sides: the fixed point is found by iteration, which shrinks errors by `2q/3` a step.
/// With q = 0.1 the net exponents are `B ~ T^0.714`, `b ~ T^-0.286`.
///
/// Checked against the source: from 256 sequences, budgets x2, x4, x6 give 420.5, 690.3, 922.4, which floored to
/// multiples of 32 are the batch sizes it ran (416, 672, 896; that it floors is inferred); 124M to 1B parameters
/// gives B x 4.37 and b x 0.54, as printed.
///
/// When not to believe it: the square-root rule (B ~ T^1/2, b ~ T^-1/2) came out only slightly worse in the same
/// experiments, and published sweeps of the best batch lie at `T^0.38..0.57`, below 2/3.
///
/// Source: Islamov et al. 2026, arXiv 2603.21191, equations 7, 8, 12 and 13.
public struct KLTransfer: Sendable, Hashable {
    /// B0: tokens (or sequences) a step of the tuned run.
    public var batchSize: Double
    /// b0: its Frank-Wolfe step, weight decay times learning rate.
    public var frankWolfeStep: Double
    /// T0: its budget.
    public var tokenBudget: Double
    /// q of `rho ~ (B - B_shift)^q`, at most 1/2; 0 (the default) takes rho as given. 0.1 was measured.
    public var rhoPower: Double
    /// B_shift, in the unit of the batch size; 9.4 sequences were measured. Below every batch in use.
    public var rhoShift: Double

    /// A transfer from a tuned run.
    public init(
        batchSize: Double, frankWolfeStep: Double, tokenBudget: Double, rhoPower: Double = 0,
        rhoShift: Double = 0
    ) {
        precondition(
            batchSize > rhoShift && tokenBudget > 0 && (0...0.5).contains(rhoPower),
            "a transfer needs a batch above the shift, a budget, and a power of at most 1/2")
        self.batchSize = batchSize
        self.frankWolfeStep = frankWolfeStep
        self.tokenBudget = tokenBudget
        self.rhoPower = rhoPower
        self.rhoShift = rhoShift
    }

    /// How the constants of the new run compare with the tuned one's; all 1 for a longer run of one model.
    public struct Ratios: Sendable, Hashable {
        /// mu1/mu0.
        public var sharpness: Double
        /// rho1/rho0, without the part `rhoPower` describes.
        public var rho: Double
        /// L1/L0.
        public var smoothness: Double

        /// Ratios, new over old.
        public init(sharpness: Double = 1, rho: Double = 1, smoothness: Double = 1) {
            self.sharpness = sharpness
            self.rho = rho
            self.smoothness = smoothness
        }
    }

    /// B1 at a budget, real; not a number when it falls to the shift, where the fitted rho says nothing.
    public func batchSize(tokenBudget T: Double, ratios: Ratios = Ratios()) -> Double {
        let ratio = T / tokenBudget * ratios.sharpness * ratios.rho / ratios.smoothness
        let base = batchSize * pow(ratio, 2.0 / 3)
        var batch = base
        for _ in 0..<200 where rhoPower > 0 {
            guard batch > rhoShift else { return .nan }
            let next = base * pow((batch - rhoShift) / (batchSize - rhoShift), rhoPower * 2 / 3)
            let isDone = abs(next - batch) <= 1e-14 * batch
            batch = next
            if isDone { break }
        }
        return batch
    }

    /// b1 for a batch (as rounded for the hardware) and budget.
    public func frankWolfeStep(batchSize B: Double, tokenBudget T: Double) -> Double {
        frankWolfeStep * (B / batchSize) * (tokenBudget / T)
    }
}
