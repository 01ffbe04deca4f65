/// The 3PC method: workers' gradient estimates follow the gradients through a mechanism.
///
///     x -= gamma g,   g_i <- C_{g_i, v_i old}(v_i new),   g = mean g_i
///
/// v_i is the gradient, or its moving average `v = (1 - eta) v + eta g` (EF21-SGDM). The mechanism makes it EF21, EF21+,
/// LAG, CLAG, 3PCv1 to v5, CBAG, AdaCGD, adaptive Top-K. A second mechanism on the server compresses what is broadcast
/// (bidirectional 3PC): `g~ <- C^M_{g~, g old}(g new)`, `x -= gamma g~`.
///
/// Theory step: `Mechanism`. Under the PL condition `f - f* + gamma/A mean|g_i - v_i|^2` shrinks by `1 - gamma mu` a round.
/// The start is paid in full (d numbers a worker, set-up) or is zero.
///
/// Maturity: EF21, LAG established; the others experimental. Sources: P. Richtarik et al., "3PC", 2022, arXiv
/// 2202.00998; M. Makarenko et al., "AdaCGD", 2022, arXiv 2211.00188; I. Fatkhullin, A. Tyurin, P. Richtarik,
/// "Momentum provably improves error feedback", 2023, arXiv 2305.15155.
public struct ThreePointMethod: RoundMethod {
    /// Where estimates start.
    public enum Start: String, Sendable, Hashable, CaseIterable {
        /// At the first gradients, in full.
        case gradient
        /// At zero.
        case zero
    }

    /// What workers do.
    public var mechanism: any Mechanism
    /// What the server does; `nil` sends the model in full.
    public var serverMechanism: (any Mechanism)?
    /// gamma.
    public var step: Double
    /// eta; `nil` follows gradients themselves.
    public var momentum: Double?
    /// Where estimates start.
    public var begins: Start
    /// x.
    public private(set) var iterate = Vector([])
    /// g_i.
    public private(set) var estimates: [Vector] = []
    /// v_i.
    public private(set) var targets: [Vector] = []
    private var aggregate = Vector([])
    private var broadcast = Vector([])

    /// The method.
    public init(
        _ mechanism: any Mechanism, step: Double, momentum: Double? = nil, begins: Start = .gradient,
        serverMechanism: (any Mechanism)? = nil
    ) {
        self.mechanism = mechanism
        self.step = step
        self.momentum = momentum
        self.begins = begins
        self.serverMechanism = serverMechanism
    }

    /// The step of the linear rate under PL; 0 when the mechanism has no constants.
    public static func theoryStep(_ c: ProblemConstants, mechanism: any Mechanism) -> Double {
        mechanism.constants(c.dimension)?.linearRateStep(
            smoothness: c.smoothness, meanSmoothness: c.meanSmoothness, strongConvexity: c.strongConvexity)
            ?? 0
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        targets = pool.gradients(at: x)
        estimates = begins == .gradient ? targets : targets.map { .zero($0.count) }
        if begins == .gradient { pool.ledger.prepare(pool.count * Cost.dense(x.count)) }
        aggregate = Vector.mean(estimates)
        broadcast = aggregate
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        iterate -= step * broadcast
        for i in pool.indices { follow(i, in: &pool) }
        let new = Vector.mean(estimates)
        if let serverMechanism {
            let points = ThreePoints(estimate: broadcast, previous: aggregate, current: new)
            let message = serverMechanism.next(points, coin: nil, using: &pool.server)
            broadcast = message.value
            pool.broadcast(message.cost)
        } else {
            broadcast = new
            pool.broadcastModel()
        }
        aggregate = new
        let gap = zip(estimates, targets).reduce(0) { $0 + ($1.0 - $1.1).squaredNorm }
        return ["gap": gap / Double(pool.count)]
    }

    private mutating func follow(_ i: Int, in pool: inout WorkerPool) {
        var target = pool.gradient(i, at: iterate)
        if let momentum { target = (1 - momentum) * targets[i] + momentum * target }
        let points = ThreePoints(estimate: estimates[i], previous: targets[i], current: target)
        let message = mechanism.next(points, coin: nil, using: &pool.streams[i])
        pool.ledger.send(message.cost)
        estimates[i] = message.value
        targets[i] = target
    }
}
