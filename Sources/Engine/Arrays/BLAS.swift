import COpenBLAS
import Foundation

/// One thread per trial: trials run side by side, and the result must not depend on how many.
private let singleThreaded: Void = openblas_set_num_threads(1)

extension Float: EngineScalar {
    /// Single-precision product; see the protocol.
    public static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float,
        a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
        beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        _ = singleThreaded
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc)
        )
    }

    /// `exp(x)`.
    public static func exponential(_ x: Float) -> Float { exp(x) }
    /// `ln x`.
    public static func logarithm(_ x: Float) -> Float { log(x) }
    /// `tanh(x)`.
    public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension Double: EngineScalar {
    /// Double-precision product; see the protocol.
    public static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Double,
        a: UnsafePointer<Double>, lda: Int, b: UnsafePointer<Double>, ldb: Int,
        beta: Double, c: UnsafeMutablePointer<Double>, ldc: Int
    ) {
        _ = singleThreaded
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc)
        )
    }

    /// `exp(x)`.
    public static func exponential(_ x: Double) -> Double { exp(x) }
    /// `ln x`.
    public static func logarithm(_ x: Double) -> Double { log(x) }
    /// `tanh(x)`.
    public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}
