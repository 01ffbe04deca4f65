/// The baseline beside Safe-EF: a distributed primal-dual subgradient method on the Lagrangian `f + lambda g`.
///
///     x -= gamma mean (subgradient f_i + lambda subgradient g_i),   lambda = max(0, lambda + gamma_dual mean g_i(x))
///
/// Uncompressed; the multiplier makes it oscillate around the constraint where Safe-EF switches. The answer is the
/// average of all iterates. Maturity: established. Source: K. Arrow, L. Hurwicz, H. Uzawa, 1958.
public struct PrimalDualMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// gamma of the multiplier.
    public var dualStep: Double
    /// x.
    public private(set) var iterate = Vector([])
    /// lambda.
    public private(set) var multiplier = 0.0
    private var sum = Vector([])
    private var rounds = 0

    /// The method.
    public init(step: Double, dualStep: Double) {
        self.step = step
        self.dualStep = dualStep
    }

    /// A constraint.
    public var needs: Set<Capability> { [.constraint] }

    /// Average of the iterates after the start.
    public var output: Vector { rounds > 0 ? (1 / Double(rounds)) * sum : iterate }

    /// Starts at x with multiplier 0.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        (multiplier, sum, rounds) = (0, .zero(x.count), 0)
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let workers = pool.indices.map { pool.require($0, (any ConstrainedOracle).self) }
        let violation = workers.reduce(0) { $0 + $1.constraint(at: iterate) } / Double(pool.count)
        let directions = pool.indices.map { i in
            pool.gradient(i, at: iterate) + multiplier * workers[i].constraintGradient(at: iterate)
        }
        pool.sendFromAll(.dense(iterate.count + 1))
        iterate -= step * Vector.mean(directions)
        multiplier = max(0, multiplier + dualStep * violation)
        sum += iterate
        rounds += 1
        pool.broadcastModel()
        return ["constraint": violation, "multiplier": multiplier]
    }
}
