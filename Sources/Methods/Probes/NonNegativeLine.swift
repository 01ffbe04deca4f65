/// `y ~ a + b x` with a, b >= 0, where being below a point costs `1 + lambda` times as much.
///
///     min sum (y - a - b x)^2 + lambda sum max(0, y - a - b x)^2
///
/// By turns in a and b with weights from the last residuals, until nothing moves: the objective is convex, so the
/// fixed point is the minimum. This is the fit of (L0, L1) from `SecantProbe`. Source: Gluon, 2025, arXiv 2505.13416.
public struct NonNegativeLine: Sendable, Hashable {
    /// a.
    public let intercept: Double
    /// b.
    public let slope: Double

    /// Fits; precondition: as many x as y, at least one, not all x zero.
    public init(x: [Double], y: [Double], penalty: Double = 0) {
        precondition(x.count == y.count && x.contains { $0 != 0 }, "points with different x")
        let points = Array(zip(x, y))
        func weight(_ a: Double, _ b: Double, _ point: (Double, Double)) -> Double {
            point.1 - a - b * point.0 > 0 ? 1 + penalty : 1
        }
        var (a, b) = (0.0, 0.0)
        for _ in 0..<4000 {
            var (top, bottom) = (0.0, 0.0)
            for p in points {
                let w = weight(a, b, p)
                top += w * (p.1 - b * p.0)
                bottom += w
            }
            let nextA = max(0, top / bottom)
            (top, bottom) = (0, 0)
            for p in points {
                let w = weight(nextA, b, p)
                top += w * p.0 * (p.1 - nextA)
                bottom += w * p.0 * p.0
            }
            let nextB = max(0, top / bottom)
            let change = abs(nextA - a) + abs(nextB - b)
            (a, b) = (nextA, nextB)
            if change < 1e-15 { break }
        }
        intercept = a
        slope = b
    }
}
