import Foundation

/// The loss against one log hyperparameter near its optimum: an asymmetric parabola (LINEX, Varian 1975).
///
///     phi_s(x) = 2 (exp(s x) - 1 - s x) / s^2 = x^2 (1 + s x / 3 + ...),   x = log(value / optimum)
///
/// `s = 0` is the parabola `x^2`. With `s > 0` the loss rises exponentially above the optimum, which is what
/// approaching divergence looks like, and linearly below it, which is what too slow a descent looks like: there the
/// excess loss is a power of the learning rate. One `s` is shared by all cells.
enum CurveShape {
    /// `s x` beyond which the exponential is continued by a straight line: such runs have no weight any more, but a
    /// solver may pass by.
    private static let cap = 12.0

    /// `phi`, `d phi / dx` and `d phi / ds`.
    @inline(__always)
    static func evaluate(_ x: Double, skew s: Double) -> (value: Double, slope: Double, skewSlope: Double) {
        let t: Double = s * x
        if abs(t) < 1e-3 {
            let value: Double = x * x * (1 + t / 3 + t * t / 12)
            let slope: Double = 2 * x * (1 + t / 2 + t * t / 6)
            let skewSlope: Double = x * x * x * (1 / 3.0 + t / 6)
            return (value, slope, skewSlope)
        }
        let bounded: Double = min(t, cap)
        let e: Double = exp(bounded) * (1 + (t - bounded))
        let de: Double = exp(bounded)
        let value: Double = 2 * (e - 1 - t) / (s * s)
        let slope: Double = 2 * (de - 1) / s
        let skewSlope: Double = 2 * x * (de - 1) / (s * s) - 2 * value / s
        return (value, slope, skewSlope)
    }
}
