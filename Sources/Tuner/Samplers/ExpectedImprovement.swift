import Foundation

/// `log E[max(0, best - f)]` of a normal f, and its slopes, without underflow.
///
/// With `z = (best - mean) / deviation` it is `log deviation + log h(z)`, `h(z) = phi(z) + z Phi(z)`. Below z = -1
/// `log h = log phi(z) + log(1 + z Phi(z)/phi(z))` through the scaled complementary error function; far below it tends
/// to `log phi(z) - 2 log |z|` (Ament, Daulton, Eriksson, Balandat, Bakshy 2023, arXiv:2310.20708). The plain
/// improvement is zero to machine precision over most of a box, and a search has no slope to follow.
enum LogExpectedImprovement {
    /// The value, and its derivatives by mean and by variance.
    static func value(mean: Double, variance: Double, best: Double) -> (
        value: Double, dMean: Double, dVariance: Double
    ) {
        let deviation = variance.squareRoot()
        let z = (best - mean) / deviation
        let (logH, ratio) = logH(z)
        // d log h / dz = Phi/h, and h - z Phi = phi.
        let value = log(deviation) + logH
        let dMean = -ratio / deviation
        let dVariance = (1 - z * ratio) / (2 * variance)
        return (value, dMean, dVariance)
    }

    /// `log h(z)` and `Phi(z) / h(z)`.
    static func logH(_ z: Double) -> (value: Double, ratio: Double) {
        let logPhi = -0.5 * z * z - 0.918_938_533_204_672_7
        if z > -1 {
            let phi = exp(logPhi), cumulative = 0.5 * erfc(-z / 2.0.squareRoot())
            let h = phi + z * cumulative
            return (log(h), cumulative / h)
        }
        // Phi/phi = Mills ratio of -z.
        let mills = millsRatio(-z)
        // 1 + z Phi/phi loses its digits to cancellation far out; its expansion is 1/z^2 - 3/z^4 + 15/z^6.
        let square = 1 / (z * z)
        let rest = z > -25 ? max(1e-300, 1 + z * mills) : square * (1 - 3 * square + 15 * square * square)
        return (logPhi + log(rest), mills / rest)
    }

    /// `(1 - Phi(x)) / phi(x)` for x >= 1; relative error below 1e-11 (continued fraction, evaluated backwards).
    private static func millsRatio(_ x: Double) -> Double {
        if x < 3 { return 0.5 * erfc(x / 2.0.squareRoot()) * exp(0.5 * x * x) * 2.506_628_274_631_000_5 }
        var tail = x
        for term in stride(from: 60, through: 1, by: -1) { tail = x + Double(term) / tail }
        return 1 / tail
    }

    /// `log Phi(z)` and its slope: of being feasible.
    static func logCumulative(_ z: Double) -> (value: Double, slope: Double) {
        if z > -1 {
            let cumulative = 0.5 * erfc(-z / 2.0.squareRoot())
            return (log(cumulative), exp(-0.5 * z * z - 0.918_938_533_204_672_7) / cumulative)
        }
        let mills = millsRatio(-z)
        return (-0.5 * z * z - 0.918_938_533_204_672_7 + log(mills), 1 / mills)
    }
}
