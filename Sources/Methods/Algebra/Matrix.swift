/// A real matrix, rows one after the other. A tensor of a model is one too: a bias is a single column.
///
/// Shapes that meet in an operator must fit (precondition).
public struct Matrix: Sendable, Hashable {
    /// Number of rows (d_out of a linear map).
    public let rows: Int
    /// Number of columns (d_in of a linear map).
    public let columns: Int
    /// Entries, row-major.
    public var values: [Double]

    /// A matrix of the given entries; precondition: `rows * columns` of them.
    public init(rows: Int, columns: Int, _ values: [Double]) {
        precondition(values.count == rows * columns, "\(rows)x\(columns) needs \(rows * columns) entries")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Zeros.
    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, Array(repeating: 0, count: rows * columns))
    }

    /// A matrix of equally long rows.
    public init(_ rows: [Vector]) {
        self.init(rows: rows.count, columns: rows.first?.count ?? 0, rows.flatMap(\.values))
    }

    /// A single column.
    public init(column: Vector) { self.init(rows: column.count, columns: 1, column.values) }

    /// A square matrix from the flat form symmetric-matrix compressors see; precondition: a square number of entries.
    public init(square flat: Vector) {
        let d = Int(Double(flat.count).squareRoot().rounded())
        self.init(rows: d, columns: d, flat.values)
    }

    /// The identity of R^n.
    public static func identity(_ n: Int) -> Matrix { diagonal(Vector(repeating: 1, count: n)) }

    /// A diagonal matrix.
    public static func diagonal(_ entries: Vector) -> Matrix {
        var m = Matrix(rows: entries.count, columns: entries.count)
        for i in 0..<entries.count { m[i, i] = entries[i] }
        return m
    }

    /// Entry in row `i`, column `j`.
    public subscript(_ i: Int, _ j: Int) -> Double {
        get { values[i * columns + j] }
        set { values[i * columns + j] = newValue }
    }

    /// Row `i`.
    public func row(_ i: Int) -> Vector { Vector(Array(values[i * columns..<(i + 1) * columns])) }

    /// Column `j`.
    public func column(_ j: Int) -> Vector { Vector((0..<rows).map { self[$0, j] }) }

    /// Entries as one vector.
    public var flat: Vector { Vector(values) }

    /// Whether this is a bias-like tensor.
    public var isVector: Bool { columns == 1 }

    /// The same shape with other entries.
    public func with(_ flat: Vector) -> Matrix { Matrix(rows: rows, columns: columns, flat.values) }

    /// Every entry through `transform`.
    public func map(_ transform: (Double) -> Double) -> Matrix { with(flat.map(transform)) }

    /// Rows and columns exchanged.
    public var transposed: Matrix {
        var t = Matrix(rows: columns, columns: rows)
        for i in 0..<rows { for j in 0..<columns { t[j, i] = self[i, j] } }
        return t
    }

    /// `(X + X^T)/2`.
    public var symmetrized: Matrix { 0.5 * (self + transposed) }

    /// Square root of the sum of squares.
    public var frobeniusNorm: Double { flat.norm }

    /// `a^T D a` of rows: `sum_r w_r a_r a_r^T`, the shape of every Hessian of a generalised linear model.
    public func weightedGram(_ weights: Vector) -> Matrix {
        precondition(weights.count == rows, "one weight a row")
        var gram = Matrix(rows: columns, columns: columns)
        for r in 0..<rows {
            for i in 0..<columns {
                let left = weights[r] * self[r, i]
                for j in 0..<columns { gram[i, j] += left * self[r, j] }
            }
        }
        return gram
    }

    /// The average; precondition: not empty.
    public static func mean(_ matrices: [Matrix]) -> Matrix {
        matrices[0].with(Vector.mean(matrices.map(\.flat)))
    }

    /// Entry by entry.
    public static func + (a: Matrix, b: Matrix) -> Matrix { a.with(a.flat + b.flat) }
    /// Entry by entry.
    public static func - (a: Matrix, b: Matrix) -> Matrix { a.with(a.flat - b.flat) }
    /// Every entry times a number.
    public static func * (a: Double, b: Matrix) -> Matrix { b.with(a * b.flat) }
    /// Matrix times vector.
    public static func * (a: Matrix, x: Vector) -> Vector {
        Vector((0..<a.rows).map { a.row($0).dot(x) })
    }
    /// The product.
    public static func * (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.columns == b.rows, "\(a.rows)x\(a.columns) times \(b.rows)x\(b.columns)")
        var c = Matrix(rows: a.rows, columns: b.columns)
        for i in 0..<a.rows {
            for k in 0..<a.columns {
                let left = a[i, k]
                for j in 0..<b.columns { c[i, j] += left * b[k, j] }
            }
        }
        return c
    }
}
