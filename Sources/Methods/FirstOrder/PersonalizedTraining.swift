/// FFGG: partially personalised federated learning. Clients fit their private part, the server moves the shared one.
///
/// A participant gets theta, fits beta_i (exactly, or by some gradient steps from its last beta), then takes l steps
/// `y -= gamma grad_theta f_i(y, beta_i)` and returns y. In the overpersonalised case (every client can fit its data at
/// a common theta) it converges linearly to zero loss with a constant step, also with local steps and client sampling.
///
/// Byzantine clients: give an aggregator. Asynchronous: run `AsynchronousMethod` on the same problem, which answers
/// with gradients at the best private part. Naming and options follow the description, not the authors' code.
///
/// Cost: theta both ways. Maturity: experimental. Source: K. Mishchenko, R. Islamov, E. Gorbunov, S. Horvath,
/// "Partially personalized federated learning", 2023, arXiv 2305.18285.
public struct PersonalizedMethod: RoundMethod {
    /// How the private part is fitted.
    public enum PrivateFit: Sendable, Hashable {
        /// To the optimum.
        case exact
        /// By gradient steps of this size, from the last value.
        case gradient(step: Double, steps: Int)
    }

    /// gamma.
    public var step: Double
    /// l.
    public var localSteps: Int
    /// Clients a round; `nil` is all.
    public var participants: Int?
    /// How the private part is fitted.
    public var privateFit: PrivateFit
    /// Combines the returned models.
    public var aggregator: any Aggregator
    /// theta.
    public private(set) var iterate = Vector([])
    private var own: [Vector] = []

    /// The method.
    public init(
        step: Double, localSteps: Int = 1, participants: Int? = nil, privateFit: PrivateFit = .exact,
        aggregator: any Aggregator = MeanAggregator()
    ) {
        self.step = step
        self.localSteps = localSteps
        self.participants = participants
        self.privateFit = privateFit
        self.aggregator = aggregator
    }

    /// Private parts.
    public var needs: Set<Capability> { [.privateBlock] }

    /// Starts at theta with private parts zero.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregator.reset()
        own = pool.indices.map { .zero(pool.require($0, (any PrivateBlockOracle).self).privateDimension) }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let models = pool.participants(count: participants).map { i in
            let client = pool.require(i, (any PrivateBlockOracle).self)
            switch privateFit {
            case .exact: own[i] = client.bestPrivate(at: iterate)
            case .gradient(let rate, let steps):
                for _ in 0..<steps { own[i] -= rate * client.privateGradient(at: iterate, private: own[i]) }
            }
            var y = iterate
            for _ in 0..<localSteps { y -= step * client.gradient(at: y, private: own[i]) }
            pool.ledger.send(.dense(y.count))
            return y
        }
        if !models.isEmpty {
            iterate = aggregator.aggregate(pool.received(models), byzantine: pool.byzantine)
        }
        pool.broadcastModel()
        return ["participants": Double(models.count)]
    }
}
