/// The step of cubically regularised Newton methods.
///
///     s = argmin <g, s> + s^T H s / 2 + M/6 |s|^3
///
/// With `H = V diag(w) V^T` positive semidefinite the minimiser solves `(H + M r/2 I) s = -g`, `r = |s|`; the length
/// of the left side's solution falls as r grows, so r is found by bisection, to the last bit.
///
/// Source: Y. Nesterov, B. Polyak, "Cubic regularization of Newton method", 2006.
public enum CubicStep {
    /// The step; zero for a zero gradient. Precondition: `M > 0` unless H is definite.
    public static func step(gradient g: Vector, hessian: Matrix, lipschitz m: Double) -> Vector {
        guard g.norm > 0 else { return g }
        let eigen = SymmetricEigen(hessian)
        let c = eigen.vectors.transposed * g
        func scaled(_ r: Double) -> Vector { c.zip(eigen.eigenvalues) { $0 / ($1 + 0.5 * m * r) } }
        var (low, high) = (0.0, 1.0)
        while scaled(high).norm > high, high < 1e300 { high *= 2 }
        for _ in 0..<200 {
            let middle = 0.5 * (low + high)
            if scaled(middle).norm > middle { low = middle } else { high = middle }
        }
        return -(eigen.vectors * scaled(0.5 * (low + high)))
    }
}
