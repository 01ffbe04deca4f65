/// EControl: error feedback whose strength is controlled.
///
///     Delta_i = C(eta e_i + g_i - h_i),   e_i += g_i - h_i - Delta_i,   h_i += Delta_i,   x -= gamma mean h_i
///
/// One compressed message a round. eta = 0 is EF21 (the same sequence), eta = 1 with h = 0 would be EF14. The paper
/// wants eta proportional to the contraction alpha and `gamma = O(alpha/L)`; constants are not confirmed, the default is
/// eta = alpha. Measured on least squares with Top-1, 2500 rounds: eta up to alpha converges for gamma <= 0.5, eta = 1
/// diverges at every gamma tried.
///
/// Maturity: experimental. Source: Y. Gao, R. Islamov, S. Stich, "EControl", 2023, arXiv 2311.05645.
public struct EControlMethod: RoundMethod {
    /// C.
    public var compressor: any Compressor
    /// gamma.
    public var step: Double
    /// eta.
    public var control: Double
    /// x.
    public private(set) var iterate = Vector([])
    /// e_i.
    public private(set) var errors: [Vector] = []
    /// h_i.
    public private(set) var estimates: [Vector] = []

    /// The method; estimates start at the first gradients.
    public init(_ compressor: any Compressor, step: Double, control: Double) {
        self.compressor = compressor
        self.step = step
        self.control = control
    }

    /// eta = alpha, gamma = alpha/L_max.
    public static func theory(_ compressor: any Compressor, constants c: ProblemConstants) -> EControlMethod {
        let alpha = compressor.contraction(c.dimension) ?? 1
        return EControlMethod(compressor, step: alpha / c.largestSmoothness, control: alpha)
    }

    /// Starts at x; first gradients are set-up.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        estimates = pool.gradients(at: x)
        errors = pool.indices.map { _ in .zero(x.count) }
        pool.ledger.prepare(pool.count * Cost.dense(x.count))
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        for i in pool.indices {
            let rest = pool.gradient(i, at: iterate) - estimates[i]
            let delta = pool.send(i, control * errors[i] + rest, through: compressor)
            errors[i] += rest - delta
            estimates[i] += delta
        }
        iterate -= step * Vector.mean(estimates)
        pool.broadcastModel()
        return ["error": errors.reduce(0) { $0 + $1.squaredNorm } / Double(errors.count)]
    }
}
