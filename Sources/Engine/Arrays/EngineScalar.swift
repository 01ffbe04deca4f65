/// The two precisions of the engine: `Float` for training, `Double` for checking laws and golden trajectories.
///
/// The matrix operations are requirements because they are calls of a C library with one name per precision;
/// everything else is generic Swift, specialised by the compiler. `Arrays/BLAS.swift` holds the conformances and is
/// the only file that calls the library.
public protocol EngineScalar: BinaryFloatingPoint, Sendable, Codable, SIMDScalar {
    /// `C <- alpha op(A) op(B) + beta C`, row-major; op(A) is `m x k`, op(B) is `k x n`, C is `m x n`.
    ///
    /// - Parameters:
    ///   - transposeA: whether A is stored as `k x m`.
    ///   - transposeB: whether B is stored as `n x k`.
    ///   - m: rows of C.
    ///   - n: columns of C.
    ///   - k: inner dimension.
    ///   - alpha: factor of the product.
    ///   - a: first element of A.
    ///   - lda: row stride of A as stored.
    ///   - b: first element of B.
    ///   - ldb: row stride of B as stored.
    ///   - beta: factor of the old C; 0 overwrites.
    ///   - c: first element of C.
    ///   - ldc: row stride of C.
    static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Self,
        a: UnsafePointer<Self>, lda: Int, b: UnsafePointer<Self>, ldb: Int,
        beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int)

    /// The elementary functions the engine needs and `BinaryFloatingPoint` does not have.
    static func exponential(_ x: Self) -> Self
    /// Natural logarithm.
    static func logarithm(_ x: Self) -> Self
    /// Hyperbolic tangent.
    static func hyperbolicTangent(_ x: Self) -> Self
}
