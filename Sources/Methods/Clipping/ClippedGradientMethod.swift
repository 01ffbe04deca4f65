/// Clip-GD: `x -= gamma mean clip_tau(g_i)`. Biased when workers disagree: it settles where clipped gradients cancel.
///
/// With `tau >= max |g_i|` it is gradient descent, step `1/L`. Maturity: established; the baseline of error-feedback
/// clipping. Source: folklore; see S. Khirirat et al., "Clip21", 2023, arXiv 2305.18929.
public struct ClippedGradientMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// tau.
    public var threshold: Double
    /// x.
    public private(set) var iterate = Vector([])

    /// The method.
    public init(step: Double, threshold: Double) {
        self.step = step
        self.threshold = threshold
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { iterate = x }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let gradients = pool.gradients(at: iterate)
        pool.sendFromAll(.dense(iterate.count))
        iterate -= step * Vector.mean(gradients.map { $0.clipped(to: threshold) })
        pool.broadcastModel()
        return ["clipped": Double(gradients.count { $0.norm > threshold })]
    }
}
