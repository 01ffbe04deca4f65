import Foundation

/// What is believed about one exponent before any run: a Student-t distribution.
///
///     p(e) ~ (1 + z^2 / nu)^(-(nu + 1)/2),   z = (e - mean) / deviation
///
/// Near the mean it pulls as hard as a normal distribution of standard deviation about `deviation`; far from it the
/// pull *fades*: its slope is `-(nu + 1) z / (deviation (nu + z^2))`, largest at `z = sqrt(nu)` and going to zero
/// beyond. So data that contradict the theory overrule it instead of meeting it half-way. That is needed:
/// published sweeps disagree about signs. Step Law (Li et al. 2025, arXiv 2503.04715) has the best learning rate
/// *rising* with tokens as `D^+0.307` where bounds, and most other sweeps, have it falling.
public struct ExponentPrior: Sendable, Hashable, Codable {
    /// Centre.
    public var mean: Double
    /// Scale of the distribution: the half-width that holds 61 % of it at three degrees of freedom (68 % for a normal).
    public var deviation: Double
    /// nu. Three: the smallest whole number with a finite variance.
    public var degreesOfFreedom: Double

    enum CodingKeys: String, CodingKey {
        case mean, deviation
        case degreesOfFreedom = "degrees_of_freedom"
    }

    /// A prior; `deviation` and `degreesOfFreedom` must be positive.
    public init(mean: Double, deviation: Double, degreesOfFreedom: Double = 3) {
        precondition(deviation > 0 && degreesOfFreedom > 0, "a prior needs a positive width")
        self.mean = mean
        self.deviation = deviation
        self.degreesOfFreedom = degreesOfFreedom
    }

    /// Logarithm of the density at an exponent, normalised.
    public func logDensity(at exponent: Double) -> Double {
        let nu = degreesOfFreedom
        let z = (exponent - mean) / deviation
        let normaliser =
            SpecialFunctions.logGamma((nu + 1) / 2) - SpecialFunctions.logGamma(nu / 2)
            - 0.5 * log(nu * .pi) - log(deviation)
        return normaliser - (nu + 1) / 2 * log1p(z * z / nu)
    }

    /// Derivative of `logDensity`: the pull towards the mean.
    public func logDensitySlope(at exponent: Double) -> Double {
        -(exponent - mean) * weight(at: exponent)
    }

    /// Weight of the equivalent quadratic penalty `weight/2 (e - mean)^2` in iteratively reweighted least squares.
    ///
    ///     weight = (nu + 1) / (nu + z^2) / deviation^2
    ///
    /// It falls as the data pull away from the mean, which is how heavy tails let data win.
    public func weight(at exponent: Double) -> Double {
        let z = (exponent - mean) / deviation
        return (degreesOfFreedom + 1) / (degreesOfFreedom + z * z) / (deviation * deviation)
    }
}
