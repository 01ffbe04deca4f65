/// Newton-3PC-BC-PP, BL2 and FedNL-PP: only tau workers take part in a round.
///
///     x+ = (mean H_i + l I)^-1 mean g_i,   g_i = (H_i + l_i I) w_i - grad f_i(w_i),   averages over *all* workers
///     participant i:  z_i <- C^M_{z_i, x}(x+);  H_i learns at z_i;  l_i = |H_i - grad^2 f_i(z_i)|_F;
///                     with probability p  w_i = z_i
///
/// FedNL-PP is the form with the identity for the model and p = 1 (no coin is drawn then). BL2 has a data basis.
///
/// Cost of a participant: a compressed Hessian, l_i (one number), and d when w_i moves; down its compressed model.
/// Maturity: experimental. Sources: as `BidirectionalNewtonMethod`.
public struct PartialNewtonMethod: RoundMethod {
    /// What Hessians go through.
    public var mechanism: any Mechanism
    /// What the model goes through.
    public var modelMechanism: any Mechanism
    /// p.
    public var probability: Double
    /// tau.
    public var participants: Int
    /// Coordinates of Hessians.
    public var basis: HessianBasis
    /// x.
    public private(set) var iterate = Vector([])
    private var learner = HessianLearner()
    private var models: [Vector] = []
    private var anchors: [Vector] = []
    private var distances: [Double] = []
    private var sums: [Vector] = []

    /// The method.
    public init(
        _ mechanism: any Mechanism, model: any Mechanism, probability: Double, participants: Int,
        basis: HessianBasis = .standard
    ) {
        self.mechanism = mechanism
        modelMechanism = model
        self.probability = probability
        self.participants = participants
        self.basis = basis
    }

    /// FedNL-PP.
    public static func fedNL(_ compressor: any Compressor, participants: Int) -> PartialNewtonMethod {
        PartialNewtonMethod(
            ErrorFeedbackMechanism(compressor), model: ErrorFeedbackMechanism(IdentityCompressor()),
            probability: 1, participants: participants)
    }

    /// Hessians, and rows for a data basis.
    public var needs: Set<Capability> { basis.needs }

    /// Starts at x with exact Hessians.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        learner.start(basis, at: x, in: &pool)
        models = pool.indices.map { _ in x }
        anchors = models
        distances = pool.indices.map { (learner.estimate($0) - pool.hessian($0, at: x)).frobeniusNorm }
        sums = pool.indices.map { sum($0, in: pool) }
        pool.ledger.prepare(pool.count * Cost.dense(x.count))
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let last = iterate
        let shift = distances.reduce(0, +) / Double(pool.count)
        iterate = (learner.mean + shift * Matrix.identity(last.count)).solve(Vector.mean(sums))
        for i in pool.participants(count: participants) {
            let points = ThreePoints(estimate: models[i], previous: last, current: iterate)
            let message = modelMechanism.next(points, coin: nil, using: &pool.server)
            pool.ledger.deliver(message.cost)
            models[i] = message.value
            learner.learn(i, at: models[i], through: mechanism, in: &pool)
            distances[i] = (learner.estimate(i) - pool.hessian(i, at: models[i])).frobeniusNorm
            pool.ledger.send(.dense(1))
            if probability >= 1 || pool.streams[i].bernoulli(probability) {
                anchors[i] = models[i]
                pool.ledger.send(.dense(iterate.count))
            }
            sums[i] = sum(i, in: pool)
        }
        return ["hessian_distance": shift]
    }

    private func sum(_ i: Int, in pool: WorkerPool) -> Vector {
        learner.estimate(i) * anchors[i] + distances[i] * anchors[i]
            - pool.oracles[i].gradient(at: anchors[i])
    }
}
