/// Eigenvalues and eigenvectors of a symmetric matrix by Jacobi rotations.
///
///     A = V diag(w) V^T,  w ascending,  eigenvector k is column k of V
///
/// Only the symmetric part of the input is used. Rotations stop when the off-diagonal part is below rounding; errors
/// of eigenvalues are a few `eps |A|`. Meant for tens of rows: a sweep costs n^3.
public struct SymmetricEigen: Sendable {
    /// w, ascending.
    public let eigenvalues: Vector
    /// V.
    public let vectors: Matrix

    /// Decomposes; precondition: square.
    public init(_ matrix: Matrix) {
        precondition(matrix.rows == matrix.columns, "eigenvalues of a square matrix")
        let n = matrix.rows
        var a = matrix.symmetrized
        var v = Matrix.identity(n)
        let scale = max(a.frobeniusNorm, .leastNormalMagnitude)
        for _ in 0..<60 {
            var off = 0.0
            for i in 0..<n { for j in 0..<n where i != j { off += a[i, j] * a[i, j] } }
            if !(off.squareRoot() > 1e-17 * scale) { break }
            for p in 0..<n {
                for q in p + 1..<max(p + 1, n) where a[p, q] != 0 {
                    let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
                    let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<n {
                        (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q])
                    }
                    for k in 0..<n {
                        (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k])
                        (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q])
                    }
                }
            }
        }
        let order = (0..<n).sorted { (a[$0, $0], $0) < (a[$1, $1], $1) }
        eigenvalues = Vector(order.map { a[$0, $0] })
        vectors = Matrix(order.map { v.column($0) }).transposed
    }

    /// `V diag(f(w)) V^T`: a function of the matrix.
    public func rebuilt(_ f: (Double) -> Double) -> Matrix {
        vectors.transposed.weightedGram(eigenvalues.map(f))
    }
}

extension Matrix {
    /// `[H]_mu`: the symmetric part with eigenvalues lifted to at least `mu`, the closest such matrix.
    public func projected(above mu: Double) -> Matrix {
        SymmetricEigen(self).rebuilt { max($0, mu) }
    }
}
