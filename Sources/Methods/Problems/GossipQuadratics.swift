import Engine

/// n nodes on a changing graph: `f_i(x) = x^T Q_i x/2 - b_i.x`, gossip by the Laplacian of a ring and of a star in turn.
///
/// Drawn from `SplitMix64(seed)`, node by node: R (d x d), `Q = R R^T + I/2`, then b.
public struct GossipQuadratics: Sendable {
    /// Node functions.
    public let nodes: [Node]
    /// Minimiser of the sum.
    public let solution: Vector
    /// Ring on even rounds, star (centre 0) on odd ones.
    public let topology: Topology

    /// One node's quadratic.
    public struct Node: HessianOracle, DualOracle {
        /// Q.
        public let curvature: Matrix
        /// b.
        public let linear: Vector

        /// Length of x.
        public var dimension: Int { linear.count }
        /// One.
        public var examples: Int { 1 }
        /// Quadratic.
        public var hessianLipschitz: Double { 0 }
        /// `x^T Q x/2 - b.x`.
        public func loss(at x: Vector, batch: Batch) -> Double { 0.5 * x.dot(curvature * x) - linear.dot(x) }
        /// `Q x - b`.
        public func gradient(at x: Vector, batch: Batch) -> Vector { curvature * x - linear }
        /// Q.
        public func hessian(at x: Vector) -> Matrix { curvature }
        /// `Q^-1 (z + b)`.
        public func dualGradient(at z: Vector) -> Vector { curvature.solve(z + linear) }
    }

    /// Draws a problem.
    public init(nodes n: Int = 4, dimension d: Int = 3, seed: UInt64 = 5) {
        var generator = SplitMix64(seed)
        nodes = (0..<n).map { _ in
            let r = Matrix(rows: d, columns: d, (0..<d * d).map { _ in generator.sym() })
            let q = r * r.transposed + 0.5 * Matrix.identity(d)
            return Node(curvature: q, linear: Vector((0..<d).map { _ in generator.sym() }))
        }
        solution = Matrix.mean(nodes.map(\.curvature)).solve(Vector.mean(nodes.map(\.linear)))
        topology = Topology([.ring(n), .star(n)])
    }

    /// The origin.
    public var start: Vector { .zero(solution.count) }

    /// A pool of these nodes.
    public func pool(seed: UInt64 = 0) -> WorkerPool { WorkerPool(nodes, seed: seed, solution: solution) }

    /// Smallest and largest eigenvalue over all Q_i.
    public var constants: ProblemConstants {
        let spectra = nodes.map { SymmetricEigen($0.curvature).eigenvalues.values }
        return ProblemConstants(
            strongConvexity: spectra.compactMap(\.first).min() ?? 0,
            smoothness: spectra.compactMap(\.last).max() ?? 0,
            workerSmoothness: spectra.compactMap(\.last), dimension: solution.count)
    }
}
