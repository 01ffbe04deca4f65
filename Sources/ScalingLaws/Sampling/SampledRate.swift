import Foundation

/// Convergence of SGD with a constant step on a mu-quasi-strongly convex function:
///
///     gamma <= 1/(2 Lcal):   E|x_k - x*|^2 <= (1 - gamma mu)^k |x_0 - x*|^2 + 2 gamma sigma^2/mu
///
///     for accuracy epsilon:  gamma = min{1/(2 Lcal), epsilon mu/(4 sigma^2)}
///                            k >= max{2 Lcal/mu, 4 sigma^2/(epsilon mu^2)} ln(2 |x_0 - x*|^2 / epsilon)
///
/// The step halves the budget: epsilon/2 for the noise floor, epsilon/2 for what is left of the start.
///
/// When not to believe it: the value is about seven times pessimistic on ridge regression (0.12 to 0.15 measured of the
/// bound); the *order* of batch sizes by cost is right, and shallow: 176 examples at the best tau, 205 at tau = 1.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401, theorem 3.1; re-derived here.
public struct SampledRate: Sendable, Hashable {
    /// mu.
    public var strongConvexity: Double
    /// Lcal.
    public var expectedSmoothness: Double
    /// sigma^2.
    public var gradientNoise: Double

    /// Constants; mu and Lcal positive, sigma^2 not negative.
    public init(strongConvexity: Double, expectedSmoothness: Double, gradientNoise: Double) {
        precondition(strongConvexity > 0 && expectedSmoothness > 0, "constants must be positive")
        precondition(gradientNoise >= 0, "noise cannot be negative")
        self.strongConvexity = strongConvexity
        self.expectedSmoothness = expectedSmoothness
        self.gradientNoise = gradientNoise
    }

    /// `1/(2 Lcal)`.
    public var largestStep: Double { 1 / (2 * expectedSmoothness) }

    /// The bound on `E|x_k - x*|^2`; `step` is at most `largestStep`.
    public func bound(step gamma: Double, steps k: Double, squaredDistance: Double) -> Double {
        precondition(gamma > 0 && gamma <= largestStep * (1 + 1e-12), "the step exceeds 1/(2 Lcal)")
        return pow(1 - gamma * strongConvexity, k) * squaredDistance
            + 2 * gamma * gradientNoise / strongConvexity
    }

    /// The step for accuracy epsilon (of the squared distance); linear in the batch while noise decides.
    public func step(accuracy: Double) -> Double {
        precondition(accuracy > 0, "the accuracy must be positive")
        return min(largestStep, accuracy * strongConvexity / (4 * gradientNoise))
    }

    /// `max{2 Lcal/mu, 4 sigma^2/(epsilon mu^2)}`: steps per factor e.
    public func scale(accuracy: Double) -> Double {
        max(
            2 * expectedSmoothness / strongConvexity,
            4 * gradientNoise / (accuracy * strongConvexity * strongConvexity))
    }

    /// Steps to accuracy epsilon; 0 when the start is within `epsilon / 2`.
    public func iterations(accuracy: Double, squaredDistance: Double) -> Double {
        precondition(accuracy > 0, "the accuracy must be positive")
        return scale(accuracy: accuracy) * max(0, log(2 * squaredDistance / accuracy))
    }
}
