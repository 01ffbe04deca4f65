import Foundation

/// A bound with measured exponents: what to fit when runs reject the plain one.
///
///     F(eta, B, K) = a1 (eta K)^-g1 + a2 B^-g2 + a3 eta^g3
///                    start           noise      smoothness and lag, momentum fixed
///
/// Kovalev's bound at fixed momentum is g = (1, 1/2, 1). Setting derivatives to zero at fixed B and K, and then at
/// fixed T = B K, with `p = g1 g3 / (g1 + g3)`:
///
///     eta* = (a1 g1 / (a3 g3))^(1/(g1+g3)) K^(-g1/(g1+g3))             best first and last term: C K^-p
///     B*   = (a2 g2 / (C p))^(1/(p+g2)) T^(p/(p+g2))                   F* ~ T^(-p g2/(p+g2))
///
/// For the plain exponents: `eta ~ K^-1/2`, `B ~ T^1/2`, `eta ~ T^-1/4`, `F ~ T^-1/4`. A variance that falls as
/// `B^-2q` is `g2 = q`; then `B ~ T^(1/(1+2q))`, as `ExponentProgram.kovalevTerms(noisePower:)` finds too.
///
/// The exponents are identified by learning-rate sweeps at several K (g1, g3: the two walls of the valley) and by
/// floors at several B (g2). When not to believe it: momentum is fixed, so the valley in which batch and momentum
/// trade against each other is not in it.
///
/// Source: the form is that of J. Su's notes on hyperparameter scaling laws (kexue.fm, 2026); prefactors are
/// derived here.
public struct ThreePowerBound: Sendable, Hashable {
    /// a1.
    public var startCoefficient: Double
    /// a2.
    public var noiseCoefficient: Double
    /// a3.
    public var smoothCoefficient: Double
    /// g1, of the path length.
    public var startPower: Double
    /// g2, of the batch size.
    public var noisePower: Double
    /// g3, of the learning rate.
    public var smoothPower: Double

    /// A bound; all six numbers positive. The defaults are the plain bound's exponents.
    public init(
        start: Double, noise: Double, smooth: Double, startPower: Double = 1, noisePower: Double = 0.5,
        smoothPower: Double = 1
    ) {
        precondition(
            min(start, noise, smooth) > 0 && min(startPower, noisePower, smoothPower) > 0,
            "a three-power bound needs positive coefficients and exponents")
        (startCoefficient, noiseCoefficient, smoothCoefficient) = (start, noise, smooth)
        self.startPower = startPower
        self.noisePower = noisePower
        self.smoothPower = smoothPower
    }

    /// Exponents of the optimum.
    public struct Exponents: Sendable, Hashable {
        /// Learning rate in steps, at fixed batch: `-g1/(g1+g3)`.
        public var rateInSteps: Double
        /// Learning rate in tokens, along the best batch.
        public var rateInTokens: Double
        /// Best batch in tokens.
        public var batchInTokens: Double
        /// Value in tokens, along the best batch.
        public var valueInTokens: Double
    }

    /// The exponents that g1, g2, g3 imply.
    public var exponents: Exponents {
        let sum = startPower + smoothPower
        let p = startPower * smoothPower / sum
        let batch = p / (p + noisePower)
        return Exponents(
            rateInSteps: -startPower / sum, rateInTokens: -startPower / sum * (1 - batch),
            batchInTokens: batch, valueInTokens: -p * noisePower / (p + noisePower))
    }

    /// The bound at a setting.
    public func value(learningRate: Double, batchSize: Double, steps: Double) -> Double {
        startCoefficient * pow(learningRate * steps, -startPower)
            + noiseCoefficient * pow(batchSize, -noisePower)
            + smoothCoefficient * pow(learningRate, smoothPower)
    }

    /// eta* at K steps; it does not depend on the batch size.
    public func bestLearningRate(steps: Double) -> Double {
        let ratio = startCoefficient * startPower / (smoothCoefficient * smoothPower)
        return pow(ratio * pow(steps, -startPower), 1 / (startPower + smoothPower))
    }

    /// B* at T tokens, real; not clamped to `1...T`.
    public func bestBatch(tokenBudget: Double) -> Double {
        let p = startPower * smoothPower / (startPower + smoothPower)
        let rate = bestLearningRate(steps: 1)
        let path =
            startCoefficient * pow(rate, -startPower) + smoothCoefficient * pow(rate, smoothPower)
        return pow(
            noiseCoefficient * noisePower / (path * p) * pow(tokenBudget, p), 1 / (p + noisePower))
    }
}
