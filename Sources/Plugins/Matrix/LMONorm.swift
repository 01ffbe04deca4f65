internal import Engine

/// The norms whose unit balls the LMO methods step to the edge of, for a tensor `u` of `rows x columns`
/// (`d_out x d_in` of a linear map; a vector is one column).
///
///     direction(u) = argmax <u, d> over |d| <= 1,   dual norm |u|_* = <u, direction(u)>
///
/// | kind | direction | primal norm | meant for |
/// |---|---|---|---|
/// | `euclid` | `u / abs(u)` | Euclidean | anything: normalised descent |
/// | `sign` | `sign u` | largest entry | anything: sign descent |
/// | `sign_in` | `sign(u) / columns` | `columns` times the largest entry | output layers, embeddings |
/// | `spectral` | `U V^T` | largest singular value | Muon |
/// | `spectral_rms` | `sqrt(rows/columns) U V^T` | `sqrt(columns/rows)` times it | hidden layers |
/// | `spectral_max` | `max(1, sqrt(rows/columns)) U V^T` | it over that factor | input layers |
/// | `bias_rms` | `u / rms(u)` | root mean square | vectors |
/// | `col` | every column over its root mean square | largest of these | embeddings stored `d x tokens` |
/// | `row` | every row over `sqrt(columns)` its length | `sqrt(columns)` times the largest length | output layers |
///
/// A zero tensor (row, column) has the direction zero. There are no small constants in denominators.
///
/// Reference: T. Pethick, W. Xie, K. Antonakopoulos, Z. Zhu, A. Silveti-Falls, V. Cevher, "Training deep learning
/// models with norm-constrained LMOs", 2025, arXiv 2502.07529.
enum LMONorm: String, CaseIterable, Sendable {
    case euclid
    case sign
    case signIn = "sign_in"
    case spectral
    case spectralRMS = "spectral_rms"
    case spectralMax = "spectral_max"
    case biasRMS = "bias_rms"
    case column = "col"
    case row

    /// Whether the direction needs a polar factor.
    var isSpectral: Bool { self == .spectral || self == .spectralRMS || self == .spectralMax }

    /// Length of `U V^T` in the direction of a spectral kind, 1 for the others.
    func spectralScale(rows: Int, columns: Int) -> Double {
        let ratio = (Double(rows) / Double(columns)).squareRoot()
        return switch self {
        case .spectralRMS: ratio
        case .spectralMax: max(1, ratio)
        default: 1
        }
    }

    /// Replaces the row-major tensor at `u` by its direction.
    func turnIntoDirection<Scalar: EngineScalar>(
        _ u: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, oracle: inout Orthogonalizer<Scalar>
    ) {
        let count = rows * columns
        switch self {
        case .euclid:
            normalize(u, count: count, length: 1)
        case .biasRMS:
            normalize(u, count: count, length: Double(count).squareRoot())
        case .sign:
            Kernels.sign(u, of: u, count: count, scale: 1)
        case .signIn:
            Kernels.sign(u, of: u, count: count, scale: 1 / Scalar(columns))
        case .spectral, .spectralRMS, .spectralMax:
            oracle.orthogonalize(u, rows: rows, columns: columns)
            let scale = spectralScale(rows: rows, columns: columns)
            if scale != 1 { Kernels.scale(u, count: count, by: Scalar(scale)) }
        case .row:
            for i in 0..<rows {
                normalize(u + i * columns, count: columns, length: 1 / Double(columns).squareRoot())
            }
        case .column:
            Kernels.normalizeColumns(u, rows: rows, columns: columns, length: Scalar(rows).squareRoot())
        }
    }

    private func normalize<Scalar: EngineScalar>(
        _ u: UnsafeMutablePointer<Scalar>, count: Int, length: Double
    ) {
        let norm = Kernels.sumOfSquares(u, count: count).squareRoot()
        Kernels.scale(u, count: count, by: norm > 0 ? Scalar(length / norm) : 0)
    }
}

extension Kernels {
    /// Gives every column of a row-major matrix the Euclidean length `length`; zero columns stay zero.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func normalizeColumns<Scalar: EngineScalar>(
        _ u: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, length: Scalar
    ) {
        for j in 0..<columns {
            var sum: Scalar = 0
            for i in 0..<rows { sum += u[i * columns + j] * u[i * columns + j] }
            let factor: Scalar = sum > 0 ? length / sum.squareRoot() : 0
            for i in 0..<rows { u[i * columns + j] *= factor }
        }
    }
}
