import Engine

/// MAST without the noise of the sketches: gradient methods for `f~(x) = mean_b f(v + S_b (x - v))` over finitely many
/// sketches, with the variance reduction of L-SVRG or of PAGE.
///
///     g_b(x) = S_b grad f(v + S_b (x - v)),   G(x) = mean_b g_b(x)
///
///     l-svrg   h = g_b(x) - g_b(w) + G(w);  x -= gamma h;  with probability p: w = x before the step
///     page     x' = x - gamma h;  with probability p: h = G(x'), else h += g_b(x') - g_b(x)
///
/// Sketches are blocks of a partition of the coordinates: N = ceil(d/K) of them, `S_b = N I_b`, whose mean is the
/// identity. Every worker draws its own b; the coin and the partition are the server's. With a constant step both go
/// linearly to the minimiser of f~, for strongly convex f, where sketched SGD (`SketchedMethod`) hovers around it. That
/// minimiser is not f's: the quadratic of least squares keeps its diagonal blocks only, times N.
///
/// Theory: f(v + S_b .) is `N^2 L_max`-smooth, f~ at most `N L_max`: `gamma = 1/(6 N^2 L_max)` for l-svrg and
/// `1/(N L_max (1 + N sqrt((1 - p)/p)))` for page. p = 1/N costs as much as the sketches themselves.
///
/// Cost: K numbers both ways, all of them when G is computed. Maturity: experimental: written from the names of the
/// methods and the general theory of both reductions, not from the authors' code.
///
/// Sources: Y. Demidovich et al., "MAST: model-agnostic sparsified training", 2023, arXiv 2311.16086 (L-SVRDSG, S-PAGE);
/// D. Kovalev, S. Horvath, P. Richtarik, 2019, arXiv 1901.08689; Z. Li, H. Bao, X. Zhang, P. Richtarik, 2020, arXiv 2008.10898.
public struct SketchedVarianceReductionMethod: RoundMethod {
    /// What takes the noise out.
    public enum Reduction: String, Sendable, Hashable, CaseIterable {
        /// Differences to a reference point.
        case svrg = "l-svrg"
        /// Differences to the last point.
        case page
    }

    /// gamma.
    public var step: Double
    /// What takes the noise out.
    public var reduction: Reduction
    /// K.
    public var kept: Int
    /// p.
    public var probability: Double
    /// v; `nil` is 0.
    public var shift: Vector?
    /// x.
    public private(set) var iterate = Vector([])
    private var blocks: [[Int]] = []
    /// w of l-svrg; x before the last step of page.
    private var reference = Vector([])
    /// A worker's G(w), or its h.
    private var memory: [Vector] = []

    /// The method.
    public init(step: Double, reduction: Reduction, kept: Int, probability: Double, shift: Vector? = nil) {
        self.step = step
        self.reduction = reduction
        self.kept = kept
        self.probability = probability
        self.shift = shift
    }

    /// The step of the theory for blocks of K coordinates.
    public static func theoryStep(
        _ c: ProblemConstants, reduction: Reduction, kept: Int, probability p: Double
    ) -> Double {
        let n = Double(max(1, (c.dimension + kept - 1) / kept))
        switch reduction {
        case .svrg: return 1 / (6 * n * n * c.largestSmoothness)
        case .page: return 1 / (n * c.largestSmoothness * (1 + n * ((1 - p) / p).squareRoot()))
        }
    }

    /// Starts at x: deals the coordinates out and pays for the first full gradients.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        reference = x
        let order = pool.server.permutation(x.count)
        blocks = stride(from: 0, to: x.count, by: max(1, kept)).map {
            Array(order[$0..<min($0 + kept, x.count)])
        }
        memory = pool.indices.map { full($0, at: x, in: pool) }
        pool.ledger.prepare(pool.count * .dense(x.count))
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let isFull = pool.server.bernoulli(probability)
        switch reduction {
        case .svrg:
            let estimates = pool.indices.map { i in
                let b = pool.streams[i].index(blocks.count)
                pay(blocks[b].count, in: &pool)
                return sketched(i, b, at: iterate, in: pool) - sketched(i, b, at: reference, in: pool)
                    + memory[i]
            }
            if isFull {
                reference = iterate
                for i in pool.indices { memory[i] = full(i, at: reference, in: pool) }
                payInFull(in: &pool)
            }
            iterate -= step * Vector.mean(estimates)
        case .page:
            reference = iterate
            iterate -= step * Vector.mean(memory)
            for i in pool.indices {
                if isFull {
                    memory[i] = full(i, at: iterate, in: pool)
                } else {
                    let b = pool.streams[i].index(blocks.count)
                    pay(blocks[b].count, in: &pool)
                    memory[i] +=
                        sketched(i, b, at: iterate, in: pool) - sketched(i, b, at: reference, in: pool)
                }
            }
            if isFull { payInFull(in: &pool) }
        }
        return ["refreshed": isFull ? 1 : 0]
    }

    private func pay(_ numbers: Int, in pool: inout WorkerPool) {
        pool.ledger.send(.dense(numbers))
        pool.ledger.deliver(.dense(numbers))
    }

    private func payInFull(in pool: inout WorkerPool) {
        pool.sendFromAll(.dense(iterate.count))
        pool.broadcastModel()
    }

    /// g_b of worker i, over all its rows: what a difference of two points is taken of must be one function.
    private func sketched(_ i: Int, _ b: Int, at x: Vector, in pool: WorkerPool) -> Vector {
        let v = shift ?? .zero(x.count)
        let n = Double(blocks.count)
        var point = v
        for j in blocks[b] { point[j] += n * (x[j] - v[j]) }
        let gradient = pool.oracles[i].gradient(at: point)
        var result = Vector.zero(x.count)
        for j in blocks[b] { result[j] = n * gradient[j] }
        return result
    }

    /// G of worker i.
    private func full(_ i: Int, at x: Vector, in pool: WorkerPool) -> Vector {
        Vector.mean(blocks.indices.map { sketched(i, $0, at: x, in: pool) })
    }
}
