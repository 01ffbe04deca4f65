import Foundation

/// Constant, then 1/k: the step rule that needs no accuracy chosen beforehand. With `kappa = ceil(Lcal/mu)`:
///
///     gamma_k = 1/(2 Lcal)                 k <= 4 kappa
///     gamma_k = (2k+1)/((k+1)^2 mu)        k >  4 kappa
///     E|x_k - x*|^2 <= 8 sigma^2/(mu^2 k) + 16 kappa^2 |x_0 - x*|^2/(e^2 k^2)       for k >= 4 kappa
///
/// The rate hardly jumps at the switch: `(2k+1)/((k+1)^2 mu) ~ 2/(4 kappa mu) ~ 1/(2 Lcal)`.
///
/// When not to believe it: it needs mu. One that is too large makes the decay too fast, and nothing shows it. The bound
/// was 15 to 27 times above the measured distance on ridge regression.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401; re-derived here.
public struct SwitchingSchedule: Sendable, Hashable {
    /// mu, Lcal, sigma^2.
    public var rate: SampledRate

    /// A schedule.
    public init(rate: SampledRate) { self.rate = rate }

    /// kappa.
    public var condition: Double { (rate.expectedSmoothness / rate.strongConvexity).rounded(.up) }

    /// The last step of the constant phase, `4 kappa`.
    public var switchStep: Double { 4 * condition }

    /// gamma_k, k from 0.
    public func learningRate(step k: Int) -> Double {
        let k = Double(k)
        guard k > switchStep else { return rate.largestStep }
        return (2 * k + 1) / ((k + 1) * (k + 1) * rate.strongConvexity)
    }

    /// The bound on `E|x_k - x*|^2`, `nil` before `switchStep`.
    public func bound(steps k: Double, squaredDistance: Double) -> Double? {
        guard k >= switchStep else { return nil }
        let mu = rate.strongConvexity
        let start = 16 * condition * condition * squaredDistance / (exp(2) * k * k)
        return 8 * rate.gradientNoise / (mu * mu * k) + start
    }
}
