internal import Engine

/// Coefficients `(a, b, c)` of one Newton-Schulz step `X <- a X + (b A + c A^2) X`, `A = X X^T`.
enum NewtonSchulzCoefficients: String, CaseIterable, Sendable {
    /// (3.4445, -4.7750, 2.0315): steepest at zero, but it never converges. Singular values end between 0.68 and
    /// 1.13 however many steps are taken; the direction is close enough and five steps reach small values.
    case muon
    /// (3/2, -1/2, 0): converges to the polar factor for any matrix of norm at most one.
    case cubic
    /// (15/8, -10/8, 3/8): the same, one order higher.
    case taylor

    /// a, b and c.
    var values: (a: Double, b: Double, c: Double) {
        switch self {
        case .muon: (3.4445, -4.7750, 2.0315)
        case .cubic: (1.5, -0.5, 0)
        case .taylor: (15.0 / 8, -10.0 / 8, 3.0 / 8)
        }
    }
}

/// Approximate orthogonalisation of matrices by matrix products alone, in workspaces made once.
///
///     X = U / max(|U|_F, 1e-7)
///     repeated: A = X X^T,  X = a X + (b A + c A^2) X               result about the polar factor of U
///
/// Tall matrices (`rows > columns`) use `A = X^T X` and multiply from the right, which is the same polynomial on the
/// smaller side. Cost of a step for a `p x q` matrix, `p <= q`: `4 p^2 q + 2 p^3` operations.
///
/// References: Z. Kovarik, "Some iterative methods for improving orthonormality", 1970; A. Bjorck, C. Bowie, 1971;
/// K. Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024 (coefficients).
struct NewtonSchulz<Scalar: EngineScalar>: Sendable {
    private let steps: Int
    private let iteration: NewtonSchulzIteration<Scalar>
    private var next: [Scalar]
    private var gram: [Scalar]
    private var polynomial: [Scalar]

    /// Workspaces for matrices up to the given shapes.
    init(steps: Int, coefficients: NewtonSchulzCoefficients, shapes: [(rows: Int, columns: Int)]) {
        self.steps = steps
        iteration = NewtonSchulzIteration(coefficients)
        let largest = shapes.map { $0.rows * $0.columns }.max() ?? 0
        let side = shapes.map { min($0.rows, $0.columns) }.max() ?? 0
        next = [Scalar](repeating: 0, count: largest)
        gram = [Scalar](repeating: 0, count: side * side)
        polynomial = [Scalar](repeating: 0, count: side * side)
    }

    /// Replaces the row-major `rows x columns` matrix at `x`. A zero matrix stays zero.
    mutating func orthogonalize(_ x: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int) {
        let count = rows * columns
        let side = min(rows, columns)
        precondition(
            count <= next.count && side * side <= gram.count, "no workspace for a \(rows) x \(columns) matrix"
        )
        let norm = Kernels.sumOfSquares(x, count: count).squareRoot()
        Kernels.scale(x, count: count, by: Scalar(1 / max(norm, 1e-7)))
        let iteration = iteration
        let steps = steps
        Self.withPointers(&next, &gram, &polynomial) { y, g, p in
            for _ in 0..<steps {
                iteration.apply(to: x, y, gram: g, polynomial: p, rows: rows, columns: columns)
            }
        }
    }

    private static func withPointers(
        _ next: inout [Scalar], _ gram: inout [Scalar], _ polynomial: inout [Scalar],
        _ body: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) ->
            Void
    ) {
        next.withUnsafeMutableBufferPointer { next in
            gram.withUnsafeMutableBufferPointer { gram in
                polynomial.withUnsafeMutableBufferPointer { polynomial in
                    guard let y = next.baseAddress, let g = gram.baseAddress, let p = polynomial.baseAddress
                    else { return }
                    body(y, g, p)
                }
            }
        }
    }
}

/// One step of the iteration, on borrowed memory.
private struct NewtonSchulzIteration<Scalar: EngineScalar>: Sendable {
    let a: Scalar
    let b: Scalar
    let c: Scalar

    init(_ coefficients: NewtonSchulzCoefficients) {
        let values = coefficients.values
        a = Scalar(values.a)
        b = Scalar(values.b)
        c = Scalar(values.c)
    }

    func apply(
        to x: UnsafeMutablePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>,
        gram: UnsafeMutablePointer<Scalar>, polynomial: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        let isTall = rows > columns
        let side = min(rows, columns)
        Scalar.gemm(
            transposeA: isTall, transposeB: !isTall, m: side, n: side, k: max(rows, columns), alpha: 1,
            a: x, lda: columns, b: x, ldb: columns, beta: 0, c: gram, ldc: side)
        var matrix = gram
        var factor = b
        if c != 0 {
            polynomial.update(from: gram, count: side * side)
            Scalar.gemm(
                transposeA: false, transposeB: false, m: side, n: side, k: side, alpha: c,
                a: gram, lda: side, b: gram, ldb: side, beta: b, c: polynomial, ldc: side)
            matrix = polynomial
            factor = 1
        }
        y.update(from: x, count: rows * columns)
        if isTall {
            Scalar.gemm(
                transposeA: false, transposeB: false, m: rows, n: columns, k: columns, alpha: factor,
                a: y, lda: columns, b: matrix, ldb: side, beta: a, c: x, ldc: columns)
        } else {
            Scalar.gemm(
                transposeA: false, transposeB: false, m: rows, n: columns, k: rows, alpha: factor,
                a: matrix, lda: side, b: y, ldb: columns, beta: a, c: x, ldc: columns)
        }
    }
}
