/// Thin singular value decomposition by one-sided Jacobi rotations.
///
///     X = U diag(s) V^T,  s descending;  columns of U that belong to s = 0 are zero
///
/// Works on the orientation with fewer columns. Relative accuracy of singular values is close to rounding.
public struct SingularValues: Sendable {
    /// U, rows x rank dimension.
    public let left: Matrix
    /// s, descending.
    public let values: Vector
    /// V, columns x rank dimension.
    public let right: Matrix

    /// Decomposes.
    public init(_ matrix: Matrix) {
        let isWide = matrix.columns > matrix.rows
        var u = isWide ? matrix.transposed : matrix
        let n = u.columns
        var v = Matrix.identity(n)
        for _ in 0..<60 {
            var rotated = false
            for p in 0..<n {
                for q in p + 1..<max(p + 1, n) {
                    var (alpha, beta, gamma) = (0.0, 0.0, 0.0)
                    for k in 0..<u.rows {
                        alpha += u[k, p] * u[k, p]
                        beta += u[k, q] * u[k, q]
                        gamma += u[k, p] * u[k, q]
                    }
                    guard abs(gamma) > 1e-16 * (alpha * beta).squareRoot() else { continue }
                    rotated = true
                    let zeta = (beta - alpha) / (2 * gamma)
                    let t = (zeta < 0 ? -1.0 : 1.0) / (abs(zeta) + (zeta * zeta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<u.rows {
                        (u[k, p], u[k, q]) = (c * u[k, p] - s * u[k, q], s * u[k, p] + c * u[k, q])
                    }
                    for k in 0..<n {
                        (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q])
                    }
                }
            }
            if !rotated { break }
        }
        let lengths = (0..<n).map { u.column($0).norm }
        let order = (0..<n).sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }
        let inner = Matrix(order.map { u.column($0).normalized }).transposed
        let outer = Matrix(order.map { v.column($0) }).transposed
        values = Vector(order.map { lengths[$0] })
        left = isWide ? outer : inner
        right = isWide ? inner : outer
    }

    /// The largest `rank` singular triples put back together: the best approximation of that rank.
    public func truncated(to rank: Int) -> Matrix {
        var x = Matrix(rows: left.rows, columns: right.rows)
        for k in 0..<min(rank, values.count) {
            for i in 0..<x.rows { for j in 0..<x.columns { x[i, j] += values[k] * left[i, k] * right[j, k] } }
        }
        return x
    }

    /// `U V^T` over the nonzero singular values: the polar factor.
    public var polarFactor: Matrix {
        var x = Matrix(rows: left.rows, columns: right.rows)
        for k in 0..<values.count where values[k] > 0 {
            for i in 0..<x.rows { for j in 0..<x.columns { x[i, j] += left[i, k] * right[j, k] } }
        }
        return x
    }
}
