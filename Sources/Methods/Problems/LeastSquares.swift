import Engine
import Foundation

/// n workers with m rows each: `f_i(x) = |A_i x - b_i|^2 / (2 m)`.
///
/// Drawn from `SplitMix64(seed)`: A (n m d `sym`), a common point (d), for every worker that point plus half a `sym`
/// vector, then 0.1 `sym` of noise a row; b_r is row r at its worker's point plus noise. Workers disagree, so methods
/// without error feedback stall. Start `1/(1 + j)`. With a row spread s the rows of a worker are then given lengths that rise
/// by the factor s from the first to the last, around their own, so that samplings have something to tell apart.
public struct LeastSquares: Sendable {
    /// Worker functions.
    public let workers: [Worker]
    /// Minimiser.
    public let solution: Vector

    /// One worker's rows.
    public struct Worker: LinearModelOracle, PerExampleOracle {
        /// A_i.
        public let design: Matrix
        /// b_i.
        public let targets: Vector

        /// Length of x.
        public var dimension: Int { design.columns }
        /// m.
        public var examples: Int { design.rows }
        /// No regulariser.
        public var regularization: Double { 0 }
        /// Quadratic.
        public var hessianLipschitz: Double { 0 }
        /// phi'' = 1.
        public var curvatureBound: Double { 1 }

        /// Mean of half squared residuals.
        public func loss(at x: Vector, batch: Batch) -> Double {
            let rows = batch.indices(of: examples)
            return rows.reduce(0) { $0 + residual($1, x) * residual($1, x) } / (2 * Double(rows.count))
        }

        /// Mean of residual times row.
        public func gradient(at x: Vector, batch: Batch) -> Vector {
            let rows = batch.indices(of: examples)
            let sum = rows.reduce(Vector.zero(dimension)) { $0 + residual($1, x) * design.row($1) }
            return (1 / Double(rows.count)) * sum
        }

        /// `A_i^T A_i / m`.
        public func hessian(at x: Vector) -> Matrix {
            design.weightedGram(Vector(repeating: 1 / Double(examples), count: examples))
        }

        /// Ones.
        public func curvatures(at x: Vector) -> Vector { Vector(repeating: 1, count: examples) }

        private func residual(_ r: Int, _ x: Vector) -> Double { design.row(r).dot(x) - targets[r] }
    }

    /// Draws a problem.
    ///
    /// `spread` is the half-width of the workers' own points around the common one, `rowSpread` how many times longer a
    /// worker's last row is than its first, by draw.
    public init(
        workers n: Int = 4, rows m: Int = 5, dimension d: Int = 6, spread: Double = 0.5,
        rowSpread: Double = 1, seed: UInt64 = 1
    ) {
        var generator = SplitMix64(seed)
        let lengths = (0..<m).map { pow(rowSpread, Double($0) / Double(max(1, m - 1)) - 0.5) }
        let design = Matrix(
            rows: n * m, columns: d, (0..<n * m * d).map { generator.sym() * lengths[$0 / d % m] })
        let common = Vector((0..<d).map { _ in generator.sym() })
        let points = (0..<n).map { _ in common + Vector((0..<d).map { _ in spread * generator.sym() }) }
        let noise = (0..<n * m).map { _ in 0.1 * generator.sym() }
        let targets = Vector((0..<n * m).map { design.row($0).dot(points[$0 / m]) + noise[$0] })
        workers = (0..<n).map { i in
            Worker(
                design: Matrix((0..<m).map { design.row(i * m + $0) }),
                targets: Vector((0..<m).map { targets[i * m + $0] }))
        }
        let ones = Vector(repeating: 1, count: n * m)
        solution = design.weightedGram(ones).solve(design.transposed * targets)
    }

    /// The usual start.
    public var start: Vector { Vector((0..<solution.count).map { 1 / Double(1 + $0) }) }

    /// All rows as one worker.
    public var joined: Worker {
        Worker(
            design: Matrix(workers.flatMap { w in (0..<w.examples).map { w.design.row($0) } }),
            targets: Vector(workers.flatMap(\.targets.values)))
    }

    /// A pool of these workers.
    public func pool(seed: UInt64 = 0, sampling: GradientSampling = .full) -> WorkerPool {
        WorkerPool(workers, seed: seed, sampling: sampling, solution: solution)
    }

    /// L, L_max and the like.
    public var constants: ProblemConstants { ProblemConstants(workers, at: solution) }
}

extension Batch {
    /// Row numbers out of `count`; precondition for lists: not empty.
    func indices(of count: Int) -> [Int] {
        switch self {
        case .all: Array(0..<count)
        case .rows(let rows): rows
        }
    }
}
