internal import CTunerKernels

/// The activation between the two linear maps of a block, in its tanh form, with the bias of the map before it.
///
///     v = h + b,  y = v s,  s = 1 / (1 + exp(-2u)),  u = sqrt(2/pi) (v + 0.044715 v^3)
///     dy/dv = s + 2 v s (1 - s) u',                  u' = sqrt(2/pi) (1 + 0.134145 v^2)
///
/// which equals `v (1 + tanh u) / 2` with one exponential and one division. The derivative is made in the same pass
/// and left in place of h, so that the backward pass is one multiplication.
///
/// Shapes: h, y, d `(N, C)`; b, db `(C)`.
///
/// Reference: Hendrycks, Gimpel, "Gaussian error linear units", 2016, arXiv 1606.08415.
enum GELU {
    /// Writes y, and `dy/dv` over h.
    static func forward<Scalar: EngineScalar>(
        h: UnsafeMutablePointer<Scalar>, bias: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>,
        rows: Int, columns: Int
    ) {
        if Scalar.self == Float.self {
            tuner_gelu_forward(h.floats, bias.floats, y.floats, rows, columns)
        } else {
            naiveForward(h: h, bias: bias, y: y, rows: rows, columns: columns)
        }
    }

    /// `d <- d dy/dv` in place, and `db += column sums of d`; the slope as left by `forward`.
    static func backward<Scalar: EngineScalar>(
        slope: UnsafePointer<Scalar>, d: UnsafeMutablePointer<Scalar>, dBias: UnsafeMutablePointer<Scalar>,
        rows: Int, columns: Int
    ) {
        if Scalar.self == Float.self {
            tuner_gelu_backward(slope.floats, d.floats, dBias.floats, rows, columns)
        } else {
            naiveBackward(slope: slope, d: d, dBias: dBias, rows: rows, columns: columns)
        }
    }

    /// One element at a time, with the C library's exponential: the reference, and what Double uses.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveForward<Scalar: EngineScalar>(
        h: UnsafeMutablePointer<Scalar>, bias: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>,
        rows: Int, columns: Int
    ) {
        let slope: Scalar = 0.797_884_560_802_865_4
        for n in 0..<rows {
            for j in 0..<columns {
                let i = n * columns + j
                let v = h[i] + bias[j]
                let u: Scalar = slope * (v + 0.044715 * v * v * v)
                let s: Scalar = 1 / (1 + Scalar.exponential(-2 * u))
                let inner: Scalar = slope * (1 + 0.134145 * v * v)
                y[i] = v * s
                h[i] = s + 2 * v * s * (1 - s) * inner
            }
        }
    }

    /// The formula one element at a time.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveBackward<Scalar: EngineScalar>(
        slope: UnsafePointer<Scalar>, d: UnsafeMutablePointer<Scalar>, dBias: UnsafeMutablePointer<Scalar>,
        rows: Int, columns: Int
    ) {
        for n in 0..<rows {
            for j in 0..<columns {
                d[n * columns + j] *= slope[n * columns + j]
                dBias[j] += d[n * columns + j]
            }
        }
    }
}
