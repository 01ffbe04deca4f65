internal import Engine

/// Loops over whole vectors, in one pass over memory each, written so that the compiler turns them into vector code:
/// raw pointers, coefficients in registers, no branch in the body.
///
/// Optimizers are called through an existential, so nothing here is specialised from outside; `@specialized` makes
/// the two precisions and the choice between them.
enum Kernels {
    /// Coefficients of one momentum step.
    ///
    ///     d = g + coupledDecay x
    ///     b = keep b + take d
    ///     x = shrink x - rate (direct d + buffered b)
    struct Momentum<Scalar: EngineScalar> {
        var coupledDecay: Scalar = 0
        var keep: Scalar
        var take: Scalar
        var shrink: Scalar = 1
        var rate: Scalar
        var direct: Scalar = 0
        var buffered: Scalar = 1
    }

    /// One step of the rule above over `count` elements.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func momentumStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, buffer b: UnsafeMutablePointer<Scalar>,
        gradient g: UnsafePointer<Scalar>, count: Int, _ c: Momentum<Scalar>
    ) {
        let decay = c.coupledDecay
        let keep = c.keep
        let take = c.take
        let shrink = c.shrink
        let direct = c.rate * c.direct
        let buffered = c.rate * c.buffered
        for i in 0..<count {
            let d = g[i] + decay * x[i]
            let m = keep * b[i] + take * d
            b[i] = m
            x[i] = shrink * x[i] - direct * d - buffered * m
        }
    }

    /// `x <- shrink x - rate (g + decay x)`: a step without memory.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func plainStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        rate: Scalar, coupledDecay: Scalar, shrink: Scalar
    ) {
        for i in 0..<count {
            let d = g[i] + coupledDecay * x[i]
            x[i] = shrink * x[i] - rate * d
        }
    }

    /// `b <- keep b + take g`: an exponential moving average.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func average<Scalar: EngineScalar>(
        _ b: UnsafeMutablePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        keep: Scalar, take: Scalar
    ) {
        for i in 0..<count { b[i] = keep * b[i] + take * g[i] }
    }

    /// `out <- p a + q b`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func combine<Scalar: EngineScalar>(
        _ out: UnsafeMutablePointer<Scalar>, _ p: Scalar, _ a: UnsafePointer<Scalar>,
        _ q: Scalar, _ b: UnsafePointer<Scalar>, count: Int
    ) {
        for i in 0..<count { out[i] = p * a[i] + q * b[i] }
    }

    /// `x <- shrink x + factor d`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func move<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, along d: UnsafePointer<Scalar>, count: Int,
        factor: Scalar, shrink: Scalar = 1
    ) {
        for i in 0..<count { x[i] = shrink * x[i] + factor * d[i] }
    }

    /// `x <- factor x`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func scale<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, count: Int, by factor: Scalar
    ) {
        for i in 0..<count { x[i] *= factor }
    }

    /// `m <- keep m + take g; x <- shrink x - rate sign(m)` with sign(0) = 0.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func signStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, buffer b: UnsafeMutablePointer<Scalar>,
        gradient g: UnsafePointer<Scalar>, count: Int,
        keep: Scalar, take: Scalar, rate: Scalar, shrink: Scalar
    ) {
        for i in 0..<count {
            let m = keep * b[i] + take * g[i]
            b[i] = m
            let up: Scalar = m > 0 ? rate : 0
            let down: Scalar = m < 0 ? rate : 0
            x[i] = shrink * x[i] - up + down
        }
    }

    /// `out <- scale sign(u)` with sign(0) = 0.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func sign<Scalar: EngineScalar>(
        _ out: UnsafeMutablePointer<Scalar>, of u: UnsafePointer<Scalar>, count: Int, scale: Scalar
    ) {
        for i in 0..<count {
            let up: Scalar = u[i] > 0 ? scale : 0
            let down: Scalar = u[i] < 0 ? scale : 0
            out[i] = up - down
        }
    }

    /// Sum of squares: eight running sums over blocks of 4,096, the blocks added in double precision.
    ///
    /// Relative error in `Float` below `4096/8 * 2^-24`, 3e-5 at worst and about 1e-6 in practice, for any length.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func sumOfSquares<Scalar: EngineScalar>(_ u: UnsafePointer<Scalar>, count: Int) -> Double {
        var total = 0.0
        var start = 0
        while start < count {
            let end = min(start + 4096, count)
            var lanes = SIMD8<Scalar>(repeating: 0)
            var i = start
            while i + 8 <= end {
                let p = u + i
                let v = SIMD8<Scalar>(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7])
                lanes += v * v
                i += 8
            }
            var sum = lanes.sum()
            while i < end {
                sum += u[i] * u[i]
                i += 1
            }
            total += Double(sum)
            start = end
        }
        return total
    }
}
