/// FedNL and Newton-3PC: every worker's Hessian is learned from compressed messages.
///
///     x+ = x + step(grad f(x), mean H_i),   H_i <- C_{H_i, grad^2 f_i(x)}(new Hessian)
///
/// | system | new Hessian | mechanism |
/// |---|---|---|
/// | FedNL (-CR, -LS by the step) | at the x before the step | `H + rate C(. - H)` |
/// | Newton-3PC (-CR, -LS by the step) | at the x after the step | any: EF21, CBAG, CLAG, LAG, v1 to v5, AdaCGD |
///
/// A coin is drawn once a round by the server for all workers (one bit down). Locally, if `|x0 - x*| <= mu/sqrt(2 D)`,
/// D = H*^2, and Hessian errors are small, `|x_k - x*|^2 <= 2^-k |x_0 - x*|^2` and superlinear after that, with rates
/// that do not depend on the condition number.
///
/// Cost: d and a compressed Hessian; Hessians at x0 are set-up unless the start is zero. Maturity: experimental.
///
/// Sources: M. Safaryan, R. Islamov, X. Qian, P. Richtarik, "FedNL", 2021, arXiv 2106.02969; R. Islamov et al.,
/// "Newton-3PC", 2022, arXiv 2206.03588.
public struct LearnedNewtonMethod: RoundMethod {
    /// Which Hessian feeds the mechanism.
    public enum Learning: String, Sendable, Hashable, CaseIterable {
        /// Before the step: FedNL.
        case beforeStep
        /// After it: Newton-3PC.
        case afterStep
    }

    /// What workers send.
    public var mechanism: any Mechanism
    /// The server's step.
    public var newtonStep: NewtonStep
    /// Which Hessian feeds the mechanism.
    public var learning: Learning
    /// Whether H_i starts at zero instead of the first Hessian.
    public var startsAtZero: Bool
    /// x.
    public private(set) var iterate = Vector([])
    /// H_i.
    public private(set) var estimates: [Matrix] = []
    private var hessians: [Matrix] = []

    /// Newton-3PC with any mechanism.
    public init(
        _ mechanism: any Mechanism, step: NewtonStep, learning: Learning = .afterStep,
        startsAtZero: Bool = false
    ) {
        self.mechanism = mechanism
        newtonStep = step
        self.learning = learning
        self.startsAtZero = startsAtZero
    }

    /// FedNL.
    public static func fedNL(
        _ compressor: any Compressor, step: NewtonStep, rate: ErrorFeedbackMechanism.Rate = .one,
        startsAtZero: Bool = false
    ) -> LearnedNewtonMethod {
        LearnedNewtonMethod(
            ErrorFeedbackMechanism(compressor, rate: rate), step: step, learning: .beforeStep,
            startsAtZero: startsAtZero)
    }

    /// Hessians.
    public var needs: Set<Capability> { [.hessian] }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        hessians = pool.hessians(at: x)
        estimates = startsAtZero ? hessians.map { 0 * $0 } : hessians
        if !startsAtZero {
            pool.ledger.prepare(pool.count * MessageShape.symmetricMatrix.dense(x.count * x.count))
        }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let gradient = Vector.mean(pool.gradients(at: iterate))
        pool.sendFromAll(.dense(iterate.count))
        let distance =
            zip(estimates, hessians).reduce(0) { $0 + ($1.0 - $1.1).frobeniusNorm } / Double(pool.count)
        let moved =
            iterate
            + newtonStep.step(
                from: iterate, gradient: gradient, hessian: Matrix.mean(estimates), distance: distance,
                in: &pool)
        let coin = mechanism.coinProbability.map { pool.server.bernoulli($0) }
        if coin != nil { pool.broadcast(.flag) }
        let fresh = pool.hessians(at: moved)
        for i in pool.indices {
            let target = learning == .beforeStep ? hessians[i] : fresh[i]
            let points = ThreePoints(
                estimate: estimates[i].flat, previous: hessians[i].flat, current: target.flat,
                shape: .symmetricMatrix)
            let message = mechanism.next(points, coin: coin, using: &pool.streams[i])
            pool.ledger.send(message.cost)
            estimates[i] = target.with(message.value)
        }
        iterate = moved
        hessians = fresh
        pool.broadcastModel()
        return ["hessian_distance": distance]
    }
}
