import Engine

/// `min mean_i |x - c_i|_1` subject to `mean_i q_i.x + 1/2 <= 0`: corners everywhere, one linear constraint.
///
/// Drawn from `SplitMix64(seed)`: all c_i, then all `q_i = 1 + sym/2`. Start `1/(1 + j)`, which is infeasible.
public struct ConstrainedDistance: Sendable {
    /// Workers.
    public let workers: [Worker]

    /// One worker.
    public struct Worker: ConstrainedOracle {
        /// c.
        public let centre: Vector
        /// q.
        public let normal: Vector

        /// Length of x.
        public var dimension: Int { centre.count }
        /// One.
        public var examples: Int { 1 }
        /// `|x - c|_1`.
        public func loss(at x: Vector, batch: Batch) -> Double { (x - centre).l1Norm }
        /// A subgradient.
        public func gradient(at x: Vector, batch: Batch) -> Vector { (x - centre).signs }
        /// `q.x + 1/2`.
        public func constraint(at x: Vector) -> Double { normal.dot(x) + 0.5 }
        /// q.
        public func constraintGradient(at x: Vector) -> Vector { normal }
    }

    /// Draws a problem.
    public init(workers n: Int = 3, dimension d: Int = 5, seed: UInt64 = 7) {
        var generator = SplitMix64(seed)
        let centres = (0..<n).map { _ in Vector((0..<d).map { _ in generator.sym() }) }
        let normals = (0..<n).map { _ in Vector((0..<d).map { _ in 1 + 0.5 * generator.sym() }) }
        workers = (0..<n).map { Worker(centre: centres[$0], normal: normals[$0]) }
    }

    /// `1/(1 + j)`.
    public var start: Vector { Vector((0..<workers[0].dimension).map { 1 / Double(1 + $0) }) }

    /// A pool of these workers.
    public func pool(seed: UInt64 = 0) -> WorkerPool { WorkerPool(workers, seed: seed) }

    /// `mean g_i(x)`.
    public func constraint(at x: Vector) -> Double {
        workers.reduce(0) { $0 + $1.constraint(at: x) } / Double(workers.count)
    }
}
