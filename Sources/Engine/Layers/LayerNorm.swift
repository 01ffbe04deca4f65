/// Rows brought to mean 0 and variance 1, then scaled and shifted.
///
///     y = g xhat + b,  xhat = (x - mean) r,  r = 1 / sqrt(var + 1e-5)
///     dx += r (h - mean(h) - xhat mean(h xhat)),  h = g dy
///
/// Shapes: x, y, dx, dy `(N, C)`; g, b, dg, db `(C)`; mean, r `(N)`.
///
/// Reference: Ba, Kiros, Hinton, "Layer normalization", 2016, arXiv 1607.06450.
enum LayerNorm {
    /// Keeps a row of equal numbers finite.
    static let epsilon = 1e-5

    /// Writes y, and the mean and the inverse deviation of each row for the backward pass.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func forward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>,
        y: UnsafeMutablePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
        inverse: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        guard columns % 8 == 0 else {
            return naiveForward(
                x: x, gain: gain, bias: bias, y: y, mean: mean, inverse: inverse, rows: rows, columns: columns
            )
        }
        let share: Scalar = 1 / Scalar(columns)
        for n in 0..<rows {
            let source = UnsafeRawPointer(x + n * columns)
            let target = UnsafeMutableRawPointer(y + n * columns)
            var sum = SIMD8<Scalar>.zero
            for j in stride(from: 0, to: columns, by: 8) { sum += load(source, j) }
            let m = sum.sum() * share
            var squares = SIMD8<Scalar>.zero
            for j in stride(from: 0, to: columns, by: 8) {
                let d = load(source, j) - m
                squares += d * d
            }
            let r = 1 / (squares.sum() * share + Scalar(epsilon)).squareRoot()
            mean[n] = m
            inverse[n] = r
            for j in stride(from: 0, to: columns, by: 8) {
                let value = (load(source, j) - m) * r * load(UnsafeRawPointer(gain), j)
                store(value + load(UnsafeRawPointer(bias), j), target, j)
            }
        }
    }

    /// Adds to dx, dg and db. `dx` may hold the gradient of a residual path.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func backward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, mean: UnsafePointer<Scalar>,
        inverse: UnsafePointer<Scalar>, dy: UnsafePointer<Scalar>, dx: UnsafeMutablePointer<Scalar>,
        dGain: UnsafeMutablePointer<Scalar>, dBias: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        guard columns % 8 == 0 else {
            return naiveBackward(
                x: x, gain: gain, mean: mean, inverse: inverse, dy: dy, dx: dx, dGain: dGain, dBias: dBias,
                rows: rows, columns: columns)
        }
        let share: Scalar = 1 / Scalar(columns)
        let g = UnsafeRawPointer(gain)
        let dg = UnsafeMutableRawPointer(dGain)
        let db = UnsafeMutableRawPointer(dBias)
        for n in 0..<rows {
            let source = UnsafeRawPointer(x + n * columns)
            let above = UnsafeRawPointer(dy + n * columns)
            let target = UnsafeMutableRawPointer(dx + n * columns)
            let m = mean[n]
            let r = inverse[n]
            var sum = SIMD8<Scalar>.zero
            var product = SIMD8<Scalar>.zero
            for j in stride(from: 0, to: columns, by: 8) {
                let d: SIMD8<Scalar> = load(above, j)
                let normal = (load(source, j) - m) * r
                let h = d * load(g, j)
                sum += h
                product += h * normal
                store(load(UnsafeRawPointer(dg), j) + d * normal, dg, j)
                store(load(UnsafeRawPointer(db), j) + d, db, j)
            }
            let a = sum.sum() * share
            let b = product.sum() * share
            for j in stride(from: 0, to: columns, by: 8) {
                let normal = (load(source, j) - m) * r
                let h: SIMD8<Scalar> = load(above, j) * load(g, j)
                let change = (h - a - normal * b) * r
                store(load(UnsafeRawPointer(target), j) + change, target, j)
            }
        }
    }

    @inline(__always)
    private static func load<Scalar: EngineScalar>(_ p: UnsafeRawPointer, _ j: Int) -> SIMD8<Scalar> {
        (p + j * MemoryLayout<Scalar>.stride).loadUnaligned(as: SIMD8<Scalar>.self)
    }

    @inline(__always)
    private static func store<Scalar: EngineScalar>(
        _ value: SIMD8<Scalar>, _ p: UnsafeMutableRawPointer, _ j: Int
    ) {
        (p + j * MemoryLayout<Scalar>.stride).storeBytes(of: value, as: SIMD8<Scalar>.self)
    }
}

extension LayerNorm {
    /// The formula one element at a time: the reference, and widths that are no multiple of a vector.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveForward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>,
        y: UnsafeMutablePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
        inverse: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        for n in 0..<rows {
            let row = x + n * columns
            var m: Scalar = 0
            for j in 0..<columns { m += row[j] }
            m /= Scalar(columns)
            var variance: Scalar = 0
            for j in 0..<columns { variance += (row[j] - m) * (row[j] - m) }
            let r = 1 / (variance / Scalar(columns) + Scalar(epsilon)).squareRoot()
            for j in 0..<columns { y[n * columns + j] = gain[j] * (row[j] - m) * r + bias[j] }
            mean[n] = m
            inverse[n] = r
        }
    }

    /// The same for the gradient.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveBackward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, mean: UnsafePointer<Scalar>,
        inverse: UnsafePointer<Scalar>, dy: UnsafePointer<Scalar>, dx: UnsafeMutablePointer<Scalar>,
        dGain: UnsafeMutablePointer<Scalar>, dBias: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        for n in 0..<rows {
            let first = n * columns
            var a: Scalar = 0
            var b: Scalar = 0
            for j in 0..<columns {
                let normal = (x[first + j] - mean[n]) * inverse[n]
                let h = gain[j] * dy[first + j]
                a += h
                b += h * normal
                dGain[j] += dy[first + j] * normal
                dBias[j] += dy[first + j]
            }
            a /= Scalar(columns)
            b /= Scalar(columns)
            for j in 0..<columns {
                let normal = (x[first + j] - mean[n]) * inverse[n]
                dx[first + j] += inverse[n] * (gain[j] * dy[first + j] - a - normal * b)
            }
        }
    }
}
