/// DSignSGD: `x -= gamma mean sign(g_i)`, or `x -= gamma sign(sum_i sign g_i)` by majority vote.
///
/// d bits up a worker. Every coordinate moves by at most gamma whatever the noise, so the step needs no damping under
/// relaxed smoothness; with a constant step it stays in a neighbourhood of size gamma.
///
/// Theory step: `gamma ~ 1/sqrt(K)` in units of the coordinates; the registry starts at 0.01. Maturity: established.
///
/// Sources: J. Bernstein et al., "signSGD", 2018, arXiv 1802.04434; unbiased against sign compression through SDEs.
public struct SignGradientMethod: RoundMethod {
    /// How signs are combined.
    public enum Vote: String, Sendable, Hashable, CaseIterable {
        /// Their average.
        case mean
        /// The sign of their sum.
        case majority
    }

    /// gamma.
    public var schedule: StepSchedule
    /// How signs are combined.
    public var vote: Vote
    /// x.
    public private(set) var iterate = Vector([])
    private var rounds = 0

    /// The method.
    public init(step: StepSchedule, vote: Vote = .mean) {
        schedule = step
        self.vote = vote
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { (iterate, rounds) = (x, 0) }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let signs = Vector.mean(
            pool.indices.map { pool.send($0, pool.gradient($0, at: iterate), through: SignCompressor()) })
        iterate -= schedule.step(round: rounds, gradientNorm: 0) * (vote == .mean ? signs : signs.signs)
        rounds += 1
        pool.broadcastModel()
        return [:]
    }
}
