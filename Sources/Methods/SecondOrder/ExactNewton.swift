/// Newton's method and the two that freeze its Hessian: `x -= H^-1 grad f(x)`.
///
/// | point | H | cost up | use |
/// |---|---|---|---|
/// | current | at x | d + d(d+1)/2 | Newton |
/// | start | at x0, set-up | d | Newton-Zero |
/// | solution | at x* | d | NEWTON-STAR, theory only |
///
/// NEWTON-STAR: `|x+ - x*| <= H*/(2 mu) |x - x*|^2`, without ever sending a Hessian. All are local methods: from far away
/// they may diverge. Maturity: established (Newton), experimental (the others).
///
/// Sources: R. Islamov, X. Qian, P. Richtarik, "Distributed second order methods with fast rates and compressed
/// communication", 2021, arXiv 2102.07158; M. Safaryan et al., 2021, arXiv 2106.02969.
public struct NewtonMethod: RoundMethod {
    /// Where the Hessian is taken.
    public enum Point: String, Sendable, Hashable, CaseIterable {
        /// Anew each round.
        case current
        /// Once.
        case start
        /// At x*.
        case solution
    }

    /// Where the Hessian is taken.
    public var point: Point
    /// x.
    public private(set) var iterate = Vector([])
    private var frozen: Matrix?

    /// The method.
    public init(hessianAt point: Point = .current) { self.point = point }

    /// Hessians, and x* for NEWTON-STAR.
    public var needs: Set<Capability> { point == .solution ? [.hessian, .knownSolution] : [.hessian] }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        switch point {
        case .current: frozen = nil
        case .start:
            frozen = Matrix.mean(pool.hessians(at: x))
            pool.ledger.prepare(pool.count * MessageShape.symmetricMatrix.dense(x.count * x.count))
        case .solution: frozen = pool.solution.map { Matrix.mean(pool.hessians(at: $0)) }
        }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let hessian = frozen ?? Matrix.mean(pool.hessians(at: iterate))
        if frozen == nil {
            pool.sendFromAll(MessageShape.symmetricMatrix.dense(iterate.count * iterate.count))
        }
        pool.sendFromAll(.dense(iterate.count))
        iterate -= hessian.solve(Vector.mean(pool.gradients(at: iterate)))
        pool.broadcastModel()
        return [:]
    }
}

extension WorkerPool {
    /// All Hessians at x.
    func hessians(at x: Vector) -> [Matrix] { indices.map { hessian($0, at: x) } }
}
