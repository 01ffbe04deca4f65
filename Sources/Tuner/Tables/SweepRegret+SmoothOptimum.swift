import Foundation

extension SweepRegret {
    /// The bottom of a cell, less noisy than its best run.
    public struct SmoothOptimum: Sendable, Hashable {
        /// Peak learning rate.
        public var learningRate: Double
        /// Tokens per step.
        public var batchSize: Double
        /// Loss of the parabola at its bottom; the lowest measured loss without a parabola.
        public var floor: Double
        /// Second derivatives per octave: learning rate twice, both, batch size twice; `nil` without a parabola.
        public var curvature: [Double]?
        /// Relative distance from the best loss of the runs it is from; `nil` without a parabola.
        public var level: Double?
        /// Runs it is from; 0 without a parabola.
        public var runs: Int
        /// Root mean square residual, `sqrt(sum r^2 / (n - 6))`; `nan` without a parabola.
        public var residual: Double
    }

    /// The optimum of a parabola `c + g u + u H u / 2` in octaves, by least squares over the runs near the best.
    ///
    /// The runs within 0.5 % of the best loss are taken, else within 1 %, else 2 %: the first level with 14 runs at three
    /// learning rates and three batch sizes, and a smallest curvature above 1e-5 per squared octave. The optimum is held
    /// inside the measured box. Where no level will do it is the best run.
    ///
    /// - Returns: the optimum with what it rests on.
    public func smoothOptimum() -> SmoothOptimum {
        for level in [0.005, 0.01, 0.02] {
            let near = points.filter { $0.loss <= best * (1 + level) }
            guard near.count >= 14, Set(near.map(\.x)).count >= 3, Set(near.map(\.y)).count >= 3,
                let found = parabola(near, level: level)
            else { continue }
            return found
        }
        let lowest = points.min { $0.loss < $1.loss }
        return SmoothOptimum(
            learningRate: exp2(lowest?.x ?? .nan), batchSize: exp2(lowest?.y ?? .nan), floor: best,
            curvature: nil, level: nil, runs: 0, residual: .nan)
    }

    private func parabola(_ near: [Point], level: Double) -> SmoothOptimum? {
        let count = Double(near.count)
        let centre = (
            x: near.reduce(0) { $0 + $1.x } / count, y: near.reduce(0) { $0 + $1.y } / count
        )
        let us = near.map { $0.x - centre.x }
        let vs = near.map { $0.y - centre.y }
        let columns: [[Double]] = [
            us.map { _ in 1 }, us, vs, us.map { $0 * $0 / 2 }, vs.map { $0 * $0 / 2 }, zip(us, vs).map(*),
        ]
        guard let c = Self.leastSquares(columns, near.map(\.loss)) else { return nil }
        let (hxx, hyy, hxy) = (c[3], c[4], c[5])
        let half: Double = (hxx - hyy) / 2
        let smallest: Double = (hxx + hyy) / 2 - (half * half + hxy * hxy).squareRoot()
        guard smallest > 1e-5 else { return nil }
        let determinant: Double = hxx * hyy - hxy * hxy
        let stepX: Double = (-c[1] * hyy + c[2] * hxy) / determinant
        let stepY: Double = (c[1] * hxy - c[2] * hxx) / determinant
        func held(_ value: Double, _ values: [Double]) -> Double {
            min(max(value, values.min() ?? value), values.max() ?? value)
        }
        let squares = near.indices.reduce(0.0) { sum, i in
            let residual: Double = near[i].loss - columns.indices.reduce(0) { $0 + c[$1] * columns[$1][i] }
            return sum + residual * residual
        }
        return SmoothOptimum(
            learningRate: exp2(held(centre.x + stepX, points.map(\.x))),
            batchSize: exp2(held(centre.y + stepY, points.map(\.y))),
            floor: c[0] + (c[1] * stepX + c[2] * stepY) / 2, curvature: [hxx, hxy, hyy], level: level,
            runs: near.count, residual: (squares / max(1, count - 6)).squareRoot())
    }

    /// Least squares by modified Gram-Schmidt on the columns and the response together, which is as stable as
    /// Householder's method (Bjorck 1967).
    ///
    /// - Parameters:
    ///   - columns: the design, by columns.
    ///   - response: what is explained.
    /// - Returns: coefficients; `nil` when the columns depend on each other.
    static func leastSquares(_ columns: [[Double]], _ response: [Double]) -> [Double]? {
        var q = columns + [response]
        let n = columns.count
        var r = Array(repeating: Array(repeating: 0.0, count: n + 1), count: n)
        for k in 0..<n {
            let before = zip(columns[k], columns[k]).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
            r[k][k] = zip(q[k], q[k]).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
            guard r[k][k] > 1e-10 * before else { return nil }
            for i in q[k].indices { q[k][i] /= r[k][k] }
            for j in k + 1...n {
                r[k][j] = zip(q[k], q[j]).reduce(0) { $0 + $1.0 * $1.1 }
                for i in q[j].indices { q[j][i] -= r[k][j] * q[k][i] }
            }
        }
        var solution = Array(repeating: 0.0, count: n)
        for k in (0..<n).reversed() {
            let known = (k + 1..<n).reduce(0.0) { $0 + r[k][$1] * solution[$1] }
            solution[k] = (r[k][n] - known) / r[k][k]
        }
        return solution
    }
}
