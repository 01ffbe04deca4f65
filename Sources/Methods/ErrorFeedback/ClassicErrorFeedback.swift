/// EF14: what compression drops is kept and sent later.
///
///     v_i = C(e_i + gamma g_i),   e_i += gamma g_i - v_i,   x -= mean v_i
///
/// `x_k - mean e_i = x_0 - gamma sum mean g_i(x_s)`: a virtual iterate follows the true gradients. With heterogeneous
/// workers, a constant step and a biased C a floor of order gamma^2 remains that EF21 and EControl do not have.
/// A server compressor sends the model as `x += C0(w - x)`, w the exact model.
///
/// Theory step: `gamma <= alpha/(4 L)`-like; the registry takes `alpha/(2 L_max)`. Maturity: established.
///
/// Sources: F. Seide et al., "1-bit SGD", 2014; S. Stich, J.-B. Cordonnier, M. Jaggi, 2018, arXiv 1809.07599.
public struct ClassicErrorFeedbackMethod: RoundMethod {
    /// C.
    public var compressor: any Compressor
    /// gamma.
    public var step: Double
    /// C0; `nil` sends the model in full.
    public var modelCompressor: (any Compressor)?
    /// x.
    public private(set) var iterate = Vector([])
    /// e_i.
    public private(set) var errors: [Vector] = []
    private var exact = Vector([])

    /// The method.
    public init(_ compressor: any Compressor, step: Double, modelCompressor: (any Compressor)? = nil) {
        self.compressor = compressor
        self.step = step
        self.modelCompressor = modelCompressor
    }

    /// Starts at x without errors.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        exact = x
        errors = pool.indices.map { _ in .zero(x.count) }
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let sent = pool.indices.map { i in
            let wanted = errors[i] + step * pool.gradient(i, at: iterate)
            let v = pool.send(i, wanted, through: compressor)
            errors[i] = wanted - v
            return v
        }
        exact -= Vector.mean(sent)
        iterate = pool.broadcastModel(exact, last: iterate, through: modelCompressor)
        return ["error": errors.reduce(0) { $0 + $1.squaredNorm } / Double(errors.count)]
    }
}

extension WorkerPool {
    /// Sends the model `w` to all: in full, or as `x + C0(w - x)`. What the workers then have.
    mutating func broadcastModel(_ w: Vector, last x: Vector, through compressor: (any Compressor)?) -> Vector
    {
        guard let compressor else {
            broadcastModel()
            return w
        }
        let message = compressor.compress(w - x, using: &server)
        broadcast(message.cost)
        return x + message.value
    }
}
