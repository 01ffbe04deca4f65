import Engine

/// SGD whose workers draw rows by a rule of choice: `x -= gamma mean_i sum_r v_r grad f_ir(x)`.
///
/// tau rows a worker, or in the mean:
///
/// | sampling | rows | V_i |
/// |---|---|---|
/// | `nice` | tau different ones, uniformly | `(m - tau)/(tau (m - 1)) max L_r` |
/// | `replacement` | tau uniform draws | `max L_r / tau` |
/// | `independent` | each by itself with probability tau/m | `(1 - p) max L_r / (p m)` |
/// | `importance` | tau draws with probabilities `L_r / sum L` | `mean L_r / tau` |
/// | `independent-importance` | each by itself, likelier the larger L_r | `max (1 - p_r) L_r / (p_r m)` |
/// | `partition` | one of `m/tau` fixed blocks | `max_C mean_C L_r` (0 for one block) |
///
/// L_r is the smoothness of a row's loss. `E|g(x) - g(x*)|^2 <= 2 Ls (f(x) - f*)` holds with `Ls = L + max_i V_i / n`, n
/// workers drawing for themselves, and the step of the theory is `1/(2 Ls)`: linear down to a floor of
/// `2 gamma sigma^2/mu`. A slightly larger constant than the sharpest ones for one worker (`MinibatchSampling` of the laws).
/// Without minibatches tau = m. Importance pays when rows differ: its V has the mean where the others have the largest.
///
/// Cost: the gradient up, the model down. Maturity: established.
///
/// Source: R. Gower et al., "SGD: general analysis and improved rates", 2019, arXiv 1901.09401; the constant for several
/// workers is ours.
public struct SampledGradientMethod: RoundMethod {
    /// How rows are drawn.
    public enum Sampling: String, Sendable, Hashable, CaseIterable {
        /// Different rows, uniformly.
        case nice
        /// Uniform draws that may repeat.
        case replacement
        /// Each row by itself.
        case independent
        /// Draws that may repeat, by smoothness.
        case importance
        /// Each row by itself, by smoothness.
        case independentImportance = "independent-importance"
        /// Fixed blocks.
        case partition
    }

    /// How rows are drawn.
    public var sampling: Sampling
    /// gamma in units of `1/(2 Ls)`.
    public var relativeStep: Double
    /// x.
    public private(set) var iterate = Vector([])
    /// Ls; set when a run starts.
    public private(set) var expectedSmoothness = 0.0
    private var samplers: [RowSampler] = []

    /// The method.
    public init(_ sampling: Sampling, relativeStep: Double = 1) {
        self.sampling = sampling
        self.relativeStep = relativeStep
    }

    /// Rows, and what their smoothness follows from.
    public var needs: Set<Capability> { [.perExample, .linearModel] }

    /// Starts at x: builds the samplers and their constant.
    public mutating func start(at x: Vector, in pool: inout WorkerPool) {
        iterate = x
        samplers = []
        var variance = 0.0
        for i in pool.indices {
            let oracle = pool.require(i, (any LinearModelOracle).self)
            let rows = oracle.examples
            let each = (0..<rows).map {
                oracle.curvatureBound * oracle.design.row($0).squaredNorm + oracle.regularization
            }
            var drawn = rows
            if case .rows(let size) = pool.sampling { drawn = size }
            let (kind, spread) = rule(each, drawn: drawn)
            samplers.append(RowSampler(kind, rows: rows))
            variance = max(variance, spread)
        }
        expectedSmoothness = Self.smoothness(of: pool) + variance / Double(max(1, pool.count))
    }

    /// L: the largest eigenvalue of the mean of the workers' curvature bounds.
    private static func smoothness(of pool: WorkerPool) -> Double {
        let bounds = pool.indices.map { i in
            let oracle = pool.require(i, (any LinearModelOracle).self)
            let weight = oracle.curvatureBound / Double(oracle.examples)
            return oracle.design.weightedGram(Vector(repeating: weight, count: oracle.examples))
                + oracle.regularization * Matrix.identity(oracle.dimension)
        }
        return SymmetricEigen(Matrix.mean(bounds)).eigenvalues.values.last ?? 0
    }

    /// The sampler of one worker, and its V.
    private func rule(_ each: [Double], drawn: Int) -> (RowSampler.Kind, Double) {
        let (m, tau) = (Double(each.count), Double(drawn))
        let largest = each.max() ?? 0
        let mean = each.reduce(0, +) / m
        switch sampling {
        case .nice: return (.nice(drawn), m > 1 ? (m - tau) / (tau * (m - 1)) * largest : 0)
        case .replacement:
            return (.replacement(drawn, each.map { _ in 1 / m }), largest / tau)
        case .importance:
            return (.replacement(drawn, each.map { mean > 0 ? $0 / (mean * m) : 1 / m }), mean / tau)
        case .independent: return Self.independent(each.map { _ in tau / m }, each)
        case .independentImportance:
            return Self.independent(Self.probabilities(each, expected: tau), each)
        case .partition:
            let blocks = stride(from: 0, to: each.count, by: drawn).map {
                Array($0..<min($0 + drawn, each.count))
            }
            let share = Double(blocks.count) / m
            let roughest = blocks.map { $0.reduce(0) { $0 + each[$1] } * share }.max() ?? 0
            return (.partition(blocks), blocks.count > 1 ? roughest : 0)
        }
    }

    private static func independent(_ p: [Double], _ each: [Double]) -> (RowSampler.Kind, Double) {
        let worst = zip(p, each).map { (1 - $0) * $1 / $0 }.max() ?? 0
        return (.independent(p), worst / Double(each.count))
    }

    /// The probabilities with a given sum that make `max (1 - p_r) L_r / p_r` least: `p_r = L_r/(L_r + c)`, c by
    /// bisection. Never below a thousandth of the uniform ones, so that a row of zeros has a finite weight.
    static func probabilities(_ each: [Double], expected tau: Double) -> [Double] {
        let m = Double(each.count)
        guard tau < m, let largest = each.max(), largest > 0 else { return each.map { _ in min(1, tau / m) } }
        let least = 1e-3 * tau / m
        func all(_ c: Double) -> [Double] { each.map { max(least, $0 / ($0 + c)) } }
        var (low, high) = (0.0, largest * m / tau)
        for _ in 0..<200 {
            let middle = 0.5 * (low + high)
            if all(middle).reduce(0, +) > tau { low = middle } else { high = middle }
        }
        return all(high)
    }

    /// One round.
    public mutating func round(in pool: inout WorkerPool) -> Diagnostics {
        let gradients = pool.indices.map { pool.gradient($0, at: iterate, drawnBy: &samplers[$0]) }
        pool.sendFromAll(.dense(iterate.count))
        iterate -= relativeStep / (2 * expectedSmoothness) * Vector.mean(gradients)
        pool.broadcastModel()
        return ["expected_smoothness": expectedSmoothness]
    }
}
