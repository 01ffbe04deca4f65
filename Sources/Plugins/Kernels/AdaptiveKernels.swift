internal import Engine

extension Kernels {
    /// Coefficients of one RMSprop step.
    ///
    ///     d = g + coupledDecay x
    ///     v = keep v + (1 - keep) d^2
    ///     u = d / (sqrt(v + inside) + outside)
    ///     b = inertia b + u
    ///     x = shrink x - rate b
    struct RMSprop<Scalar: EngineScalar> {
        var coupledDecay: Scalar
        var keep: Scalar
        var inside: Scalar
        var outside: Scalar
        var inertia: Scalar
        var rate: Scalar
        var shrink: Scalar
    }

    /// One RMSprop step over `count` elements; a zero gradient divided by a zero root moves nothing.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func rmspropStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, second v: UnsafeMutablePointer<Scalar>,
        buffer b: UnsafeMutablePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        _ c: RMSprop<Scalar>
    ) {
        let take = 1 - c.keep
        for i in 0..<count {
            let d = g[i] + c.coupledDecay * x[i]
            v[i] = c.keep * v[i] + take * d * d
            b[i] = c.inertia * b[i] + d / ((v[i] + c.inside).squareRoot() + c.outside)
            x[i] = c.shrink * x[i] - c.rate * b[i]
        }
    }

    /// `x <- shrink x - rate sign(fresh m + (1 - fresh) g); m <- keep m + (1 - keep) g` with sign(0) = 0.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func lionStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, buffer m: UnsafeMutablePointer<Scalar>,
        gradient g: UnsafePointer<Scalar>, count: Int, fresh: Scalar, keep: Scalar, rate: Scalar,
        shrink: Scalar
    ) {
        for i in 0..<count {
            let u = fresh * m[i] + (1 - fresh) * g[i]
            let up: Scalar = u > 0 ? rate : 0
            let down: Scalar = u < 0 ? rate : 0
            x[i] = shrink * x[i] - up + down
            m[i] = keep * m[i] + (1 - keep) * g[i]
        }
    }

    /// `v <- keep v + (1 - keep) g^2; metric <- epsilon + sqrt(v * inverseCorrection)`: Adam's metric.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func adamMetric<Scalar: EngineScalar>(
        _ metric: UnsafeMutablePointer<Scalar>, second v: UnsafeMutablePointer<Scalar>,
        gradient g: UnsafePointer<Scalar>, count: Int, keep: Scalar, inverseCorrection: Scalar,
        epsilon: Scalar
    ) {
        for i in 0..<count {
            v[i] = keep * v[i] + (1 - keep) * g[i] * g[i]
            metric[i] = epsilon + (v[i] * inverseCorrection).squareRoot()
        }
    }

    /// `sum g^2 / metric`, in double precision.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func squaresInMetric<Scalar: EngineScalar>(
        _ g: UnsafePointer<Scalar>, metric: UnsafePointer<Scalar>, count: Int
    ) -> Double {
        var sum = 0.0
        for i in 0..<count { sum += Double(g[i]) * Double(g[i]) / Double(metric[i]) }
        return sum
    }

    /// The step of NGN's family and the inertia of the last move.
    ///
    ///     s_i = common / metric_i                                            one step for all
    ///     s_i = (c/metric_i) / (1 + (c/metric_i) g_i^2 halfInverseLoss)      a step a coordinate
    ///     x_i <- (shrink) x_i - (1 - keep) s_i g_i + keep (x_i - last_i),    last_i <- the old x_i
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func ngnStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, last: UnsafeMutablePointer<Scalar>,
        metric: UnsafePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        scale c: Scalar, halfInverseLoss: Scalar?, keep: Scalar, shrink: Scalar
    ) {
        for i in 0..<count {
            let own = c / metric[i]
            let step = halfInverseLoss.map { own / (1 + own * g[i] * g[i] * $0) } ?? own
            let old = x[i]
            x[i] = shrink * old - (1 - keep) * step * g[i] + keep * (old - last[i])
            last[i] = old
        }
    }
}
