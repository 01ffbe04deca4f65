/// Independent subnetwork training: every round the coordinates are dealt out to the workers.
///
/// A random permutation gives place t to worker t mod n. Two forms:
///
///     scaled:  C_i = n diag(block i),   x -= gamma/n sum_i C_i grad f_i(C_i x)
///     masks:   w_i = x on block i, 0 elsewhere;  l steps of w_i -= gamma grad f_i(w_i) on the block;  x = all blocks
///
/// `mean C_i = I`, but on quadratics the fixed point solves another system: expect a neighbourhood, unless the Hessians
/// fit the blocks. d/n numbers up and down. The scaled form needs steps n times smaller.
///
/// Maturity: experimental. Sources: E. Shulgin, P. Richtarik, "Towards a better theoretical understanding of
/// independent subnetwork training", 2023, arXiv 2306.16484.
public struct SubnetworkMethod: RoundMethod {
    /// gamma.
    public var step: Double
    /// `nil` is the scaled form, otherwise l.
    public var localSteps: Int?
    /// x.
    public private(set) var iterate = Vector([])

    /// The scaled form, or masks with local steps.
    public init(step: Double, localSteps: Int? = nil) {
        self.step = step
        self.localSteps = localSteps
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { iterate = x }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let masks = Self.masks(dimension: iterate.count, workers: pool.count, in: &pool)
        let n = Double(pool.count)
        let parts = pool.indices.map { i in
            let mask = masks[i]
            guard let localSteps else {
                return n * mask.zip(pool.gradient(i, at: n * mask.zip(iterate, *)), *)
            }
            var w = mask.zip(iterate, *)
            for _ in 0..<localSteps { w -= step * mask.zip(pool.gradient(i, at: w), *) }
            return w
        }
        iterate = localSteps == nil ? iterate - step * Vector.mean(parts) : Vector.sum(parts)
        // The blocks tile the vector: d numbers in all, either way.
        pool.ledger.send(.dense(iterate.count))
        pool.ledger.deliver(.dense(iterate.count))
        return [:]
    }

    /// Blocks of ones, from the server's stream.
    static func masks(dimension d: Int, workers n: Int, in pool: inout WorkerPool) -> [Vector] {
        var masks = Array(repeating: Vector.zero(d), count: n)
        for (t, j) in pool.server.permutation(d).enumerated() { masks[t % n][j] = 1 }
        return masks
    }
}
