/// How a server turns a gradient and a learned Hessian into a step.
///
/// | step | formula | what it assumes |
/// |---|---|---|
/// | projected | `s = -[H]_mu^-1 g` | f is mu-strongly convex |
/// | shifted | `s = -(H + l I)^-1 g`, `l = mean |H_i - grad^2 f_i(x)|_F` | `H + l I` dominates the true Hessian |
/// | cubic | `argmin <g, s> + s^T (H + l I) s/2 + M/6 |s|^3` | M bounds the change of the Hessian; converges globally |
/// | searched | projected, then halved while `f(x + t s) > f(x) + c t <g, s>` | values of f can be asked |
///
/// Shifted and cubic steps need one number more from every worker, a searched one one number a trial.
public enum NewtonStep: Sendable, Hashable {
    /// Option 1 of FedNL.
    case projected(above: Double)
    /// Option 2 of FedNL.
    case shifted
    /// -CR.
    case cubic(lipschitz: Double)
    /// -LS.
    case searched(above: Double, slope: Double, shrink: Double)

    /// Whether l is sent.
    var needsDistance: Bool {
        switch self {
        case .shifted, .cubic: true
        case .projected, .searched: false
        }
    }

    /// The step from `x`; pays for what it asks.
    func step(
        from x: Vector, gradient g: Vector, hessian: Matrix, distance l: Double, in pool: inout WorkerPool
    )
        -> Vector
    {
        if needsDistance { pool.sendFromAll(.dense(1)) }
        let shifted = hessian + l * Matrix.identity(x.count)
        switch self {
        case .projected(let mu): return -hessian.projected(above: mu).solve(g)
        case .shifted: return -shifted.solve(g)
        case .cubic(let lipschitz):
            return CubicStep.step(gradient: g, hessian: shifted, lipschitz: lipschitz)
        case .searched(let mu, let slope, let shrink):
            let s = -hessian.projected(above: mu).solve(g)
            let (value, decrease) = (pool.loss(at: x), slope * g.dot(s))
            var t = 1.0
            while pool.loss(at: x + t * s) > value + t * decrease, t > 1e-12 {
                t *= shrink
                pool.sendFromAll(.dense(1))
            }
            return t * s
        }
    }
}
