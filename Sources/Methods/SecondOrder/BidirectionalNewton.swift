/// Newton-3PC-BC, BL1 and FedNL-BC: the model is compressed too, and gradients are sent only when a coin says so.
///
///     x+ = z - [H]_mu^-1 g,   z <- C^M_{z, x}(x+),   coin ~ Bernoulli(p)
///     coin: w = z, g = grad f(w);   otherwise  g = [H]_mu (z - w) + grad f(w)
///     L_i <- C_{L_i}(h(grad^2 f_i(z))),   H = mean decode(L_i)
///
/// BL1 is the form with a data basis and rates: mechanism `L + alpha C(. - L)`, model `z + eta Q(x+ - z)`. FedNL-BC learns
/// the Hessian at the z before its update, and bills the gradient in the round that uses it, without the coin.
///
/// Cost up: a compressed Hessian, and d on heads; down: the compressed model and the coin, billed as one number.
/// First gradient and Hessians are set-up. alpha = eta = 1 for contractions. Whether the original BL1 learns at the old
/// or the new z is not settled here; this is the new. Maturity: experimental.
///
/// Sources: R. Islamov et al., 2022, arXiv 2206.03588; X. Qian, R. Islamov, M. Safaryan, P. Richtarik, "Basis matters",
/// 2021, arXiv 2111.01847; M. Safaryan et al., 2021, arXiv 2106.02969.
public struct BidirectionalNewtonMethod: RoundMethod {
    /// What Hessians go through.
    public var mechanism: any Mechanism
    /// What the model goes through.
    public var modelMechanism: any Mechanism
    /// p.
    public var probability: Double
    /// mu.
    public var strongConvexity: Double
    /// Coordinates of Hessians.
    public var basis: HessianBasis
    /// Which Hessian feeds the mechanism.
    public var learning: LearnedNewtonMethod.Learning
    /// x.
    public private(set) var iterate = Vector([])
    private var learner = HessianLearner()
    private var model = Vector([])
    private var anchor = Vector([])
    private var anchorGradient = Vector([])
    private var gradient = Vector([])
    private var coin = true

    /// The method.
    public init(
        _ mechanism: any Mechanism, model: any Mechanism, probability: Double, strongConvexity: Double,
        basis: HessianBasis = .standard, learning: LearnedNewtonMethod.Learning = .afterStep
    ) {
        self.mechanism = mechanism
        modelMechanism = model
        self.probability = probability
        self.strongConvexity = strongConvexity
        self.basis = basis
        self.learning = learning
    }

    /// Hessians, and rows for a data basis.
    public var needs: Set<Capability> { basis.needs }

    /// Starts at x with exact Hessians.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        (model, anchor, coin) = (x, x, true)
        learner.start(basis, at: x, in: &pool)
        anchorGradient = Vector.mean(pool.gradients(at: x))
        gradient = anchorGradient
        if learning == .afterStep { pool.ledger.prepare(pool.count * Cost.dense(x.count)) }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let last = iterate
        let previousModel = model
        iterate = model - learner.mean.projected(above: strongConvexity).solve(gradient)
        let points = ThreePoints(estimate: model, previous: last, current: iterate)
        let message = modelMechanism.next(points, coin: nil, using: &pool.server)
        model = message.value
        let isFresh = coin
        coin = pool.server.bernoulli(probability)
        pool.broadcast(message.cost)
        if learning == .afterStep { pool.broadcast(Cost(floats: 1, words: 0, codeBits: 1)) }
        if learning == .beforeStep ? isFresh : coin { pool.sendFromAll(.dense(iterate.count)) }
        let learned = learning == .beforeStep ? previousModel : model
        for i in pool.indices { learner.learn(i, at: learned, through: mechanism, in: &pool) }
        if coin {
            anchor = model
            anchorGradient = Vector.mean(pool.gradients(at: anchor))
            gradient = anchorGradient
        } else {
            gradient = learner.mean.projected(above: strongConvexity) * (model - anchor) + anchorGradient
        }
        return ["coin": coin ? 1 : 0]
    }
}

/// Learned Hessians of all workers, in a basis.
struct HessianLearner: Sendable {
    private(set) var coefficients: [Matrix] = []
    private var truth: [Matrix] = []
    private var coders: [HessianCoder] = []

    /// Starts at the exact Hessians, which are set-up.
    mutating func start(_ basis: HessianBasis, at x: Vector, in pool: inout WorkerPool) {
        coders = pool.indices.map { HessianCoder(basis, worker: $0, in: &pool) }
        truth = pool.indices.map { coders[$0].encode(pool.hessian($0, at: x)) }
        coefficients = truth
        for c in truth { pool.ledger.prepare(MessageShape.symmetricMatrix.dense(c.values.count)) }
    }

    /// Worker i's estimate follows its Hessian at `z`.
    mutating func learn(_ i: Int, at z: Vector, through mechanism: any Mechanism, in pool: inout WorkerPool) {
        let target = coders[i].encode(pool.hessian(i, at: z))
        let points = ThreePoints(
            estimate: coefficients[i].flat, previous: truth[i].flat, current: target.flat,
            shape: .symmetricMatrix)
        let message = mechanism.next(points, coin: nil, using: &pool.streams[i])
        pool.ledger.send(message.cost)
        coefficients[i] = target.with(message.value)
        truth[i] = target
    }

    /// H_i.
    func estimate(_ i: Int) -> Matrix { coders[i].decode(coefficients[i]).symmetrized }

    /// mean H_i.
    var mean: Matrix { Matrix.mean(coefficients.indices.map(estimate)) }
}
