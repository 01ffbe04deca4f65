/// DCGD, and DGD with the identity; DCSGD with stochastic gradients: `x -= gamma mean Q(g_i)`.
///
/// With an unbiased Q and `gamma <= 1/(L + 2 L_max omega/n)` it converges linearly to a neighbourhood, which is a point
/// only if all grad f_i(x*) vanish. A biased Q may stall or diverge: use error feedback.
///
/// Cost: one compressed message up, the model down. Maturity: established.
///
/// Sources: A. Khirirat et al., "Distributed learning with compressed gradients", 2018, arXiv 1806.06573; bound checked
/// on least squares.
public struct CompressedGradientMethod: RoundMethod {
    /// Q.
    public var compressor: any Compressor
    /// gamma.
    public var schedule: StepSchedule
    /// x.
    public private(set) var iterate = Vector([])
    private var rounds = 0

    /// Plain distributed gradient descent without a compressor.
    public init(_ compressor: any Compressor = IdentityCompressor(), step: StepSchedule) {
        self.compressor = compressor
        schedule = step
    }

    /// `1/(L + 2 L_max omega/n)`; with an unknown omega `1/L`.
    public static func theoryStep(_ c: ProblemConstants, compressor: any Compressor) -> Double {
        let omega = compressor.variance(c.dimension) ?? 0
        return 1 / (c.smoothness + 2 * c.largestSmoothness * omega / Double(c.workers))
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { (iterate, rounds) = (x, 0) }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let messages = pool.indices.map { i in
            pool.send(i, pool.gradient(i, at: iterate), through: compressor)
        }
        let mean = Vector.mean(messages)
        iterate -= schedule.step(round: rounds, gradientNorm: mean.norm) * mean
        rounds += 1
        pool.broadcastModel()
        return [:]
    }
}
