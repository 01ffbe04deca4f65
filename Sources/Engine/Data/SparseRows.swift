/// A table that is mostly zeros, by its other entries: rows one after another, columns ascending within a row.
struct SparseRows<Scalar: EngineScalar>: Sendable {
    /// Where each row begins; one more than there are rows.
    private(set) var starts: [Int32] = [0]
    /// Column of each entry.
    private(set) var columns: [Int32] = []
    /// Value of each entry.
    private(set) var values: [Scalar] = []

    /// The share of entries up to which working on entries beats working on rows: a product of dense rows makes 16
    /// entries in the time of two or three single ones.
    static var largestDensity: Double { 0.2 }

    /// The entries of a dense row-major table, or `nil` when there are too many of them to be worth it.
    init?(_ dense: [Scalar], columns width: Int) {
        guard width > 0, dense.count < Int(Int32.max) else { return nil }
        let count = dense.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
        guard Double(count) <= Self.largestDensity * Double(dense.count) else { return nil }
        columns.reserveCapacity(count)
        values.reserveCapacity(count)
        for first in stride(from: 0, to: dense.count, by: width) {
            for j in 0..<width where dense[first + j] != 0 {
                columns.append(Int32(j))
                values.append(dense[first + j])
            }
            starts.append(Int32(columns.count))
        }
    }

    /// `z[i] = b + sum_j x[row, j] w[j]` for the given rows.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func multiply(
        rows: UnsafeBufferPointer<Int32>, by w: UnsafePointer<Scalar>, plus b: Scalar,
        into z: UnsafeMutablePointer<Scalar>
    ) {
        starts.withUnsafeBufferPointer { starts in
            columns.withUnsafeBufferPointer { columns in
                values.withUnsafeBufferPointer { values in
                    for i in 0..<rows.count {
                        let row = Int(rows[i])
                        var sum = b
                        for k in Int(starts[row])..<Int(starts[row + 1]) {
                            sum += values[k] * w[Int(columns[k])]
                        }
                        z[i] = sum
                    }
                }
            }
        }
    }

    /// `g[j] += sum_i x[row, j] d[i]` for the given rows.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addTransposed(
        rows: UnsafeBufferPointer<Int32>, times d: UnsafePointer<Scalar>, to g: UnsafeMutablePointer<Scalar>
    ) {
        starts.withUnsafeBufferPointer { starts in
            columns.withUnsafeBufferPointer { columns in
                values.withUnsafeBufferPointer { values in
                    for i in 0..<rows.count {
                        let row = Int(rows[i])
                        let factor = d[i]
                        for k in Int(starts[row])..<Int(starts[row + 1]) {
                            g[Int(columns[k])] += values[k] * factor
                        }
                    }
                }
            }
        }
    }
}
