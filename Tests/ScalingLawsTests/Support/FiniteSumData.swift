import Foundation
import ScalingLaws
import TestSupport

/// The exact data set of the finite-sum tables: 64 rows of 8 dyadic numbers, every sixteenth twice as long.
struct FiniteSumData {
    let rows: [[Double]]
    let targets: [Double]
    static let penalty = 0.0625

    init() {
        var generator = Xoshiro256StarStar(seed: 20_190_127)
        var rows: [[Double]] = []
        var targets: [Double] = []
        for i in 0..<64 {
            let scale = i % 16 == 0 ? 2.0 : 1.0
            let row = (0..<8).map { _ in scale * generator.sym12() }
            var target = 0.0
            for j in 0..<8 { target += row[j] * (1 - Double(j) / 4) }
            rows.append(row)
            targets.append(target + 0.5 * generator.sym12())
        }
        self.rows = rows
        self.targets = targets
    }

    /// `(a'x - b)^2/2 + lambda/2 |x|^2`.
    func ridge() -> FiniteSumReference {
        let hessians = rows.map { SmallMatrix.outer($0, $0) + Self.penalty * .identity(8) }
        let mean = Self.mean(hessians)
        var right = [Double](repeating: 0, count: 8)
        for (row, target) in zip(rows, targets) { for j in 0..<8 { right[j] += row[j] * target / 64 } }
        let x = mean.solve(right)
        let gradients = zip(rows, targets).map { row, target in
            (0..<8).map { row[$0] * (dot(row, x) - target) + Self.penalty * x[$0] }
        }
        let values = zip(rows, targets).map { 0.5 * (dot($0, x) - $1) * (dot($0, x) - $1) }
        return FiniteSumReference(
            hessians: hessians, strongConvexity: mean.eigen().values[0], optimum: x, gradients: gradients,
            value: values.reduce(0, +) / 64 + Self.penalty / 2 * dot(x, x))
    }

    /// `ln(1 + exp(-y a'x)) + lambda/2 |x|^2`, y the sign of b; solved by Newton steps.
    func logistic() -> FiniteSumReference {
        let signed = zip(rows, targets).map { row, target in row.map { target >= 0 ? $0 : -$0 } }
        var x = [Double](repeating: 0, count: 8)
        var gradients: [[Double]] = []
        for _ in 0..<30 {
            gradients = signed.map { row in
                let s = 1 / (1 + exp(dot(row, x)))
                return (0..<8).map { -s * row[$0] + Self.penalty * x[$0] }
            }
            let hessian = Self.mean(
                signed.map { row in
                    let s = 1 / (1 + exp(dot(row, x)))
                    return s * (1 - s) * SmallMatrix.outer(row, row) + Self.penalty * .identity(8)
                })
            let gradient = (0..<8).map { j in gradients.reduce(0) { $0 + $1[j] } / 64 }
            let step = hessian.solve(gradient)
            for j in 0..<8 { x[j] -= step[j] }
        }
        let value = signed.reduce(0) { $0 + log1p(exp(-dot($1, x))) } / 64
        return FiniteSumReference(
            hessians: rows.map { 0.25 * SmallMatrix.outer($0, $0) + Self.penalty * .identity(8) },
            strongConvexity: Self.penalty, optimum: x, gradients: gradients,
            value: value + Self.penalty / 2 * dot(x, x))
    }

    static func mean(_ matrices: [SmallMatrix]) -> SmallMatrix {
        var sum = SmallMatrix(order: matrices[0].order)
        for matrix in matrices { sum = sum + matrix }
        return 1 / Double(matrices.count) * sum
    }
}

/// Constants and solution of one problem on the data set.
struct FiniteSumReference {
    /// Largest Hessians of the f_i (the Hessians, for ridge regression).
    let hessians: [SmallMatrix]
    let strongConvexity: Double
    let optimum: [Double]
    /// grad f_i(x*).
    let gradients: [[Double]]
    let value: Double

    var each: [Double] { hessians.map(\.largestEigenvalue) }
    var squaredNorms: [Double] { gradients.map { dot($0, $0) } }
    var squaredDistance: Double { dot(optimum, optimum) }

    var problem: FiniteSumProblem {
        FiniteSumProblem(
            examples: 64, strongConvexity: strongConvexity,
            smoothness: FiniteSumData.mean(hessians).largestEigenvalue,
            largestSmoothness: each.reduce(0, max),
            gradientNoise: squaredNorms.reduce(0, +) / 64)
    }

    /// Smoothness of the averages of consecutive blocks.
    func blocks(of tau: Int) -> [Double] {
        stride(from: 0, to: 64, by: tau).map {
            FiniteSumData.mean(Array(hessians[$0..<$0 + tau])).largestEigenvalue
        }
    }
}
