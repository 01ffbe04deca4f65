/// Clip21-SGD2M and Byz-Clip21-SGD2M: clipping with error feedback and momentum on both sides. The order matters.
///
///     x -= gamma G
///     v_i = (1 - beta) v_i + beta g_i(x);  q_i = clip_tau(v_i - u_i);  c_i = q_i + N(0, sigma^2 I);  u_i += beta^ q_i
///     m_i += beta^ c_i  (server);  G = R(m_1, ..., m_n)
///
/// R is the mean, or a robust rule when some c_i are arbitrary. The worker's u_i stays free of noise. All states start
/// at 0, so the first round does not move x. With tau infinite and beta^ = 1: worker momentum with a robust rule.
///
/// Theory: `gamma <= 1/(24 L)`, `beta = 12 L gamma`, beta^ of order `min(sqrt(L Delta)/a, 1)`; without noise beta^ = 1.
/// Experiments: beta 0.1, beta^ 0.01, `sigma = tau sqrt(T log(1/delta))/epsilon`; use an accountant for reported
/// epsilon. Sensitivity: beta^ tau in the state. The server keeps one vector a worker: n d numbers of memory.
/// `clipsExamples` clips every example inside v_i and puts the noise there (the + form).
///
/// Maturity: experimental. Sources: R. Islamov et al., "Double momentum and error feedback for clipping", 2025, arXiv
/// 2502.11682; "Byz-Clip21-SGD2M", 2026, arXiv 2603.23472.
public struct DoubleMomentumClippingMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// beta.
    public var momentum: Double
    /// beta^.
    public var serverMomentum: Double
    /// tau.
    public var threshold: Double
    /// sigma.
    public var noise: Double
    /// R.
    public var aggregator: any Aggregator
    /// Clip every example to tau and add the noise inside v_i.
    public var clipsExamples: Bool
    /// x.
    public private(set) var iterate = Vector([])
    private var momenta: [Vector] = []
    private var feedback: [Vector] = []
    private var memory: [Vector] = []
    private var direction = Vector([])

    /// The method.
    public init(
        step: Double, momentum: Double, serverMomentum: Double, threshold: Double, noise: Double = 0,
        aggregator: any Aggregator = MeanAggregator(), clipsExamples: Bool = false
    ) {
        self.step = step
        self.momentum = momentum
        self.serverMomentum = serverMomentum
        self.threshold = threshold
        self.noise = noise
        self.aggregator = aggregator
        self.clipsExamples = clipsExamples
    }

    /// Noise-free values of the theory: `gamma = 1/(24 L)`, `beta = 1/2`, beta^ = 1.
    public static func theory(_ c: ProblemConstants, threshold: Double) -> DoubleMomentumClippingMethod {
        DoubleMomentumClippingMethod(
            step: 1 / (24 * c.smoothness), momentum: 0.5, serverMomentum: 1, threshold: threshold)
    }

    /// Single examples in the + form.
    public var needs: Set<Capability> { clipsExamples ? [.perExample] : [] }

    /// Starts at x, everything else at zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregator.reset()
        direction = .zero(x.count)
        momenta = pool.indices.map { _ in direction }
        feedback = momenta
        memory = Array(repeating: direction, count: pool.count + pool.byzantine)
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        iterate -= step * direction
        var clipped = 0
        let honest = pool.indices.map { i in
            momenta[i] = (1 - momentum) * momenta[i] + momentum * gradient(i, in: &pool)
            let rest = momenta[i] - feedback[i]
            if rest.norm > threshold { clipped += 1 }
            let q = rest.clipped(to: threshold)
            feedback[i] += serverMomentum * q
            return clipsExamples ? q : q + pool.noise(i, deviation: noise)
        }
        for (i, message) in pool.received(honest).enumerated() { memory[i] += serverMomentum * message }
        direction = aggregator.aggregate(memory, byzantine: pool.byzantine)
        pool.sendFromAll(.dense(iterate.count))
        pool.broadcastModel()
        return ["clipped": Double(clipped)]
    }

    private func gradient(_ i: Int, in pool: inout WorkerPool) -> Vector {
        guard clipsExamples else { return pool.gradient(i, at: iterate) }
        let oracle = pool.oracles[i]
        let examples = (0..<oracle.examples).map {
            oracle.gradient(at: iterate, batch: .rows([$0])).clipped(to: threshold)
        }
        return Vector.mean(examples) + pool.noise(i, deviation: noise)
    }
}
