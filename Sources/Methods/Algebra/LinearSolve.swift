extension Matrix {
    /// `x` of `A x = b` by Gaussian elimination with row exchanges.
    ///
    /// A singular matrix gives NaN in every coordinate: the step that asked for it is then seen as divergence by
    /// whoever watches the loss. Error about `n eps cond(A)`.
    public func solve(_ b: Vector) -> Vector {
        precondition(rows == columns && rows == b.count, "a square system and one right side")
        var a = self
        var x = b
        for k in 0..<rows {
            let pivot = (k..<rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
            guard abs(a[pivot, k]) > 0 else { return Vector(repeating: .nan, count: rows) }
            if pivot != k {
                for j in 0..<rows { (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]) }
                x.values.swapAt(k, pivot)
            }
            for i in k + 1..<max(k + 1, rows) {
                let factor = a[i, k] / a[k, k]
                for j in k..<rows { a[i, j] -= factor * a[k, j] }
                x[i] -= factor * x[k]
            }
        }
        for i in stride(from: rows - 1, through: 0, by: -1) {
            for j in i + 1..<max(i + 1, rows) { x[i] -= a[i, j] * x[j] }
            x[i] /= a[i, i]
        }
        return x
    }
}
