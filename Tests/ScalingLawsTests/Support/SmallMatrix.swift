/// A small dense square matrix for reference computations in tests, row-major.
struct SmallMatrix {
    let order: Int
    var entries: [Double]

    init(order: Int) {
        self.order = order
        entries = [Double](repeating: 0, count: order * order)
    }

    init(order: Int, _ entries: [Double]) {
        precondition(entries.count == order * order)
        self.order = order
        self.entries = entries
    }

    static func identity(_ order: Int) -> SmallMatrix {
        var result = SmallMatrix(order: order)
        for i in 0..<order { result[i, i] = 1 }
        return result
    }

    static func outer(_ a: [Double], _ b: [Double]) -> SmallMatrix {
        SmallMatrix(order: a.count, a.flatMap { x in b.map { x * $0 } })
    }

    subscript(i: Int, j: Int) -> Double {
        get { entries[i * order + j] }
        set { entries[i * order + j] = newValue }
    }

    static func + (a: SmallMatrix, b: SmallMatrix) -> SmallMatrix {
        SmallMatrix(order: a.order, zip(a.entries, b.entries).map { $0 + $1 })
    }

    static func * (a: Double, b: SmallMatrix) -> SmallMatrix {
        SmallMatrix(order: b.order, b.entries.map { a * $0 })
    }

    static func * (a: SmallMatrix, b: SmallMatrix) -> SmallMatrix {
        var result = SmallMatrix(order: a.order)
        for i in 0..<a.order {
            for k in 0..<a.order {
                let factor = a[i, k]
                for j in 0..<a.order { result.entries[i * a.order + j] += factor * b[k, j] }
            }
        }
        return result
    }

    static func * (a: SmallMatrix, x: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: a.order)
        for i in 0..<a.order {
            var sum = 0.0
            for j in 0..<a.order { sum += a.entries[i * a.order + j] * x[j] }
            result[i] = sum
        }
        return result
    }

    /// The matrix of `S -> A S B'` on row-major S.
    static func kronecker(_ a: SmallMatrix, _ b: SmallMatrix) -> SmallMatrix {
        let n = a.order
        var result = SmallMatrix(order: n * n)
        for i in 0..<n {
            for k in 0..<n where a[i, k] != 0 {
                for j in 0..<n { for l in 0..<n { result[i * n + j, k * n + l] = a[i, k] * b[j, l] } }
            }
        }
        return result
    }

    /// Solves `A x = b` by Gaussian elimination with row exchanges.
    func solve(_ right: [Double]) -> [Double] {
        var a = self
        var x = right
        for k in 0..<order {
            let pivot = (k..<order).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
            if pivot != k {
                for j in 0..<order { (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]) }
                x.swapAt(k, pivot)
            }
            for i in k + 1..<max(order, k + 1) {
                let factor = a[i, k] / a[k, k]
                for j in k..<order { a[i, j] -= factor * a[k, j] }
                x[i] -= factor * x[k]
            }
        }
        for i in stride(from: order - 1, through: 0, by: -1) {
            for j in i + 1..<max(order, i + 1) { x[i] -= a[i, j] * x[j] }
            x[i] /= a[i, i]
        }
        return x
    }

    /// Eigenvalues (ascending) and eigenvectors of a symmetric matrix, by Jacobi rotations.
    func eigen() -> (values: [Double], vectors: [[Double]]) {
        var a = self
        var v = SmallMatrix.identity(order)
        for _ in 0..<60 {
            var off = 0.0
            for p in 0..<order {
                for q in p + 1..<max(order, p + 1) {
                    off += a[p, q] * a[p, q]
                    guard a[p, q] != 0 else { continue }
                    let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
                    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<order {
                        (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q])
                    }
                    for k in 0..<order {
                        (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k])
                        (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q])
                    }
                }
            }
            if off < 1e-300 { break }
        }
        let order = (0..<order).sorted { a[$0, $0] < a[$1, $1] }
        return (order.map { a[$0, $0] }, order.map { j in (0..<self.order).map { v[$0, j] } })
    }

    /// Largest eigenvalue of a symmetric matrix.
    var largestEigenvalue: Double { eigen().values.last ?? 0 }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

/// Whether a value agrees with its golden number to a relative tolerance.
func agrees(_ value: Double, _ golden: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(value - golden) <= tolerance * abs(golden)
}

func agrees(_ values: [Double], _ golden: [Double], _ tolerance: Double = 1e-9) -> Bool {
    values.count == golden.count && zip(values, golden).allSatisfy { agrees($0, $1, tolerance) }
}
