/// Safe-DSHB and Byz-Clip-SGD: clipped and noisy gradients, worker momentum, a robust rule.
///
///     m_i = (1 - beta) m_i + beta (clip_tau(g_i) + N(0, sigma^2 I)),   G = R(m_1, ..., m_n),   x -= gamma G
///
/// beta = 1 is Byz-Clip-SGD, without momentum. The step of a round uses the G of the round before. Colluding workers
/// see the m_i of the honest ones. Plain clipping keeps its bias: see `DoubleMomentumClippingMethod` for the cure.
///
/// Theory step: 1/L with tau large. Maturity: experimental.
///
/// Source: as baselines in "Byz-Clip21-SGD2M", 2026, arXiv 2603.23472; Y. Allouah et al., "On the privacy-robustness-
/// utility trilemma", 2023, arXiv 2302.04787.
public struct RobustHeavyBallMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// beta.
    public var momentum: Double
    /// tau.
    public var threshold: Double
    /// sigma.
    public var noise: Double
    /// R.
    public var aggregator: any Aggregator
    /// x.
    public private(set) var iterate = Vector([])
    private var momenta: [Vector] = []
    private var direction = Vector([])

    /// Safe-DSHB; Byz-Clip-SGD for momentum 1.
    public init(
        step: Double, momentum: Double = 1, threshold: Double, noise: Double = 0,
        aggregator: any Aggregator = MeanAggregator()
    ) {
        self.step = step
        self.momentum = momentum
        self.threshold = threshold
        self.noise = noise
        self.aggregator = aggregator
    }

    /// Starts at x with momenta zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregator.reset()
        direction = .zero(x.count)
        momenta = pool.indices.map { _ in direction }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        iterate -= step * direction
        for i in pool.indices {
            let message =
                pool.gradient(i, at: iterate).clipped(to: threshold) + pool.noise(i, deviation: noise)
            momenta[i] = (1 - momentum) * momenta[i] + momentum * message
        }
        direction = aggregator.aggregate(pool.received(momenta), byzantine: pool.byzantine)
        pool.sendFromAll(.dense(iterate.count))
        pool.broadcastModel()
        return [:]
    }
}
