import Foundation

/// Upper bound on `E f(x_K) - inf f` of momentum conditional gradients with weight decay.
///
///     m <- (1 - alpha) m + alpha g,   x <- (1 - b) x + b r lmo(m),   b = c/K,   gamma = b r,   kappa = e^(3c/2)
///
///     F = (1 - mu gamma/(2 kappa))^K D + 2 gamma s/(alpha sqrt(B)) + (4 kappa/mu) s sqrt(alpha/B)
///         + (4 kappa L/mu) gamma (1 + 2/alpha)
///
/// gamma is the step that counts, in the optimizer's norm; b is the Frank-Wolfe step (weight decay times learning
/// rate), r the radius, B the tokens of a step. Unlike `LMOBound` this is about the *last loss*, not about a
/// gradient.
///
/// The best setting at B and K. For given gamma the terms in alpha are `P/alpha + Q sqrt(alpha)`, so
///
///     alpha* = min(alphaMax, (2P/Q)^(2/3)),   P = 2 gamma (s/sqrt(B) + 4 kappa L/mu),   Q = 4 kappa s/(mu sqrt(B))
///
/// and one dimension is left, log gamma on `[1e-20, 1] 2 kappa/mu`: a grid of 400, then golden section. Error of the
/// value 1e-12, of the setting 1e-6. On the plateau gamma and alpha are linear in B (exponents 0.997 and 0.999), the
/// value is flat.
///
/// When not to believe it: constants are pessimistic by orders of magnitude (128 e^(3c) and more in `KLPlateau`); use
/// exponents and ratios. It needs one mu for the whole run and a fixed ratio c of weight decay and steps.
///
/// Source: Islamov et al. 2026, arXiv 2603.21191, equation 26; the minimiser is derived here.
public struct KLBound: Sendable, Hashable {
    /// The problem.
    public var constants: KLConstants
    /// c = b K: how many times the run forgets its weights. 1 by default, as in the source's examples.
    public var decay: Double

    /// A bound.
    public init(_ constants: KLConstants, decay: Double = 1) {
        precondition(decay > 0, "decay must be positive")
        self.constants = constants
        self.decay = decay
    }

    /// kappa.
    public var kappa: Double { exp(1.5 * decay) }
    /// The largest gamma the bound allows, `2 kappa / mu`.
    public var largestStep: Double { 2 * kappa / constants.sharpness }

    /// A setting of the effective step and what the bound says there.
    public struct Optimum: Sendable, Hashable {
        /// gamma = b r.
        public var effectiveStep: Double
        /// alpha = 1 - momentum.
        public var momentumComplement: Double
        /// B.
        public var batchSize: Double
        /// F.
        public var value: Double
    }

    /// The bound at a setting; infinite beyond `largestStep`.
    public func value(
        effectiveStep gamma: Double, momentumComplement alpha: Double, batchSize: Double, steps: Double
    ) -> Double {
        let contraction = gamma / largestStep
        guard contraction <= 1 else { return .infinity }
        let mu = constants.sharpness
        let noise = constants.noise / batchSize.squareRoot()
        let start = exp(steps * log1p(-contraction)) * constants.gap
        let lag = 4 * kappa * constants.smoothness / mu * gamma * (1 + 2 / alpha)
        return start + 2 * gamma * noise / alpha + 4 * kappa / mu * noise * alpha.squareRoot() + lag
    }

    /// The best gamma, and the best alpha unless one is given, at a batch size and budget.
    ///
    /// - Parameters:
    ///   - batchSize: B, tokens.
    ///   - tokenBudget: T; K = T/B.
    ///   - momentumComplement: alpha to hold, `nil` to tune it.
    ///   - alphaMax: largest alpha to answer with.
    /// - Returns: The minimiser and its value.
    public func optimum(
        batchSize: Double, tokenBudget: Double, momentumComplement: Double? = nil, alphaMax: Double = 1
    ) -> Optimum {
        let steps = tokenBudget / batchSize
        func at(_ gamma: Double) -> Optimum {
            let alpha = momentumComplement ?? bestAlpha(gamma, batchSize, alphaMax)
            return Optimum(
                effectiveStep: gamma, momentumComplement: alpha, batchSize: batchSize,
                value: value(
                    effectiveStep: gamma, momentumComplement: alpha, batchSize: batchSize, steps: steps))
        }
        let high = log(largestStep)
        let width = log(1e20) / 399
        let values = (0..<400).map { at(exp(high - Double($0) * width)).value }
        let center = values.indices.min { values[$0] < values[$1] } ?? 0
        let left = high - Double(min(center + 1, 399)) * width
        let right = high - Double(max(center - 1, 0)) * width
        return at(exp(goldenSection(from: left, to: right) { at(exp($0)).value }))
    }

    /// The best gamma and batch size at fixed alpha: `B* ~ (T / ln T)^(2/3)`, `gamma ~ (ln T / T)^(1/3)`.
    ///
    /// Golden section in log B between 1 and T around the best of 60 points. Local exponents of B* are 0.62 to 0.645
    /// from T = 1e9 to 1e17: the logarithm takes long to go.
    public func optimum(momentumComplement: Double, tokenBudget: Double) -> Optimum {
        func at(_ logBatch: Double) -> Optimum {
            optimum(
                batchSize: exp(logBatch), tokenBudget: tokenBudget, momentumComplement: momentumComplement)
        }
        let width = log(tokenBudget) / 59
        let values = (0..<60).map { at(Double($0) * width).value }
        let center = values.indices.min { values[$0] < values[$1] } ?? 0
        let best = goldenSection(
            from: Double(max(center - 1, 0)) * width, to: Double(min(center + 1, 59)) * width,
            tolerance: 1e-6
        ) { at($0).value }
        return at(best)
    }

    private func bestAlpha(_ gamma: Double, _ batchSize: Double, _ alphaMax: Double) -> Double {
        let mu = constants.sharpness
        let noise = constants.noise / batchSize.squareRoot()
        let falling = 2 * gamma * noise + 8 * kappa * constants.smoothness * gamma / mu
        let rising = 4 * kappa * noise / mu
        return min(alphaMax, pow(2 * falling / rising, 2.0 / 3))
    }
}
