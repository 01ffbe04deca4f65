/// DCGD-SHIFT: what is compressed is the difference to a shift that follows the worker's gradient.
///
///     x -= gamma mean_i (h_i + Q(g_i - h_i))
///
/// | rule | shift | limit |
/// |---|---|---|
/// | fixed | `h_i` constant | neighbourhood of size `mean|h_i - grad f_i(x*)|^2` |
/// | star | `grad f_i(x*) + C(g_i - grad f_i(x*))` | exact; theory only, needs x* |
/// | DIANA | message `c = C(u) + Q(u - C(u))`, `u = g_i - h_i`; `h_i += alpha c` | exact |
/// | Rand-DIANA | `h_i = grad f_i(w_i)`; `w_i = x` with probability p after the step, paid in full | exact |
///
/// DIANA: `alpha = 1/(1 + omega)`, `gamma = min(alpha/(2 mu), 2/((L + mu)(1 + 6 omega/n)))`; without strong convexity
/// `1/(L_max (1 + 4 omega/n))`. Rand-DIANA: `p = 1/(1 + omega)`. With the identity all rules are gradient descent.
///
/// Whether Rand-DIANA refreshes before or after the step is from memory; both have the same limit. Maturity: DIANA
/// established, the others experimental.
///
/// Sources: K. Mishchenko et al., "DIANA", 2019, arXiv 1901.09269; E. Shulgin, P. Richtarik, "Shifted compression
/// framework", 2022, arXiv 2206.10452.
public struct ShiftedCompressionMethod: RoundMethod {
    /// How shifts move.
    public enum Rule: Sendable {
        /// Not at all, from gradients at the start (`true`, paid as set-up) or from zero.
        case fixed(atStart: Bool)
        /// At the optimum, with an optional contraction.
        case star(any Compressor = ZeroCompressor())
        /// Learned at rate alpha, with an optional contraction inside.
        case diana(rate: Double, inner: any Compressor = ZeroCompressor())
        /// Refreshed with a probability.
        case randDiana(probability: Double)
    }

    /// Q.
    public var compressor: any Compressor
    /// gamma.
    public var step: Double
    /// How shifts move.
    public var rule: Rule
    /// x.
    public private(set) var iterate = Vector([])
    /// h_i.
    public private(set) var shifts: [Vector] = []

    /// The method.
    public init(_ compressor: any Compressor, step: Double, rule: Rule) {
        self.compressor = compressor
        self.step = step
        self.rule = rule
    }

    /// DIANA with its theory rate and step.
    public static func diana(_ compressor: any Compressor, constants c: ProblemConstants)
        -> ShiftedCompressionMethod
    {
        let omega = compressor.variance(c.dimension) ?? 0
        let rate = 1 / (1 + omega)
        let smooth = c.smoothness + c.strongConvexity
        let gamma = min(
            rate / (2 * c.strongConvexity), 2 / (smooth * (1 + 6 * omega / Double(c.workers))))
        return ShiftedCompressionMethod(compressor, step: gamma, rule: .diana(rate: rate))
    }

    /// The star rule needs the solution.
    public var needs: Set<Capability> { if case .star = rule { [.knownSolution] } else { [] } }

    /// Starts at x with zero shifts, unless the rule says otherwise.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        shifts = pool.indices.map { _ in .zero(x.count) }
        if case .fixed(atStart: true) = rule {
            shifts = pool.oracles.map { $0.gradient(at: x) }
            pool.ledger.prepare(pool.count * Cost.dense(x.count))
        }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let estimates = pool.indices.map { estimate($0, in: &pool) }
        iterate -= step * Vector.mean(estimates)
        pool.broadcastModel()
        return [:]
    }

    /// `h_i + Q(g_i - h_i)`; moves the shift.
    private mutating func estimate(_ i: Int, in pool: inout WorkerPool) -> Vector {
        let gradient = pool.gradient(i, at: iterate)
        let shift = shifts[i]
        switch rule {
        case .fixed:
            return shift + pool.send(i, gradient - shift, through: compressor)
        case .star(let inner):
            let optimum = pool.oracles[i].gradient(at: pool.solution ?? iterate)
            let h = optimum + pool.send(i, gradient - optimum, through: inner)
            shifts[i] = h
            return h + pool.send(i, gradient - h, through: compressor)
        case .diana(let rate, let inner):
            let difference = gradient - shift
            let first = pool.send(i, difference, through: inner)
            let message = first + pool.send(i, difference - first, through: compressor)
            shifts[i] = shift + rate * message
            return shift + message
        case .randDiana(let probability):
            let estimate = shift + pool.send(i, gradient - shift, through: compressor)
            if pool.streams[i].bernoulli(probability) {
                shifts[i] = gradient
                pool.ledger.send(.dense(gradient.count))
            }
            return estimate
        }
    }
}
