/// A line through points of which some are wild: Theil and Sen's median of pairwise slopes.
///
///     slope = median over pairs of (y_j - y_i)/(x_j - x_i),     intercept = median of y - slope x
///
/// Up to 29 % of the points may be anything. For the slope of the dual gradient norm over the loss, which is mu of the
/// mu-KL condition `|grad f|_* >= mu (f - f*)` where the loss has dropped.
///
/// When not to believe it: fewer than ten points, or losses that hardly differ. Early points of a run, where the gradient
/// grows while the loss falls, make the slope negative: the condition then says nothing.
///
/// Source: H. Theil 1950, P. Sen 1968; use for mu: R. Islamov et al. 2026, arXiv 2603.21191, who use Huber's loss.
public struct RobustLine: Sendable, Hashable {
    /// Slope.
    public var slope: Double
    /// Value at x = 0.
    public var intercept: Double

    /// The fit; `nil` for fewer than two different finite x.
    public static func fit(x: [Double], y: [Double]) -> RobustLine? {
        let points = zip(x, y).filter { $0.0.isFinite && $0.1.isFinite }
        var slopes: [Double] = []
        for i in points.indices {
            for j in points.indices.dropFirst(i + 1) where points[i].0 != points[j].0 {
                slopes.append((points[j].1 - points[i].1) / (points[j].0 - points[i].0))
            }
        }
        guard let slope = median(slopes), let intercept = median(points.map { $0.1 - slope * $0.0 })
        else { return nil }
        return RobustLine(slope: slope, intercept: intercept)
    }

    private static func median(_ values: [Double]) -> Double? {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
