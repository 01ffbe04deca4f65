import Engine

/// n clients with a shared and a private block: `f_i(theta, beta) = |A_i theta + B_i beta - b_i|^2 / (2 m)`.
///
/// Drawn from `SplitMix64(seed)`: all A_i (m x dt), all B_i (m x db), theta* (dt), then client by client
/// beta = 2 `sym` (db) and noise 0.1 `sym` (m); `interpolates` leaves the noise out of b. Start 0.
public struct PersonalLeastSquares: Sendable {
    /// Clients.
    public let clients: [Client]

    /// One client.
    public struct Client: PrivateBlockOracle {
        /// A.
        public let shared: Matrix
        /// B.
        public let own: Matrix
        /// b.
        public let targets: Vector

        /// Length of theta.
        public var dimension: Int { shared.columns }
        /// Length of beta.
        public var privateDimension: Int { own.columns }
        /// m.
        public var examples: Int { shared.rows }

        /// The value at the best beta.
        public func loss(at theta: Vector, batch: Batch) -> Double {
            residual(theta, bestPrivate(at: theta)).squaredNorm / (2 * Double(examples))
        }
        /// The gradient of that value.
        public func gradient(at theta: Vector, batch: Batch) -> Vector {
            gradient(at: theta, private: bestPrivate(at: theta))
        }
        /// Least squares in beta.
        public func bestPrivate(at theta: Vector) -> Vector {
            (own.transposed * own).solve(own.transposed * (targets - shared * theta))
        }
        /// Gradient in beta.
        public func privateGradient(at theta: Vector, private beta: Vector) -> Vector {
            (1 / Double(examples)) * (own.transposed * residual(theta, beta))
        }
        /// Gradient in theta.
        public func gradient(at theta: Vector, private beta: Vector) -> Vector {
            (1 / Double(examples)) * (shared.transposed * residual(theta, beta))
        }

        private func residual(_ theta: Vector, _ beta: Vector) -> Vector {
            shared * theta + own * beta - targets
        }
    }

    /// Draws a problem.
    public init(
        clients n: Int = 3, rows m: Int = 8, shared dt: Int = 4, private db: Int = 2, seed: UInt64 = 6,
        interpolates: Bool = false
    ) {
        var generator = SplitMix64(seed)
        func draw(_ rows: Int, _ columns: Int) -> Matrix {
            Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in generator.sym() })
        }
        let a = (0..<n).map { _ in draw(m, dt) }
        let b = (0..<n).map { _ in draw(m, db) }
        let theta = Vector((0..<dt).map { _ in generator.sym() })
        clients = (0..<n).map { i in
            let beta = Vector((0..<db).map { _ in 2 * generator.sym() })
            let noise = Vector((0..<m).map { _ in 0.1 * generator.sym() })
            let exact = a[i] * theta + b[i] * beta
            return Client(shared: a[i], own: b[i], targets: interpolates ? exact : exact + noise)
        }
    }

    /// The origin.
    public var start: Vector { .zero(clients[0].dimension) }

    /// A pool of these clients.
    public func pool(seed: UInt64 = 0) -> WorkerPool { WorkerPool(clients, seed: seed) }
}
