/// FedAvg: participants take `l` local gradient steps from the model; the server averages the results.
///
/// With l = 1 and everybody it is gradient descent. With more local steps and different workers the limit is off the
/// minimiser by O(gamma l). Nobody participating leaves the model. `gamma <= 1/(L_max l)` is safe.
///
/// Certified federated models are trained so, on inputs with noise (`CertifiedRadius`). Personalisation is local steps
/// from the final model; a mixture takes a convex combination of both.
///
/// Maturity: established. Source: B. McMahan et al., "Communication-efficient learning of deep networks", 2016, arXiv
/// 1602.05629.
public struct FederatedAveragingMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// l.
    public var localSteps: Int
    /// Probability of taking part.
    public var participation: Double
    /// Combines the local models.
    public var aggregator: any Aggregator
    /// x.
    public private(set) var iterate = Vector([])

    /// The method.
    public init(
        step: Double, localSteps: Int, participation: Double = 1,
        aggregator: any Aggregator = MeanAggregator()
    ) {
        self.step = step
        self.localSteps = localSteps
        self.participation = participation
        self.aggregator = aggregator
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        aggregator.reset()
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let chosen = pool.participants(probability: participation)
        let models = chosen.map { personalized($0, from: iterate, in: &pool) }
        for _ in chosen { pool.ledger.send(.dense(iterate.count)) }
        if !models.isEmpty {
            iterate = aggregator.aggregate(pool.received(models), byzantine: pool.byzantine)
        }
        pool.broadcastModel()
        return ["participants": Double(chosen.count)]
    }

    /// Worker i's model after its local steps: also what personalisation gives at the end.
    public func personalized(_ i: Int, from x: Vector, in pool: inout WorkerPool) -> Vector {
        var y = x
        for _ in 0..<localSteps { y -= step * pool.gradient(i, at: y) }
        return y
    }
}
