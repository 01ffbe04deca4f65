/// Stochastic extragradient on a vector field: look ahead, then step with the field found there.
///
///     y = prox(z - eta F(z; xi)),   z+ = prox(z - eta F(y; xi'))
///
/// `same` replays the sample (xi' = xi), which is what makes it converge under interpolation; independent samples may
/// diverge on bilinear problems even then. `full` uses all samples. Two field evaluations a step; `eta <= 1/(2 L)`.
///
/// One machine: nothing is sent up, the new iterate counts as a broadcast. Maturity: experimental.
///
/// Source: K. Mishchenko, D. Kovalev, E. Shulgin, P. Richtarik, Y. Malitsky, "Revisiting stochastic extragradient",
/// 2019, arXiv 1905.11373.
public struct ExtragradientMethod: RoundMethod {
    /// Which samples the two evaluations see.
    public enum Samples: String, Sendable, Hashable, CaseIterable {
        /// The same one.
        case same
        /// Two drawn one after the other.
        case independent
        /// All.
        case full
    }

    /// eta.
    public var step: Double
    /// Which samples the two evaluations see.
    public var samples: Samples
    /// Projection or prox of a regulariser; the identity unless given.
    public var prox: @Sendable (Vector) -> Vector
    /// z.
    public private(set) var iterate = Vector([])

    /// The method.
    public init(step: Double, samples: Samples = .same, prox: @escaping @Sendable (Vector) -> Vector = { $0 })
    {
        self.step = step
        self.samples = samples
        self.prox = prox
    }

    /// A field.
    public var needs: Set<Capability> { [.field] }

    /// Starts at z.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { iterate = x }

    /// One step.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        if samples == .full {
            let y = ahead(pool.exactGradient(at: iterate))
            iterate = prox(iterate - step * pool.exactGradient(at: y))
        } else {
            let first = pool.server.index(pool.count)
            let second = samples == .same ? first : pool.server.index(pool.count)
            let y = ahead(pool.oracles[first].gradient(at: iterate))
            iterate = prox(iterate - step * pool.oracles[second].gradient(at: y))
        }
        pool.broadcastModel()
        return [:]
    }

    private func ahead(_ field: Vector) -> Vector { prox(iterate - step * field) }
}
