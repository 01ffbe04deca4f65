/// The three numbers of a problem that bounds of LMO methods know, and the three scales made of them.
///
///     D = gap         f(x0) - inf f                                      loss
///     L = smoothness  |grad f(x) - grad f(y)|_* <= L |x - y|              loss / length^2
///     s = noise       s^2 = (rho sigma1)^2: dual-norm noise of a batch of one token, sqrt(B) E|g_B - grad f|_*
///
///     u  = D / (2L)           square of the natural step, length^2
///     w  = s / sqrt(2 L D)    root of the natural batch size, tokens^(1/2)
///     Fs = sqrt(2 L D)        natural gradient norm
///
/// In the units `y = eta / sqrt(u)`, `b = B / w^2`, `tau = T / w^2` the bound has no constants left, so **every best
/// hyperparameter depends on u and w only**, and one tuned run identifies them (`LMOCalibration`). D, L and s are in
/// the optimizer's own norm: constants measured in one norm say nothing about a method of another.
///
/// When not to believe it: the constants of real networks change during training; prefactors predicted from probes
/// are right to a factor of two or three at best. Exponents do not need them.
///
/// Source: D. Kovalev, "Understanding gradient orthogonalization for deep learning via non-Euclidean trust-region
/// optimization", 2025, arXiv 2503.12645 (constants); the scaling is derived here.
public struct LMOConstants: Sendable, Hashable, Codable {
    /// D.
    public var gap: Double
    /// L.
    public var smoothness: Double
    /// s.
    public var noise: Double

    /// Constants; all positive.
    public init(gap: Double, smoothness: Double, noise: Double) {
        precondition(gap > 0 && smoothness > 0 && noise > 0, "bounds need positive constants")
        self.gap = gap
        self.smoothness = smoothness
        self.noise = noise
    }

    /// Constants from the scales; `gradientScale` only scales predicted values, never an optimum.
    public init(stepScale u: Double, batchScale w: Double, gradientScale: Double = 1) {
        // D / (2L) = u and 2 L D = Fs^2 give L^2 = Fs^2 / (4u).
        let smoothness = gradientScale / (2 * u.squareRoot())
        self.init(gap: 2 * smoothness * u, smoothness: smoothness, noise: w * gradientScale)
    }

    /// u.
    public var stepScale: Double { gap / (2 * smoothness) }
    /// w.
    public var batchScale: Double { noise / gradientScale }
    /// w^2: the batch size at which noise and signal are of one size.
    public var naturalBatch: Double { noise * noise / (2 * smoothness * gap) }
    /// Fs.
    public var gradientScale: Double { (2 * smoothness * gap).squareRoot() }
}
