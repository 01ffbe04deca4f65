public import Engine

/// Places of the upper triangle of a d x d matrix, row by row, with their mirror images.
private func upperTriangle(_ d: Int) -> [(Int, Int)] { (0..<d).flatMap { i in (i..<d).map { (i, $0) } } }

/// The K largest entries of the upper triangle of a symmetric matrix, mirrored.
///
/// `contraction` is `2K/(d(d+1))`, what authors' code uses; a bound that always holds in the Frobenius norm is `K/d^2`,
/// because diagonal entries count once there and the others twice.
public struct MatrixTopK: Compressor {
    /// K.
    public var kept: Int

    /// Precondition: at least one.
    public init(_ kept: Int) {
        precondition(kept > 0, "Top-K keeps at least one entry")
        self.kept = kept
    }

    /// Its name.
    public var name: String { "MatrixTopK \(kept)" }

    /// K entries with their places in the triangle.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let matrix = Matrix(square: x)
        let places = upperTriangle(matrix.rows)
        let k = min(kept, places.count)
        var y = Matrix(rows: matrix.rows, columns: matrix.rows)
        for t in TopK.largest(k, of: places.map { matrix[$0.0, $0.1] }) {
            let (i, j) = places[t]
            y[i, j] = matrix[i, j]
            y[j, i] = matrix[j, i]
        }
        return Message(y.flat, .sparse(k, of: places.count))
    }

    /// 2K/(d(d+1)).
    public func contraction(_ count: Int) -> Double? { min(1, Double(kept) / Double(Matrix.triangle(count))) }
}

/// K entries of the upper triangle drawn uniformly, mirrored and scaled: `omega = d(d+1)/(2K) - 1`.
public struct MatrixRandK: Compressor {
    /// K.
    public var kept: Int

    /// Precondition: at least one.
    public init(_ kept: Int) {
        precondition(kept > 0, "Rand-K keeps at least one entry")
        self.kept = kept
    }

    /// Its name.
    public var name: String { "MatrixRandK \(kept)" }

    /// K entries, places by the shared seed.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let matrix = Matrix(square: x)
        let places = upperTriangle(matrix.rows)
        let k = min(kept, places.count)
        let scale = Double(places.count) / Double(k)
        var y = Matrix(rows: matrix.rows, columns: matrix.rows)
        for t in generator.sample(places.count, k) {
            let (i, j) = places[t]
            y[i, j] = scale * matrix[i, j]
            y[j, i] = scale * matrix[j, i]
        }
        return Message(y.flat, .dense(k))
    }

    /// d(d+1)/(2K) - 1.
    public func variance(_ count: Int) -> Double? {
        max(0, Double(Matrix.triangle(count)) / Double(kept) - 1)
    }
}

/// The best rank-R approximation: of a symmetric d x d matrix by the R eigenvalues of largest size, of a
/// `rows x columns` one by singular values. `alpha = R/d`.
public struct RankR: Compressor {
    /// R.
    public var rank: Int
    /// Rows of a rectangular matrix; `nil` for symmetric ones.
    public var rows: Int?

    /// Precondition: at least one.
    public init(_ rank: Int, rows: Int? = nil) {
        precondition(rank > 0, "a rank of at least one")
        self.rank = rank
        self.rows = rows
    }

    /// Its name.
    public var name: String { "RankR \(rank)" }

    /// R d numbers for a symmetric matrix (the R signs are not counted, as in the papers), R(rows + columns) otherwise.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        if let rows {
            let matrix = Matrix(rows: rows, columns: x.count / rows, x.values)
            return Message(
                SingularValues(matrix).truncated(to: rank).flat, .dense(rank * (rows + matrix.columns)))
        }
        let matrix = Matrix(square: x)
        let eigen = SymmetricEigen(matrix)
        let r = min(rank, matrix.rows)
        var kept = Vector.zero(matrix.rows)
        for t in TopK.largest(r, of: eigen.eigenvalues.values) { kept[t] = eigen.eigenvalues[t] }
        return Message(eigen.vectors.transposed.weightedGram(kept).flat, .dense(r * matrix.rows))
    }

    /// R/d, d the smaller side.
    public func contraction(_ count: Int) -> Double? {
        let side = rows.map { min($0, count / $0) } ?? Int(Double(count).squareRoot().rounded())
        return min(1, Double(rank) / Double(side))
    }
}

/// Entries of a symmetric matrix of at least `lambda` times the largest; only the triangle is sent.
/// `alpha = max(1 - (d lambda)^2, 1/d^2)`.
public struct MatrixThreshold: Compressor {
    /// lambda.
    public var fraction: Double

    /// Precondition: `0 < fraction <= 1`.
    public init(fraction: Double) {
        precondition(fraction > 0 && fraction <= 1, "a fraction in (0, 1]")
        self.fraction = fraction
    }

    /// Its name.
    public var name: String { "MatrixThreshold \(fraction)" }

    /// Survivors of the triangle with their places.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let level = fraction * x.maxNorm
        let matrix = Matrix(square: x)
        let places = upperTriangle(matrix.rows)
        let kept = level > 0 ? places.count { abs(matrix[$0.0, $0.1]) >= level } : 0
        return Message(x.map { abs($0) >= level ? $0 : 0 }, .sparse(kept, of: places.count))
    }

    /// max(1 - (d lambda)^2, 1/d^2).
    public func contraction(_ count: Int) -> Double? {
        max(1 - Double(count) * fraction * fraction, 1 / Double(count))
    }
}

/// PowerSGD without memory: `P = X Q` for a Gaussian Q, orthonormalised, then `P (X^T P)^T`. No fixed contraction: for
/// some draws it captures little. The error never exceeds `|X|`, a projection being applied.
///
/// Source: T. Vogels, S. P. Karimireddy, M. Jaggi, "PowerSGD", 2019, arXiv 1905.13727. Columns of P are
/// orthonormalised (Gram-Schmidt), not only normalised, which makes it a projection.
public struct PowerSGDCompressor: Compressor {
    /// R.
    public var rank: Int
    /// Rows of the matrix; `nil` for square ones.
    public var rows: Int?

    /// Precondition: at least one.
    public init(_ rank: Int, rows: Int? = nil) {
        precondition(rank > 0, "a rank of at least one")
        self.rank = rank
        self.rows = rows
    }

    /// Its name.
    public var name: String { "PowerSGD \(rank)" }

    /// R(rows + columns) numbers.
    public func compress(_ x: Vector, using generator: inout SplitMix64) -> Message {
        let matrix = rows.map { Matrix(rows: $0, columns: x.count / $0, x.values) } ?? Matrix(square: x)
        let r = min(rank, matrix.rows, matrix.columns)
        let q = Matrix(
            rows: matrix.columns, columns: r, (0..<matrix.columns * r).map { _ in generator.normal() })
        let product = matrix * q
        var basis: [Vector] = []
        for j in 0..<r {
            var v = product.column(j)
            for _ in 0..<2 { for u in basis { v -= u.dot(v) * u } }
            basis.append(v.normalized)
        }
        let p = Matrix(basis).transposed
        return Message((p * (p.transposed * matrix)).flat, .dense(r * (matrix.rows + matrix.columns)))
    }
}
