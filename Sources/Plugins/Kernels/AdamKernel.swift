internal import CTunerKernels
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

        /// The same for the C loop.
        var floats: tuner_adam {
            tuner_adam(
                coupled_decay: Float(coupledDecay), keep1: Float(keep1), take1: Float(1 - keep1),
                keep2: Float(keep2), take2: Float(1 - keep2), rate: Float(rate),
                inverse_correction2: Float(inverseCorrection2), epsilon: Float(epsilon),
                shrink: Float(shrink))
        }
    }

    /// One Adam step over `count` elements, in one pass over memory.
    static func adamStep<Scalar: EngineScalar>(
        _ x: UnsafeMutablePointer<Scalar>, first m: UnsafeMutablePointer<Scalar>,
        second v: UnsafeMutablePointer<Scalar>, gradient g: UnsafePointer<Scalar>, count: Int,
        _ c: Adam<Scalar>
    ) {
        guard Scalar.self == Float.self else { return adamStepExact(x, m, v, g, count, c) }
        var coefficients = c.floats
        tuner_adam_step(
            UnsafeMutableRawPointer(x).assumingMemoryBound(to: Float.self),
            UnsafeMutableRawPointer(m).assumingMemoryBound(to: Float.self),
            UnsafeMutableRawPointer(v).assumingMemoryBound(to: Float.self),
            UnsafeRawPointer(g).assumingMemoryBound(to: Float.self), count, &coefficients)
    }

    /// The rule as written; the reference for the C loop, and what Double uses.
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
}
