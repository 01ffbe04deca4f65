internal import CTunerKernels

/// The linear map `y = x W^T + b`, its adjoint, and the row-wise helpers that go with it.
///
/// Shapes: x `(N, I)`, W `(O, I)`, b `(O)`, y `(N, O)`, all row-major.
enum Linear {
    /// `y = x W^T + b`, or `y += x W^T` when `b` is nil and `accumulate` is set.
    static func forward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        y: UnsafeMutablePointer<Scalar>, rows: Int, inputs: Int, outputs: Int, accumulate: Bool = false
    ) {
        if let bias { fillRows(y, with: bias, rows: rows, columns: outputs) }
        Scalar.gemm(
            transposeA: false, transposeB: true, m: rows, n: outputs, k: inputs, alpha: 1,
            a: x, lda: inputs, b: weight, ldb: inputs,
            beta: bias == nil && !accumulate ? 0 : 1, c: y, ldc: outputs)
    }

    /// `dW += dy^T x`, `db += column sums of dy`, and `dx = dy W` unless `dx` is nil.
    static func backward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, weight: UnsafePointer<Scalar>, dy: UnsafePointer<Scalar>,
        dx: UnsafeMutablePointer<Scalar>?, dWeight: UnsafeMutablePointer<Scalar>,
        dBias: UnsafeMutablePointer<Scalar>?, rows: Int, inputs: Int, outputs: Int
    ) {
        Scalar.gemm(
            transposeA: true, transposeB: false, m: outputs, n: inputs, k: rows, alpha: 1,
            a: dy, lda: outputs, b: x, ldb: inputs, beta: 1, c: dWeight, ldc: inputs)
        if let dBias { addColumnSums(of: dy, to: dBias, rows: rows, columns: outputs) }
        if let dx {
            Scalar.gemm(
                transposeA: false, transposeB: false, m: rows, n: inputs, k: outputs, alpha: 1,
                a: dy, lda: outputs, b: weight, ldb: inputs, beta: 0, c: dx, ldc: inputs)
        }
    }

    /// `y[n, :] = row` for all n.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func fillRows<Scalar: EngineScalar>(
        _ y: UnsafeMutablePointer<Scalar>, with row: UnsafePointer<Scalar>, rows: Int, columns: Int
    ) {
        for n in 0..<rows { (y + n * columns).update(from: row, count: columns) }
    }

    /// `y[n, :] = x[n, :] + row` for all n: the residual stream with the bias of the map that is added next.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func addRow<Scalar: EngineScalar>(
        _ row: UnsafePointer<Scalar>, to x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>,
        rows: Int, columns: Int
    ) {
        for n in 0..<rows {
            let source = x + n * columns
            let target = y + n * columns
            for j in 0..<columns { target[j] = source[j] + row[j] }
        }
    }

    /// `sums[j] += sum_n y[n, j]`.
    static func addColumnSums<Scalar: EngineScalar>(
        of y: UnsafePointer<Scalar>, to sums: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        if Scalar.self == Float.self {
            tuner_add_column_sums(y.floats, sums.floats, rows, columns)
        } else {
            for n in 0..<rows {
                for j in 0..<columns { sums[j] += y[n * columns + j] }
            }
        }
    }
}
