/// Safe-EF: error feedback for functions with corners and a constraint, `min f s.t. g <= 0`.
///
///     mean g_i(x) <= c:  h_i a subgradient of f_i,  otherwise of g_i      (one number a worker)
///     v_i = C(e_i + h_i),   e_i += h_i - v_i,   w -= gamma mean v_i,   x += C0(w - x)
///
/// The answer is the average of the feasible iterates (`output`), not the last one. Theory: gamma and c go as
/// `1/sqrt(T)` with factors of the compressor, the distance and the Lipschitz constant; constants are not confirmed.
/// Defaults of the authors: Top-K with K = d/10, C0 = identity. Several constraints: test and step on the worst.
///
/// Maturity: experimental. Source: R. Islamov, Y. As, I. Fatkhullin, "Safe-EF", 2025, arXiv 2505.06053.
public struct SafeErrorFeedbackMethod: RoundMethod {
    /// C.
    public var compressor: any Compressor
    /// C0; `nil` sends the model in full.
    public var modelCompressor: (any Compressor)?
    /// gamma.
    public var step: Double
    /// c.
    public var tolerance: Double
    /// x.
    public private(set) var iterate = Vector([])
    private var exact = Vector([])
    private var errors: [Vector] = []
    private var feasibleSum = Vector([])
    private var feasibleCount = 0

    /// The method.
    public init(
        _ compressor: any Compressor, step: Double, tolerance: Double,
        modelCompressor: (any Compressor)? = nil
    ) {
        self.compressor = compressor
        self.step = step
        self.tolerance = tolerance
        self.modelCompressor = modelCompressor
    }

    /// A constraint.
    public var needs: Set<Capability> { [.constraint] }

    /// Average of the feasible iterates; the last iterate when there was none.
    public var output: Vector {
        feasibleCount > 0 ? (1 / Double(feasibleCount)) * feasibleSum : iterate
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        (iterate, exact) = (x, x)
        errors = pool.indices.map { _ in .zero(x.count) }
        (feasibleSum, feasibleCount) = (.zero(x.count), 0)
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let workers = pool.indices.map { pool.require($0, (any ConstrainedOracle).self) }
        let violation = workers.reduce(0) { $0 + $1.constraint(at: iterate) } / Double(pool.count)
        pool.sendFromAll(.dense(1))
        let isFeasible = violation <= tolerance
        if isFeasible {
            feasibleSum += iterate
            feasibleCount += 1
        }
        let sent = pool.indices.map { i in
            let h = isFeasible ? pool.gradient(i, at: iterate) : workers[i].constraintGradient(at: iterate)
            let v = pool.send(i, errors[i] + h, through: compressor)
            errors[i] += h - v
            return v
        }
        exact -= step * Vector.mean(sent)
        iterate = pool.broadcastModel(exact, last: iterate, through: modelCompressor)
        return ["feasible": isFeasible ? 1 : 0, "constraint": violation]
    }
}
