import Foundation

/// What an inexact oracle does to the best setting: factors on that of the exact one.
///
/// With gamma and nu of `OracleQuality` the refined bound's leading form becomes
///
///     gamma F = D/(eta K) + (gamma+nu) s/sqrt(B) (1/(alpha K) + sqrt(alpha)) + L eta c
///           c = nu^2/2 + (gamma+nu) nu/alpha,    c0 = 1/2 + 2/alpha
///
/// | regime | alpha | eta | F |
/// |---|---|---|---|
/// | A | 1 | `sqrt(c0/c)` | path part: `sqrt(c/c0)/gamma` |
/// | B | `a = sqrt(2 nu/(gamma+nu))` | `sqrt(2a/((gamma+nu) nu))` | `sqrt(sqrt((gamma+nu) nu/2) (gamma+nu)/2)/gamma` |
/// | deterministic | 1 | `1/nu` | `nu/gamma` |
///
/// Additive error delta in regime B: alpha x `(1+delta)^(1/2)`, eta x `(1+delta)^(-1/4)`, F x
/// `(1+delta)^(1/4)/(1-delta)`: smaller steps and *less* memory. That direction is not universal: few cubic
/// Newton-Schulz steps leave nu below 1, and the best nominal eta is then larger.
///
/// Size: for five quintic steps eta changes by 4 to 9 %, alpha by 4 to 9 %, the bound by 12 to 27 %: usually below
/// what a sweep can see. When not to believe it: it is a bound; simple quadratics show that approximation error can
/// even help (arXiv 2602.11948), so leave the number of iterations searchable.
///
/// Source: derived here.
public struct OracleCorrection: Sendable, Hashable {
    /// Factor on eta.
    public var learningRate: Double
    /// Factor on alpha.
    public var momentumComplement: Double
    /// Factor on the bound; in regime A on its part without noise (noise has `noiseFactor`).
    public var value: Double

    /// What is tuned.
    public enum Regime: Sendable, Hashable {
        /// A: the rate at fixed alpha.
        case learningRate(momentumComplement: Double)
        /// B: rate and momentum, large budgets.
        case learningRateAndMomentum
        /// No noise, no momentum.
        case deterministic
    }

    /// The factors of an oracle.
    public init(_ oracle: OracleQuality, regime: Regime) {
        let gamma = oracle.progress
        let nu = oracle.size
        let sum = gamma + nu
        switch regime {
        case .learningRate(let alpha):
            let ratio = (nu * nu / 2 + sum * nu / alpha) / (0.5 + 2 / alpha)
            learningRate = 1 / ratio.squareRoot()
            momentumComplement = 1
            value = ratio.squareRoot() / gamma
        case .learningRateAndMomentum:
            let alphaFactor = (2 * nu / sum).squareRoot()
            momentumComplement = alphaFactor
            learningRate = (alphaFactor * 2 / (sum * nu)).squareRoot()
            value = ((sum * nu / 2).squareRoot() * sum / 2).squareRoot() / gamma
        case .deterministic:
            learningRate = 1 / nu
            momentumComplement = 1
            value = nu / gamma
        }
    }

    /// Factor on the noise terms of the bound at fixed alpha and B: `(gamma + nu)/(2 gamma)`.
    public static func noiseFactor(_ oracle: OracleQuality) -> Double {
        (oracle.progress + oracle.size) / (2 * oracle.progress)
    }
}
