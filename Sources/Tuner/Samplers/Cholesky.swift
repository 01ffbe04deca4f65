import COpenBLAS
import Foundation

/// Cholesky factor of a symmetric positive definite matrix, through LAPACK.
struct Cholesky {
    /// One thread: results must not depend on how many there are.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// The order.
    let count: Int
    /// Row-major L of `K = L L^T`; what stands above the diagonal is not used.
    private(set) var factor: [Double]

    /// Factors a row-major matrix; `nil` when it is not positive definite or not finite.
    init?(_ matrix: [Double], count: Int) {
        _ = Self.singleThreaded
        self.count = count
        factor = matrix
        var order = blasint(count), info: blasint = 0
        // The row-major lower triangle is LAPACK's column-major upper one.
        factor.withUnsafeMutableBufferPointer { dpotrf_("U", &order, $0.baseAddress, &order, &info) }
        guard info == 0, (0..<count).allSatisfy({ factor[$0 * count + $0].isFinite }) else { return nil }
    }

    /// `log det K`.
    var logDeterminant: Double {
        2 * (0..<count).reduce(0) { $0 + log(factor[$1 * count + $1]) }
    }

    /// `L^-1 b`.
    func forward(_ b: [Double]) -> [Double] {
        var x = b
        solve(CblasNoTrans, &x)
        return x
    }

    /// `K^-1 b`.
    func solve(_ b: [Double]) -> [Double] {
        var x = b
        solve(CblasNoTrans, &x)
        solve(CblasTrans, &x)
        return x
    }

    /// `K^-1`; only the row-major lower triangle is right.
    func inverse() -> [Double] {
        var result = factor
        var order = blasint(count), info: blasint = 0
        result.withUnsafeMutableBufferPointer { dpotri_("U", &order, $0.baseAddress, &order, &info) }
        return result
    }

    private func solve(_ transpose: CBLAS_TRANSPOSE, _ x: inout [Double]) {
        factor.withUnsafeBufferPointer { factor in
            x.withUnsafeMutableBufferPointer { x in
                cblas_dtrsv(
                    CblasRowMajor, CblasLower, transpose, CblasNonUnit, blasint(count), factor.baseAddress,
                    blasint(count), x.baseAddress, 1)
            }
        }
    }
}
