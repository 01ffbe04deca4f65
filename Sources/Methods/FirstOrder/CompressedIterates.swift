/// GDCI and VR-GDCI: local models are compressed instead of gradients.
///
///     delta_i = Q(x - gamma g_i - h_i),   x = (1 - eta) x + eta (mean delta_i + mean h_i),   h_i += alpha delta_i
///
/// alpha = 0 with h = 0 is GDCI, which stops at a neighbourhood; VR-GDCI is exact. With the identity both are gradient
/// descent with step `eta gamma`. Tried: `gamma = 1/L_max`, `eta = 1/(4 (1 + omega))`, `alpha = 1/(1 + omega)`.
///
/// Maturity: experimental. Sources: A. Khaled, P. Richtarik, "Gradient descent with compressed iterates", 2019, arXiv
/// 1909.04716; the variance-reduced form from memory, exactness checked on least squares.
public struct CompressedIteratesMethod: RoundMethod {
    /// Q.
    public var compressor: any Compressor
    /// gamma.
    public var step: Double
    /// eta.
    public var mixing: Double
    /// alpha.
    public var shiftRate: Double
    /// x.
    public private(set) var iterate = Vector([])
    private var shifts: [Vector] = []

    /// GDCI, or VR-GDCI with a shift rate.
    public init(_ compressor: any Compressor, step: Double, mixing: Double, shiftRate: Double = 0) {
        self.compressor = compressor
        self.step = step
        self.mixing = mixing
        self.shiftRate = shiftRate
    }

    /// VR-GDCI with the values tried.
    public static func theory(_ compressor: any Compressor, constants c: ProblemConstants)
        -> CompressedIteratesMethod
    {
        let omega = compressor.variance(c.dimension) ?? 0
        return CompressedIteratesMethod(
            compressor, step: 1 / c.largestSmoothness, mixing: 1 / (4 * (1 + omega)),
            shiftRate: 1 / (1 + omega))
    }

    /// Starts at x with zero shifts.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        shifts = pool.indices.map { _ in .zero(x.count) }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let known = Vector.mean(shifts)
        let deltas = pool.indices.map { i in
            let local = iterate - step * pool.gradient(i, at: iterate)
            return pool.send(i, local - shifts[i], through: compressor)
        }
        for i in pool.indices { shifts[i] += shiftRate * deltas[i] }
        iterate = (1 - mixing) * iterate + mixing * (Vector.mean(deltas) + known)
        pool.broadcastModel()
        return [:]
    }
}
