import Engine
import Foundation

/// n workers with m rows each: `f_i(x) = mean log(1 + exp(-y a.x)) + lambda/2 |x|^2`.
///
/// Drawn from `SplitMix64(seed)`: A (n m d `sym`), w (d), 0.3 `sym` of noise a row; `y = sign(a.w + noise)`. Start 0.
public struct LogisticRegression: Sendable {
    /// Worker functions.
    public let workers: [Worker]
    /// Minimiser, to rounding.
    public let solution: Vector

    /// One worker's rows.
    public struct Worker: LinearModelOracle, PerExampleOracle {
        /// Rows a.
        public let design: Matrix
        /// y = +-1.
        public let labels: Vector
        /// lambda.
        public let regularization: Double

        /// Length of x.
        public var dimension: Int { design.columns }
        /// m.
        public var examples: Int { design.rows }
        /// phi'' <= 1/4.
        public var curvatureBound: Double { 0.25 }

        /// `mean|a|^3/(6 sqrt 3)`: the third derivative of log(1 + exp) is at most `1/(6 sqrt 3)`.
        public var hessianLipschitz: Double {
            (0..<examples).reduce(0) { $0 + pow(design.row($1).norm, 3) } / Double(examples)
                / (6 * 3.0.squareRoot())
        }

        /// The value.
        public func loss(at x: Vector, batch: Batch) -> Double {
            let rows = batch.indices(of: examples)
            let sum = rows.reduce(0) { total, r in
                let z = labels[r] * design.row(r).dot(x)
                return total + (z > 0 ? log1p(exp(-z)) : log1p(exp(z)) - z)
            }
            return sum / Double(rows.count) + 0.5 * regularization * x.squaredNorm
        }

        /// The gradient.
        public func gradient(at x: Vector, batch: Batch) -> Vector {
            let rows = batch.indices(of: examples)
            let sum = rows.reduce(Vector.zero(dimension)) { total, r in
                let slope = labels[r] / (1 + exp(labels[r] * design.row(r).dot(x)))
                return total - slope * design.row(r)
            }
            return (1 / Double(rows.count)) * sum + regularization * x
        }

        /// `s (1 - s)`, s the logistic of a.x.
        public func curvatures(at x: Vector) -> Vector {
            (design * x).map {
                let s = 1 / (1 + exp(-$0))
                return s * (1 - s)
            }
        }

        /// `mean s(1-s) a a^T + lambda I`.
        public func hessian(at x: Vector) -> Matrix {
            design.weightedGram((1 / Double(examples)) * curvatures(at: x))
                + regularization * Matrix.identity(dimension)
        }
    }

    /// Draws a problem.
    ///
    /// With `concentration` alpha the rows are then dealt out unevenly: worker i wants a fraction of positive labels drawn
    /// from a symmetric Beta distribution of parameter alpha (the Dirichlet of two classes) and takes from what is left.
    public init(
        workers n: Int = 4, rows m: Int = 6, dimension d: Int = 5, regularization: Double = 0.1,
        concentration: Double? = nil, seed: UInt64 = 2
    ) {
        var generator = SplitMix64(seed)
        let design = Matrix(
            rows: n * m, columns: d, (0..<n * m * d).map { _ in generator.sym() })
        let truth = Vector((0..<d).map { _ in generator.sym() })
        let noise = (0..<n * m).map { _ in 0.3 * generator.sym() }
        let labels = Vector((0..<n * m).map { design.row($0).dot(truth) + noise[$0] > 0 ? 1 : -1 })
        var order = Array(0..<n * m)
        if let concentration {
            order = Self.deal(labels, workers: n, concentration: concentration, using: &generator)
        }
        let functions = (0..<n).map { i in
            Worker(
                design: Matrix((0..<m).map { design.row(order[i * m + $0]) }),
                labels: Vector((0..<m).map { labels[order[i * m + $0]] }), regularization: regularization)
        }
        var x = Vector.zero(d)
        for _ in 0..<60 {
            let hessian = Matrix.mean(functions.map { $0.hessian(at: x) })
            x -= hessian.solve(Vector.mean(functions.map { $0.gradient(at: x) }))
        }
        workers = functions
        solution = x
    }

    init(workers: [Worker], solution: Vector) {
        self.workers = workers
        self.solution = solution
    }

    /// Rows in the order in which they are dealt out.
    private static func deal(
        _ labels: Vector, workers n: Int, concentration: Double, using generator: inout SplitMix64
    ) -> [Int] {
        var positive = (0..<labels.count).filter { labels[$0] > 0 }
        var negative = (0..<labels.count).filter { labels[$0] <= 0 }
        return (0..<n).flatMap { _ -> [Int] in
            let a = generator.gamma(shape: concentration)
            let b = generator.gamma(shape: concentration)
            let share = a + b > 0 ? a / (a + b) : 0.5
            return (0..<labels.count / n).map { _ in
                let wantsPositive = generator.uniform() < share
                return
                    (wantsPositive
                    ? positive.popLast() ?? negative.popLast() : negative.popLast() ?? positive.popLast())
                    ?? 0
            }
        }
    }

    /// The origin.
    public var start: Vector { .zero(solution.count) }

    /// A pool of these workers.
    public func pool(seed: UInt64 = 0, sampling: GradientSampling = .full) -> WorkerPool {
        WorkerPool(workers, seed: seed, sampling: sampling, solution: solution)
    }

    /// mu = lambda, smoothness bounds from `phi'' <= 1/4`, H*.
    public var constants: ProblemConstants {
        func top(_ m: Matrix) -> Double { SymmetricEigen(m).eigenvalues.values.last ?? 0 }
        let bounds = workers.map { w in
            w.design.weightedGram(Vector(repeating: 0.25 / Double(w.examples), count: w.examples))
                + w.regularization * Matrix.identity(w.dimension)
        }
        return ProblemConstants(
            strongConvexity: workers[0].regularization, smoothness: top(Matrix.mean(bounds)),
            workerSmoothness: bounds.map(top),
            hessianLipschitz: workers.reduce(0) { $0 + $1.hessianLipschitz } / Double(workers.count),
            dimension: solution.count)
    }
}

extension SplitMix64 {
    /// A Gamma variate of scale 1, by G. Marsaglia and W. Tsang, 2000; shapes below 1 through shape + 1.
    mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = pow(1 + c * x, 3)
            if v > 0, log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }
}
