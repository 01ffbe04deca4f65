import Methods

/// A problem a method can run on, and how far from its goal a point is.
struct ConformanceProblem {
    var pool: WorkerPool
    var start: Vector
    var constants: ProblemConstants
    var measure: @Sendable (Vector) -> Double

    /// The test problem that can answer what a method asks.
    static func forNeeds(_ needs: Set<Capability>, seed: UInt64 = 3) -> ConformanceProblem {
        if needs.contains(.field) {
            let p = BilinearSaddle(interpolates: true)
            let c = ProblemConstants(
                strongConvexity: 0.1, smoothness: p.lipschitz,
                workerSmoothness: p.samples.map { _ in p.lipschitz },
                dimension: 6)
            return ConformanceProblem(pool: p.pool(seed: seed), start: p.start, constants: c) {
                p.distance($0)
            }
        }
        if needs.contains(.constraint) {
            let p = ConstrainedDistance()
            let c = ProblemConstants(
                strongConvexity: 0.1, smoothness: 1, workerSmoothness: [1, 1, 1], dimension: 5)
            return ConformanceProblem(pool: p.pool(seed: seed), start: p.start, constants: c) {
                max(0.05, p.constraint(at: $0))
            }
        }
        if needs.contains(.privateBlock) {
            let p = PersonalLeastSquares()
            let tops = p.clients.map { SymmetricEigen($0.shared.transposed * $0.shared).eigenvalues[3] / 8 }
            let c = ProblemConstants(
                strongConvexity: 0.01, smoothness: tops.max() ?? 1, workerSmoothness: tops, dimension: 4)
            let pool = p.pool(seed: seed)
            return ConformanceProblem(pool: pool, start: p.start, constants: c) { pool.loss(at: $0) }
        }
        if needs.contains(.dualGradient) {
            let p = GossipQuadratics()
            return ConformanceProblem(pool: p.pool(seed: seed), start: p.start, constants: p.constants) {
                ($0 - p.solution).norm
            }
        }
        if needs.contains(.hessian) {
            let p = LogisticRegression()
            let pool = p.pool(seed: seed)
            let low = pool.loss(at: p.solution)
            return ConformanceProblem(pool: pool, start: p.start, constants: p.constants) {
                pool.loss(at: $0) - low
            }
        }
        let p = LeastSquares()
        let pool = p.pool(seed: seed)
        let low = pool.loss(at: p.solution)
        return ConformanceProblem(pool: pool, start: p.start, constants: p.constants) {
            pool.loss(at: $0) - low
        }
    }
}
