/// The norm balls of LMO methods, for a tensor u of `rows x columns` = d_out x d_in; a bias is one column.
///
///     direction(u) = argmax_{|d| <= 1} <u, d>,   dual norm |u|_* = <u, direction(u)>
///
/// | ball | direction | primal norm |
/// |---|---|---|
/// | euclid | `u/|u|` | Euclidean |
/// | sign | `sign u` | largest entry |
/// | signIn | `sign(u)/d_in` | d_in times it |
/// | spectral | `U V^T` | largest singular value |
/// | spectralRMS | `sqrt(d_out/d_in) U V^T` | `sqrt(d_in/d_out)` times it |
/// | spectralMax | `max(1, sqrt(d_out/d_in)) U V^T` | it over that factor |
/// | biasRMS | `u/rms(u)` | rms |
/// | column | column/rms(column) | largest column rms |
/// | row | `row/(sqrt(d_in) |row|)` | `sqrt(d_in)` times the longest row |
///
/// Zero tensors, rows and columns have the direction zero; no small constants in denominators. Every direction has
/// primal norm 1. A convolution is reshaped to `(out, in k^2)` and divided by k^2 by its caller.
///
/// Source: T. Pethick et al., "Training deep learning models with norm-constrained LMOs", 2025, arXiv 2502.07529.
public enum UnitBall: String, Sendable, Hashable, CaseIterable {
    /// Euclidean.
    case euclid
    /// Largest entry.
    case sign
    /// Largest entry times d_in.
    case signIn = "sign_in"
    /// Singular values.
    case spectral
    /// Singular values, scaled for hidden layers.
    case spectralRMS = "spectral_rms"
    /// Singular values, scaled for input layers.
    case spectralMax = "spectral_max"
    /// Root mean square.
    case biasRMS = "bias_rms"
    /// Root mean square of columns.
    case column = "col"
    /// Length of rows.
    case row

    /// The direction.
    public func direction(_ u: Matrix, oracle: Orthogonalization = .exact) -> Matrix {
        switch self {
        case .euclid: return u.with(u.flat.normalized)
        case .sign: return u.with(u.flat.signs)
        case .signIn: return (1 / Double(u.columns)) * u.with(u.flat.signs)
        case .spectral, .spectralRMS, .spectralMax: return spectralFactor(u) * oracle(u)
        case .biasRMS: return Double(u.values.count).squareRoot() * u.with(u.flat.normalized)
        case .column:
            let scale = Double(u.rows).squareRoot()
            return Matrix((0..<u.columns).map { scale * u.column($0).normalized }).transposed
        case .row:
            let scale = 1 / Double(u.columns).squareRoot()
            return Matrix((0..<u.rows).map { scale * u.row($0).normalized })
        }
    }

    /// `<u, direction(u)>`.
    public func dualNorm(_ u: Matrix) -> Double { u.flat.dot(direction(u).flat) }

    /// The norm itself.
    public func norm(_ x: Matrix) -> Double {
        switch self {
        case .euclid: x.frobeniusNorm
        case .sign: x.flat.maxNorm
        case .signIn: Double(x.columns) * x.flat.maxNorm
        case .spectral, .spectralRMS, .spectralMax: SingularValues(x).values[0] / spectralFactor(x)
        case .biasRMS: x.frobeniusNorm / Double(x.values.count).squareRoot()
        case .column:
            ((0..<x.columns).map { x.column($0).norm }.max() ?? 0) / Double(x.rows).squareRoot()
        case .row: ((0..<x.rows).map { x.row($0).norm }.max() ?? 0) * Double(x.columns).squareRoot()
        }
    }

    private func spectralFactor(_ u: Matrix) -> Double {
        let ratio = (Double(u.rows) / Double(u.columns)).squareRoot()
        return switch self {
        case .spectralRMS: ratio
        case .spectralMax: max(1, ratio)
        default: 1
        }
    }
}
