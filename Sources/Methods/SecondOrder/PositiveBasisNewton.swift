/// BL3: Hessians in a basis of positive semidefinite matrices, dominated from above without a projection.
///
///     basis  B^jl = (e_j + e_l)(e_j + e_l)^T,  B^jj = e_j e_j^T;   c_jl = X_jl,  c_jj = X_jj - sum_{l != j} X_jl
///     gamma_i = max(c, max|L_i|),   A_i = sum (L + 2 gamma) B,   C_i = 2 gamma sum B
///     beta_i = max (h(grad^2 f_i(z_i)) + 2 gamma)/(L + 2 gamma),   beta = max beta_i
///     x+ = (beta A - C)^-1 (beta g_1 - g_2),   g_1 = mean A_i w_i,   g_2 = mean (C_i w_i + grad f_i(w_i))
///
/// `beta_i A_i - C_i` dominates the Hessian of f_i at z_i, always. Participation, model and coin as in
/// `PartialNewtonMethod`, two numbers more. The domination makes steps short: slower than BL2 near the solution.
///
/// From memory, checked by the domination. Maturity: experimental. Source: X. Qian et al., 2021, arXiv 2111.01847.
public struct PositiveBasisNewtonMethod: RoundMethod {
    /// C, on coefficient matrices.
    public var compressor: any Compressor
    /// Q, on models.
    public var modelCompressor: any Compressor
    /// alpha.
    public var rate: Double
    /// eta.
    public var modelRate: Double
    /// p.
    public var probability: Double
    /// tau.
    public var participants: Int
    /// c: the smallest gamma.
    public var floor: Double
    /// x.
    public private(set) var iterate = Vector([])
    private var workers: [Worker] = []

    private struct Worker {
        var model: Vector
        var anchor: Vector
        var coefficients: Matrix
        var ratio = 1.0
        var upper: Matrix
        var lower: Matrix
        var upperSum: Vector
        var lowerSum: Vector
    }

    /// The method.
    public init(
        _ compressor: any Compressor, model: any Compressor, rate: Double = 1, modelRate: Double = 1,
        probability: Double, participants: Int, floor: Double = 1e-8
    ) {
        self.compressor = compressor
        modelCompressor = model
        self.rate = rate
        self.modelRate = modelRate
        self.probability = probability
        self.participants = participants
        self.floor = floor
    }

    /// Hessians.
    public var needs: Set<Capability> { [.hessian] }

    /// Starts at x with exact coefficients.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        let zero = Matrix(rows: x.count, columns: x.count)
        workers = pool.indices.map { i in
            Worker(
                model: x, anchor: x, coefficients: Self.coefficients(of: pool.hessian(i, at: x)), upper: zero,
                lower: zero, upperSum: x, lowerSum: x)
        }
        for i in pool.indices { refresh(i, in: pool) }
        pool.ledger.prepare(pool.count * MessageShape.symmetricMatrix.dense(x.count * x.count))
        pool.ledger.prepare(pool.count * Cost.dense(x.count))
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let beta = workers.map(\.ratio).max() ?? 1
        let system = beta * Matrix.mean(workers.map(\.upper)) - Matrix.mean(workers.map(\.lower))
        iterate = system.solve(
            beta * Vector.mean(workers.map(\.upperSum)) - Vector.mean(workers.map(\.lowerSum)))
        var slack = Double.infinity
        for i in pool.participants(count: participants) {
            let message = modelCompressor.compress(iterate - workers[i].model, using: &pool.server)
            pool.ledger.deliver(message.cost)
            workers[i].model += modelRate * message.value
            let hessian = pool.hessian(i, at: workers[i].model)
            let difference = Self.coefficients(of: hessian) - workers[i].coefficients
            let learned = pool.send(i, difference.flat, through: compressor)
            workers[i].coefficients = workers[i].coefficients + rate * difference.with(learned)
            pool.ledger.send(.dense(2))
            if pool.streams[i].bernoulli(probability) {
                workers[i].anchor = workers[i].model
                pool.ledger.send(.dense(iterate.count))
            }
            refresh(i, in: pool)
            let gap = workers[i].ratio * workers[i].upper - workers[i].lower - hessian
            slack = min(slack, SymmetricEigen(gap).eigenvalues[0])
        }
        return ["beta": beta, "domination": slack]
    }

    private mutating func refresh(_ i: Int, in pool: WorkerPool) {
        let learned = workers[i].coefficients
        let gamma = max(floor, learned.flat.maxNorm)
        let truth = Self.coefficients(of: pool.hessian(i, at: workers[i].model))
        let d = learned.rows
        var ratio = -Double.infinity
        for j in 0..<d {
            for l in j..<d { ratio = max(ratio, (truth[j, l] + 2 * gamma) / (learned[j, l] + 2 * gamma)) }
        }
        let (upper, lower) = (
            Self.matrix(of: learned.map { $0 + 2 * gamma }), Self.matrix(of: learned.map { _ in 2 * gamma })
        )
        workers[i].ratio = ratio
        workers[i].upper = upper
        workers[i].lower = lower
        let w = workers[i].anchor
        workers[i].upperSum = upper * w
        workers[i].lowerSum = lower * w + pool.oracles[i].gradient(at: w)
    }

    /// Coefficients of a symmetric matrix.
    static func coefficients(of x: Matrix) -> Matrix {
        var c = x
        for j in 0..<x.rows { c[j, j] = 2 * x[j, j] - x.row(j).values.reduce(0, +) }
        return c
    }

    /// The matrix of some coefficients.
    static func matrix(of c: Matrix) -> Matrix {
        var x = c
        for j in 0..<c.rows { x[j, j] = c.row(j).values.reduce(0, +) }
        return x
    }
}
