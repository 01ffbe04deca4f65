import Foundation

/// Where stochastic methods settle on `f = (lambda/2) x^2`, one coordinate, when the gradient of a batch is
/// `lambda x + noise` of deviation s (`sigma/sqrt(B)` for B examples). All answers are `E x^2`; `loss` turns one into
/// a loss. For a diagonal Hessian sum over coordinates.
///
/// | method | E x^2 | kind |
/// |---|---|---|
/// | SGD | `eta s^2 / (lambda (2 - eta lambda))` | exact |
/// | compressed SGD, N workers | `eta (1+omega) s^2 / (N lambda (2 - eta lambda (1 + omega/N)))` | exact |
/// | sign, mean of N signs | `g^2 A^2 + g sqrt(1 + g^2 A^4)`, `A = lambda/(sqrt(2) s)`, `g = eta sqrt(pi)/(4 A N)` | closure |
/// | sign, leading order | `eta s / (4 f0 lambda)`, normal noise: `(eta s/lambda) sqrt(pi/8)` | small eta |
/// | RMSprop(W), Adam(W) | `(eta/2) / (lambda/s + theta)` | small eta, beta2 near 1 |
/// | majority vote of N signs | `eta s pi / (4 lambda sqrt(N))` | small eta, large odd N |
///
/// Derivations. SGD: square `x <- (1 - eta lambda) x - eta s n` and average. Compression adds variance
/// `omega |g|^2 / N`. Sign: `E x sign(lambda x + s n) = E x erf(lambda x/(sqrt(2) s))`; if x is normal that is a
/// closed expression in E x^2, and `2 eta E[x sign] = eta^2` becomes a quadratic equation (averaging N signs divides the
/// part of eta^2 that is noise by N, here taken for all of it). Leading order: `erf` by its slope `2 f0 lambda x/s`. Adam
/// divides by about s, decay adds theta to the curvature over s. Vote: the slope is `sqrt(2N/pi)` times that of one.
///
/// Units: eta is length^2/loss for SGD, length for sign and Adam; theta is 1/length (decoupled decay over eta).
///
/// Accuracy, against simulation: SGD 0.3 %; compression 1.1 % up to the stability limit; closure 1 % for
/// `eta lambda/s <= 0.5`; leading order 1 % at 0.02, 3.4 % low at 0.1, 13 % at 0.4; Adam 1.2 % for beta2 >= 0.99, 4 % at
/// beta2 = 0.9; mean of signs 1.3 %; vote 3 % at N = 5, 0.4 % at N = 45 (`vote(exactSlope:)` 2 % and 0.2 %).
/// **Disagrees**: the closure is 1.9 % high at `eta lambda/s = 1`, where x is no longer normal.
///
/// When not to believe it: curvature that changes along the way; noise that grows with the gradient (`StabilityFactor`).
/// With Student-t noise of nu <= 2 SGD has no finite `E x^2` at all; sign methods keep one.
///
/// Source: E. Compagnoni et al., "Adaptive methods through the lens of SDEs", 2024, arXiv 2411.15958 (leading orders of
/// Adam(W) and RMSprop(W)); "Unbiased and sign compression in distributed learning", 2025, arXiv 2502.17009 (setting of
/// compression); exact forms, closure and vote are derived here.
public struct NoisyQuadratic: Sendable, Hashable {
    /// lambda.
    public var curvature: Double
    /// s.
    public var noise: Double

    /// A coordinate; both positive.
    public init(curvature: Double, noise: Double) {
        precondition(curvature > 0 && noise > 0, "curvature and noise are positive")
        self.curvature = curvature
        self.noise = noise
    }

    /// `(lambda/2) E x^2`.
    public func loss(secondMoment: Double) -> Double { curvature / 2 * secondMoment }

    /// SGD; infinite from `eta lambda = 2` on.
    public func sgd(learningRate eta: Double) -> Double {
        compressedSGD(learningRate: eta, workers: 1, compression: 0)
    }

    /// SGD with N workers whose gradients are compressed without bias, each coordinate on its own:
    /// `E|C(g)|^2 = (1 + omega) g^2`. Infinite beyond the stability limit.
    public func compressedSGD(learningRate eta: Double, workers: Int, compression omega: Double) -> Double {
        let n = Double(workers)
        let rest = 2 - eta * curvature * (1 + omega / n)
        guard rest > 0 else { return .infinity }
        return eta * (1 + omega) * noise * noise / (n * curvature * rest)
    }

    /// Sign descent with normal noise: the step is eta times the mean of N workers' signs.
    public func signDescent(learningRate eta: Double, workers: Int = 1) -> Double {
        let a = curvature / (2.0.squareRoot() * noise)
        let g = eta * Double.pi.squareRoot() / (4 * a * Double(workers))
        return g * g * a * a + g * (1 + g * g * a * a * a * a).squareRoot()
    }

    /// Sign descent to leading order in eta, for any symmetric noise.
    public func signDescentLeading(learningRate eta: Double, noise shape: SymmetricNoise = .normal) -> Double
    {
        eta * noise / (4 * shape.densityAtZero * curvature)
    }

    /// RMSprop, RMSpropW, Adam or AdamW; momentum does not change it.
    public func adam(learningRate eta: Double, weightDecay theta: Double = 0) -> Double {
        eta / 2 / (curvature / noise + theta)
    }

    /// The sign of the sum of N workers' signs, for large odd N.
    public func vote(learningRate eta: Double, workers: Int) -> Double {
        eta * noise * .pi / (4 * curvature * Double(workers).squareRoot())
    }

    /// The same with the exact slope of the vote at zero, `2 N C(N-1, (N-1)/2) 2^(-(N-1)) / sqrt(2 pi)`.
    ///
    /// - Parameters:
    ///   - eta: learning rate.
    ///   - workers: N, odd.
    /// - Returns: `eta s / (2 slope lambda)`.
    public func vote(learningRate eta: Double, exactSlope workers: Int) -> Double {
        precondition(workers > 0 && workers % 2 == 1, "an exact vote needs an odd number of workers")
        let n = Double(workers)
        let logChoose =
            SpecialFunctions.logGamma(n) - 2 * SpecialFunctions.logGamma((n + 1) / 2) - (n - 1) * log(2)
        let slope = 2 * n * exp(logChoose) / (2 * Double.pi).squareRoot()
        return eta * noise / (2 * slope * curvature)
    }
}

/// A symmetric noise density of scale 1, as far as sign methods feel it near a minimum: its value at zero.
public enum SymmetricNoise: Sendable, Hashable {
    /// Standard normal.
    case normal
    /// Student-t with nu degrees of freedom, positive.
    case studentT(Double)
    /// Any other, by its density at zero.
    case density(Double)

    /// f0: `1/sqrt(2 pi)`, or `Gamma((nu+1)/2) / (sqrt(nu pi) Gamma(nu/2))`.
    public var densityAtZero: Double {
        switch self {
        case .normal: return 1 / (2 * Double.pi).squareRoot()
        case .density(let value): return value
        case .studentT(let nu):
            precondition(nu > 0, "degrees of freedom are positive")
            let ratio = SpecialFunctions.logGamma((nu + 1) / 2) - SpecialFunctions.logGamma(nu / 2)
            return exp(ratio) / (nu * .pi).squareRoot()
        }
    }
}
