internal import Engine

extension Kernels {
    /// Coefficients of one Adam step.
    ///
    ///     d = g + coupledDecay x
    ///     m = keep1 m + (1 - keep1) d
    ///     v = keep2 v + (1 - keep2) d^2
    ///     x = shrink x - rate m / (sqrt(v / correction2) + epsilon),   rate = learning rate / correction1
    struct Adam<Scalar: EngineScalar> {
        var coupledDecay: Scalar
        var keep1: Scalar
        var keep2: Scalar
        var rate: Scalar
        var inverseCorrection2: Scalar
        var epsilon: Scalar
        var shrink: Scalar
    }

    /// One Adam step over `count` elements.
    static func adamStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, first m: UnsafeMutablePointer<Scalar>,
        second v: UnsafeMutablePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        _ c: Adam<Scalar>
    ) {
        if let c = c as? Adam<Float> {
            adamStepFloat(
                UnsafeMutableRawPointer(x).assumingMemoryBound(to: Float.self),
                UnsafeMutableRawPointer(m).assumingMemoryBound(to: Float.self),
                UnsafeMutableRawPointer(v).assumingMemoryBound(to: Float.self),
                UnsafeRawPointer(g).assumingMemoryBound(to: Float.self), count, c)
        } else {
            adamStepExact(x, m, v, g, count, c)
        }
    }

    /// The rule as written; the reference for the other one.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func adamStepExact<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, _ m: UnsafeMutablePointer<Scalar>,
        _ v: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, _ count: Int, _ c: Adam<Scalar>
    ) {
        let take1 = 1 - c.keep1
        let take2 = 1 - c.keep2
        for i in 0..<count {
            let d = g[i] + c.coupledDecay * x[i]
            m[i] = c.keep1 * m[i] + take1 * d
            v[i] = c.keep2 * v[i] + take2 * d * d
            let root = (v[i] * c.inverseCorrection2).squareRoot()
            x[i] = c.shrink * x[i] - c.rate * m[i] / (root + c.epsilon)
        }
    }

    /// Single precision with a square root of multiplications only: `Float.squareRoot()` may set errno, which keeps
    /// the loop from becoming vector code and costs a factor of four.
    static func adamStepFloat(
        _ x: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>,
        _ g: UnsafePointer<Float>, _ count: Int, _ c: Adam<Float>
    ) {
        let take1 = 1 - c.keep1
        let take2 = 1 - c.keep2
        let decay = c.coupledDecay
        let keep1 = c.keep1
        let keep2 = c.keep2
        let rate = c.rate
        let shrink = c.shrink
        let epsilon = c.epsilon
        let correction = c.inverseCorrection2
        for i in 0..<count {
            let d = g[i] + decay * x[i]
            let first = keep1 * m[i] + take1 * d
            let second = keep2 * v[i] + take2 * d * d
            m[i] = first
            v[i] = second
            x[i] = shrink * x[i] - rate * first / (polynomialSquareRoot(second * correction) + epsilon)
        }
    }

    /// Square root of a non-negative normal number to 2 units in the last place; 0 for 0, infinity becomes NaN.
    ///
    /// An estimate of `1/sqrt(y)` from the exponent bits, then three Newton steps `r <- r (3/2 - y/2 r^2)`, whose
    /// relative error goes 3e-2, 2e-3, 5e-6, 1e-7. A Float below 2e-38 gives a root below 2e-19, far under any
    /// sensible epsilon, so its accuracy does not matter.
    @inline(__always)
    static func polynomialSquareRoot(_ y: Float) -> Float {
        let half = 0.5 * y
        var r = Float(bitPattern: 0x5F37_59DF &- (y.bitPattern &>> 1))
        r *= 1.5 - half * r * r
        r *= 1.5 - half * r * r
        r *= 1.5 - half * r * r
        return y * r
    }
}
