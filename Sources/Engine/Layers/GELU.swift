/// The activation between the two linear maps of a block, in its tanh form.
///
///     y = x s,  s = 1 / (1 + exp(-2u)),  u = sqrt(2/pi) (x + 0.044715 x^3)
///     dy/dx = s + 2 x s (1 - s) u',      u' = sqrt(2/pi) (1 + 0.134145 x^2)
///
/// which equals `x (1 + tanh u) / 2` with one exponential and one division. `s` is kept for the backward pass.
///
/// Reference: Hendrycks, Gimpel, "Gaussian error linear units", 2016, arXiv 1606.08415.
enum GELU {
    /// x, y, gate: `count` each.
    static func forward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>, gate: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        if Scalar.self == Float.self {
            FloatKernels.gelu(
                x: UnsafeRawPointer(x).assumingMemoryBound(to: Float.self),
                y: UnsafeMutableRawPointer(y).assumingMemoryBound(to: Float.self),
                gate: UnsafeMutableRawPointer(gate).assumingMemoryBound(to: Float.self), count: count)
        } else {
            naiveForward(x: x, y: y, gate: gate, count: count)
        }
    }

    /// One element at a time, with the C library's exponential: the reference, and what Double uses.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveForward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, y: UnsafeMutablePointer<Scalar>, gate: UnsafeMutablePointer<Scalar>,
        count: Int
    ) {
        let slope: Scalar = 0.797_884_560_802_865_4
        for i in 0..<count {
            let v = x[i]
            let u: Scalar = slope * (v + 0.044715 * v * v * v)
            let s: Scalar = 1 / (1 + Scalar.exponential(-2 * u))
            gate[i] = s
            y[i] = v * s
        }
    }

    /// `d <- d dy/dx` in place; x and gate as left by `forward`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func backward<Scalar: EngineScalar>(
        x: UnsafePointer<Scalar>, gate: UnsafePointer<Scalar>, d: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        let slope: Scalar = 1.595_769_121_605_730_8  // 2 sqrt(2/pi)
        let cubic: Scalar = 0.134145 * slope
        for i in 0..<count {
            let v = x[i]
            let s = gate[i]
            let inner: Scalar = slope + cubic * v * v
            d[i] *= s + v * s * (1 - s) * inner
        }
    }
}
