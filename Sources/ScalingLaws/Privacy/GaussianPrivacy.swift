import Foundation

/// The trade-off curve of a Gaussian mechanism with shift mu, for **plots only**.
///
///     delta(epsilon) = Phi(-epsilon/mu + mu/2) - e^epsilon Phi(-epsilon/mu - mu/2)
///     q = 1:  mu = sqrt(K) / z                              exact
///     q < 1:  mu = q sqrt(K (e^(1/z^2) - 1))                 the limit of many steps with q sqrt(K) held fixed
///
/// **Never a guarantee**: for q < 1 it reports too little. On eight subsampled settings of private training it gave 0.1 to
/// 33 % less than the tight epsilon, and 8 to 47 % less than `RDPAccountant`.
///
/// Accuracy: 1e-9 for delta, 1e-12 for epsilon where delta is above 1e-12.
///
/// Source: J. Dong, A. Roth, W. Su, "Gaussian differential privacy", 2019, arXiv 1905.02383; Z. Bu, J. Dong, Q. Long,
/// W. Su, "Deep learning with Gaussian differential privacy", 2019, arXiv 1911.11607 (Poisson sampling).
public struct GaussianPrivacy: Sendable, Hashable {
    /// mu.
    public let mu: Double

    /// A curve; mu is not negative.
    public init(mu: Double) {
        precondition(mu >= 0, "mu \(mu) is negative or not a number")
        self.mu = mu
    }

    /// The curve of a run; exact without subsampling.
    public init(_ step: SampledGaussian, steps: Int) {
        let z = step.noiseMultiplier, q = step.samplingRate
        if q == 0 || steps <= 0 {
            self.init(mu: 0)
        } else if q == 1 {
            self.init(mu: Double(steps).squareRoot() / z)
        } else {
            self.init(mu: q * (Double(steps) * expm1(1 / (z * z))).squareRoot())
        }
    }

    /// Whether the curve of such a step is exact.
    public static func isExact(_ step: SampledGaussian) -> Bool {
        step.samplingRate == 1 || step.samplingRate == 0
    }

    /// delta at epsilon (not negative).
    public func delta(epsilon: Double) -> Double {
        if mu == 0 || epsilon == .infinity { return 0 }
        if mu == .infinity { return 1 }
        let near = SpecialFunctions.logNormalCDF(-epsilon / mu + mu / 2)
        let far = epsilon + SpecialFunctions.logNormalCDF(-epsilon / mu - mu / 2)
        return far < near ? -exp(near) * expm1(far - near) : 0
    }

    /// epsilon at delta; 0 when delta(0) is already smaller, infinite for delta <= 0.
    public func epsilon(delta: Double) -> Double {
        if self.delta(epsilon: 0) <= delta { return 0 }
        if delta <= 0 || mu == .infinity { return .infinity }
        var low = 0.0, high = 1.0
        while self.delta(epsilon: high) > delta {
            low = high
            high *= 2
        }
        for _ in 0..<200 where high - low > 1e-14 * high {
            let middle = (low + high) / 2
            if self.delta(epsilon: middle) > delta { low = middle } else { high = middle }
        }
        return high
    }
}
