import Engine

/// n workers with `f_i(x) = sum_j (x_j - c_ij)^4 / 4`: smooth where one is close, ever less so far away.
///
/// The Hessian is diagonal with entries `3 (x_j - c_ij)^2`, which grows like the gradient to the power 2/3: there are
/// (L0, L1) with `|hessian| <= L0 + L1 |gradient|`, and no L. Steps that are right near the solution diverge from afar.
///
/// Drawn from `SplitMix64(seed)`: c_i is one half-width `spread` times `sym` a coordinate. Start: `distance` on every
/// coordinate. The solution is the zero of the increasing function `sum_i (x_j - c_ij)^3`, by bisection.
///
/// Constants: L = 3 mean (x*_j - c_ij)^2 at its largest over j, plus 3: the curvature at the solution and one unit away.
public struct QuarticValley: Sendable {
    /// Worker functions.
    public let workers: [Worker]
    /// Minimiser.
    public let solution: Vector
    /// Where runs begin.
    public let start: Vector

    /// One worker's function.
    public struct Worker: Oracle {
        /// c.
        public let centre: Vector
        /// Length of x.
        public var dimension: Int { centre.count }
        /// One.
        public var examples: Int { 1 }

        /// A quarter of the fourth powers.
        public func loss(at x: Vector, batch: Batch) -> Double {
            (x - centre).values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 4
        }

        /// The cubes.
        public func gradient(at x: Vector, batch: Batch) -> Vector { (x - centre).map { $0 * $0 * $0 } }
    }

    /// Draws a problem.
    public init(
        workers n: Int = 4, dimension d: Int = 5, spread: Double = 1, distance: Double = 5, seed: UInt64 = 7
    ) {
        var generator = SplitMix64(seed)
        let centres = (0..<n).map { _ in Vector((0..<d).map { _ in spread * generator.sym() }) }
        workers = centres.map(Worker.init)
        solution = Vector(
            (0..<d).map { j in
                let values = centres.map { $0[j] }
                var (low, high) = (values.min() ?? 0, values.max() ?? 0)
                for _ in 0..<100 {
                    let middle = 0.5 * (low + high)
                    let slope = values.reduce(0) { sum, c in
                        sum + (middle - c) * (middle - c) * (middle - c)
                    }
                    if slope < 0 { low = middle } else { high = middle }
                }
                return 0.5 * (low + high)
            })
        start = Vector(repeating: distance, count: d)
    }

    /// A pool of these workers.
    public func pool(seed: UInt64 = 0) -> WorkerPool { WorkerPool(workers, seed: seed, solution: solution) }

    /// See the type.
    public var constants: ProblemConstants {
        func top(_ workers: [Worker]) -> Double {
            let curvatures = solution.values.indices.map { j in
                workers.reduce(0) { sum, worker in
                    let gap = solution[j] - worker.centre[j]
                    return sum + 3 * gap * gap
                } / Double(workers.count)
            }
            return 3 + (curvatures.max() ?? 0)
        }
        return ProblemConstants(
            strongConvexity: 1e-3, smoothness: top(workers), workerSmoothness: workers.map { top([$0]) },
            dimension: solution.count)
    }
}
