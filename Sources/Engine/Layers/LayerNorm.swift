internal import CTunerKernels

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
    static func forward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>,
        y: UnsafeMutablePointer<Scalar>, mean: UnsafeMutablePointer<Scalar>,
        inverse: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        if Scalar.self == Float.self {
            tuner_norm_forward(
                x.floats, gain.floats, bias.floats, y.floats, mean.floats, inverse.floats, rows, columns,
                Float(epsilon))
        } else {
            naiveForward(
                x: x, gain: gain, bias: bias, y: y, mean: mean, inverse: inverse, rows: rows, columns: columns
            )
        }
    }

    /// Adds to dx, dg and db. `dx` may hold the gradient of a residual path.
    static func backward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gain: UnsafePointer<Scalar>, mean: UnsafePointer<Scalar>,
        inverse: UnsafePointer<Scalar>, dy: UnsafePointer<Scalar>, dx: UnsafeMutablePointer<Scalar>,
        dGain: UnsafeMutablePointer<Scalar>, dBias: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        if Scalar.self == Float.self {
            tuner_norm_backward(
                x.floats, gain.floats, mean.floats, inverse.floats, dy.floats, dx.floats, dGain.floats,
                dBias.floats, rows, columns)
        } else {
            naiveBackward(
                x: x, gain: gain, mean: mean, inverse: inverse, dy: dy, dx: dx, dGain: dGain, dBias: dBias,
                rows: rows, columns: columns)
        }
    }
}

extension LayerNorm {
    /// The formula one element at a time: the reference, and what Double uses.
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
