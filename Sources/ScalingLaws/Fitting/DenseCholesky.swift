import Foundation

/// Cholesky factor of a small symmetric positive-definite matrix: `A = L L'`.
///
/// Row-major. Meant for the ten to thirty coefficients of a law, where calling a linear-algebra library would cost
/// more than the arithmetic. `n^3 / 6` multiplications.
struct DenseCholesky {
    /// Order of the matrix.
    let order: Int
    private var factor: [Double]

    /// The factor of `matrix`, or `nil` when it is not positive definite to working accuracy: a pivot below
    /// `1e-13` of its own diagonal entry means that rounding decides the sign.
    init?(_ matrix: [Double], order: Int) {
        precondition(matrix.count == order * order, "the matrix must be square")
        self.order = order
        factor = matrix
        let isDefinite = factor.withUnsafeMutableBufferPointer { factor in
            for j in 0..<order {
                var pivot = factor[j * order + j]
                let scale = pivot
                for k in 0..<j { pivot -= factor[j * order + k] * factor[j * order + k] }
                guard pivot > 1e-13 * scale, pivot.isFinite else { return false }
                let root = pivot.squareRoot()
                factor[j * order + j] = root
                for i in j + 1..<max(order, j + 1) {
                    var sum = factor[i * order + j]
                    for k in 0..<j { sum -= factor[i * order + k] * factor[j * order + k] }
                    factor[i * order + j] = sum / root
                }
            }
            return true
        }
        guard isDefinite else { return nil }
    }

    /// `log det A`.
    var logDeterminant: Double {
        var sum = 0.0
        for i in 0..<order { sum += log(factor[i * order + i]) }
        return 2 * sum
    }

    /// Solves `A x = b`.
    func solve(_ right: [Double]) -> [Double] {
        backward(forward(right))
    }

    /// Solves `L y = b`.
    func forward(_ right: [Double]) -> [Double] {
        var y = right
        for i in 0..<order {
            var sum = y[i]
            for k in 0..<i { sum -= factor[i * order + k] * y[k] }
            y[i] = sum / factor[i * order + i]
        }
        return y
    }

    /// Solves `L Y = B` in place for several right-hand sides, the columns of a row-major matrix.
    func forward(columns b: inout [Double], count: Int) {
        for i in 0..<order {
            for k in 0..<i {
                let l: Double = factor[i * order + k]
                for j in 0..<count { b[i * count + j] -= l * b[k * count + j] }
            }
            let root: Double = factor[i * order + i]
            for j in 0..<count { b[i * count + j] /= root }
        }
    }

    /// Solves `L' x = y`. Applied to independent standard normal numbers it gives a draw with covariance `A^-1`.
    func backward(_ right: [Double]) -> [Double] {
        var x = right
        for i in stride(from: order - 1, through: 0, by: -1) {
            var sum = x[i]
            for k in i + 1..<max(order, i + 1) { sum -= factor[k * order + i] * x[k] }
            x[i] = sum / factor[i * order + i]
        }
        return x
    }

    /// `L x`. Applied to independent standard normal numbers it gives a draw with covariance `A`.
    func multiplied(_ x: [Double]) -> [Double] {
        (0..<order).map { i in (0...i).reduce(0) { $0 + factor[i * order + $1] * x[$1] } }
    }

    /// `L' x`: the length of the result is `sqrt(x' A x)`.
    func transposedMultiplied(_ x: [Double]) -> [Double] {
        (0..<order).map { j in (j..<order).reduce(0) { $0 + factor[$1 * order + j] * x[$1] } }
    }

    /// `A^-1`, row-major.
    func inverse() -> [Double] {
        var result = [Double](repeating: 0, count: order * order)
        for column in 0..<order {
            var unit = [Double](repeating: 0, count: order)
            unit[column] = 1
            let solution = solve(unit)
            for row in 0..<order { result[row * order + column] = solution[row] }
        }
        return result
    }
}
