/// Singular value decomposition in double precision by one-sided Jacobi rotations.
///
/// Columns are rotated in pairs until all are orthogonal; their lengths are then the singular values, and the
/// rotations make up V. Slow (`O(p q^2)` a sweep, some ten sweeps) and accurate to a few rounding errors of each
/// singular value: the exact oracle that Newton-Schulz is measured against, and the source of spectral norms.
///
/// Reference: J. Demmel, K. Veselic, "Jacobi's method is more accurate than QR", 1992.
struct SingularValues {
    /// Descending.
    private(set) var values: [Double]
    /// `U V^T` restricted to the singular values above `1e-14` of the largest; zero for a zero matrix.
    private(set) var polarFactor: [Double]

    /// Decomposes a row-major `rows x columns` matrix.
    init(_ matrix: [Double], rows: Int, columns: Int) {
        precondition(matrix.count == rows * columns, "\(matrix.count) numbers for \(rows) x \(columns)")
        // Work on the orientation with fewer columns; `work[j]` is column j, `turns[j]` column j of V.
        let isWide = columns > rows
        let length = isWide ? columns : rows
        let width = isWide ? rows : columns
        var work: [[Double]] = (0..<width).map { j in
            (0..<length).map { i in isWide ? matrix[j * columns + i] : matrix[i * columns + j] }
        }
        var turns: [[Double]] = (0..<width).map { j in (0..<width).map { $0 == j ? 1 : 0 } }
        Self.orthogonalize(&work, &turns)

        let lengths = work.map { column in column.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let cutoff = (lengths.max() ?? 0) * 1e-14
        var polar = [Double](repeating: 0, count: matrix.count)
        for j in 0..<width where lengths[j] > cutoff {
            for i in 0..<length {
                let u = work[j][i] / lengths[j]
                for k in 0..<width {
                    let place = isWide ? k * columns + i : i * columns + k
                    polar[place] += u * turns[j][k]
                }
            }
        }
        values = lengths.sorted(by: >)
        polarFactor = polar
    }

    private static func orthogonalize(_ work: inout [[Double]], _ turns: inout [[Double]]) {
        let width = work.count
        for _ in 0..<60 {
            var largest = 0.0
            for p in 0..<width {
                for q in (p + 1)..<max(width, p + 1) {
                    let aa = dot(work[p], work[p])
                    let bb = dot(work[q], work[q])
                    let ab = dot(work[p], work[q])
                    guard ab != 0 else { continue }
                    let size = (aa * bb).squareRoot()
                    guard abs(ab) > 1e-16 * size else { continue }
                    largest = max(largest, abs(ab) / size)
                    let zeta = (bb - aa) / (2 * ab)
                    let t: Double = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
                    let cosine = 1 / (1 + t * t).squareRoot()
                    rotate(&work, p, q, cosine: cosine, sine: cosine * t)
                    rotate(&turns, p, q, cosine: cosine, sine: cosine * t)
                }
            }
            if largest < 1e-15 { return }
        }
    }

    private static func rotate(_ columns: inout [[Double]], _ p: Int, _ q: Int, cosine: Double, sine: Double)
    {
        for i in columns[p].indices {
            let a = columns[p][i]
            let b = columns[q][i]
            columns[p][i] = cosine * a - sine * b
            columns[q][i] = sine * a + cosine * b
        }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }
}
