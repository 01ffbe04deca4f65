import Engine

/// MAST: the function is averaged over random diagonal sketches S with mean I, around a shift v.
///
///     min_x E f(v + S (x - v)),   x -= gamma S grad f(v + S (x - v))
///
/// Rand-K keeps K coordinates times d/K; Bernoulli keeps each with probability q, times 1/q: dropout when v = 0, sparse
/// fine-tuning when v is a trained model. `single` draws one S a round and takes the whole gradient; `distributed` gives
/// each worker its own S. For least squares with Rand-K the limit minimises the quadratic whose off-diagonal is times
/// `d (K - 1)/(K (d - 1))` and whose diagonal is times d/K.
///
/// Steps: `gamma <= q^2/L`-like; see `MaskedTraining`. Without the sketches' noise:
/// `SketchedVarianceReductionMethod`. Maturity: experimental.
///
/// Source: Y. Demidovich et al., "MAST: model-agnostic sparsified training", 2023, arXiv 2311.16086.
public struct SketchedMethod: RoundMethod {
    /// How coordinates are kept.
    public enum Sketch: Sendable, Hashable {
        /// K of them.
        case randK(Int)
        /// Each with a probability.
        case bernoulli(Double)
    }

    /// gamma.
    public var step: Double
    /// How coordinates are kept.
    public var sketch: Sketch
    /// v; `nil` is 0.
    public var shift: Vector?
    /// Whether one sketch serves all workers.
    public var isShared: Bool
    /// x.
    public private(set) var iterate = Vector([])

    /// The method.
    public init(step: Double, sketch: Sketch, shift: Vector? = nil, shared: Bool = false) {
        self.step = step
        self.sketch = sketch
        self.shift = shift
        isShared = shared
    }

    /// Starts at x.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) { iterate = x }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let v = shift ?? .zero(iterate.count)
        let common = isShared ? draw(iterate.count, using: &pool.server) : nil
        let gradients = pool.indices.map { i in
            let s = common ?? draw(iterate.count, using: &pool.streams[i])
            let kept = Cost.dense(s.values.count { $0 != 0 })
            pool.ledger.send(kept)
            pool.ledger.deliver(kept)
            return s.zip(pool.gradient(i, at: v + s.zip(iterate - v, *)), *)
        }
        iterate -= step * Vector.mean(gradients)
        return [:]
    }

    private func draw(_ d: Int, using generator: inout SplitMix64) -> Vector {
        switch sketch {
        case .randK(let k):
            var s = Vector.zero(d)
            for j in generator.sample(d, k) { s[j] = Double(d) / Double(k) }
            return s
        case .bernoulli(let q):
            return Vector((0..<d).map { _ in generator.bernoulli(q) ? 1 / q : 0 })
        }
    }
}
