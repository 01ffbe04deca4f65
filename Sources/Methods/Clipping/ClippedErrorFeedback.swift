/// Clip21-GD: clipped differences instead of clipped gradients, `v_i += clip_tau(g_i - v_i)`, `x -= gamma mean v_i`.
///
/// Differences shrink, so clipping is active for finitely many rounds; after that v_i = g_i and the method *is* gradient
/// descent. The private form adds `clip_nu(z_i)`, `z_i ~ N(0, sigma^2 I)`, to what is sent and kept. Clip21-Avg averages
/// fixed vectors the same way (run it on `f_i = |x - a_i|^2/2` with step 0).
///
/// Theory step: 1/L once clipping is over; `gamma <= tau/(...)`-type conditions only lengthen the first phase.
/// Sensitivity of a message: tau. Maturity: experimental.
///
/// Source: S. Khirirat, E. Gorbunov, S. Horvath, R. Islamov, F. Karray, P. Richtarik, "Clip21", 2023, arXiv 2305.18929.
public struct ClippedErrorFeedbackMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// tau.
    public var threshold: Double
    /// sigma.
    public var noise: Double
    /// nu; `nil` leaves the noise as drawn.
    public var noiseThreshold: Double?
    /// x.
    public private(set) var iterate = Vector([])
    /// v_i.
    public private(set) var estimates: [Vector] = []

    /// The method.
    public init(step: Double, threshold: Double, noise: Double = 0, noiseThreshold: Double? = nil) {
        self.step = step
        self.threshold = threshold
        self.noise = noise
        self.noiseThreshold = noiseThreshold
    }

    /// Starts at x with estimates zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        estimates = pool.indices.map { _ in .zero(x.count) }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        var clipped = 0
        for i in pool.indices {
            let rest = pool.gradient(i, at: iterate) - estimates[i]
            if rest.norm > threshold { clipped += 1 }
            let noise = pool.noise(i, deviation: self.noise)
            estimates[i] += rest.clipped(to: threshold) + noise.clipped(to: noiseThreshold ?? .infinity)
        }
        pool.sendFromAll(.dense(iterate.count))
        iterate -= step * Vector.mean(estimates)
        pool.broadcastModel()
        return ["clipped": Double(clipped)]
    }
}
