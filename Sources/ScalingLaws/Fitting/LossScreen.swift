import Foundation

/// Finds losses that cannot be results of the runs they stand with: marks of a failure (`0`, `-1`), or slips of a point.
///
/// A law is of the logarithm of the loss, and chooses by the lowest: one loss of 0 among hundreds near 3 would take the
/// logarithm away from all of them, one of 0.03 is the best run of its cell.
///
/// When not to believe it: a metric that truly goes below zero has values close to it, too, so that none is taken out;
/// a sweep with a handful of runs that spans zero may lose one.
public enum LossScreen {
    /// Runs from which on a single low loss is judged by the others.
    private static let least = 8

    /// Losses that are not positive where nearly all are, and well so.
    ///
    /// At most one in twenty; or one in three, where the others keep away from zero: their lowest is more than a fifth of
    /// their median.
    ///
    /// - Parameter losses: of all runs; `nil` for a diverged one.
    /// - Returns: indices, ascending; empty when the metric has a sign.
    public static func notPositive(_ losses: [Double?]) -> [Int] {
        let wrong = losses.indices.filter { (losses[$0] ?? 1) <= 0 }
        guard !wrong.isEmpty else { return [] }
        let positive = losses.compactMap { $0 }.filter { $0 > 0 }
        let all = positive.count + wrong.count
        if 20 * wrong.count <= all { return wrong }
        guard 3 * wrong.count <= all, let low = positive.min(), let middle = positive.median,
            low > 0.2 * middle
        else { return [] }
        return wrong
    }

    /// Positive losses far below all others: by more than a factor 2, and by more than six times as far as the others lie
    /// about their median. At most one in fifty.
    ///
    /// - Parameter losses: of all runs; `nil` for a diverged one.
    /// - Returns: indices, ascending.
    public static func farBelow(_ losses: [Double?]) -> [Int] {
        let known = losses.enumerated().compactMap { entry -> (index: Int, level: Double)? in
            guard let loss = entry.element, loss > 0 else { return nil }
            return (entry.offset, log(loss))
        }.sorted { $0.level < $1.level }
        guard known.count >= least else { return [] }
        let middle = known[known.count / 2].level
        let spread = known.map { abs($0.level - middle) }.median ?? 0
        let most = max(1, known.count / 50)
        for count in (1...most).reversed() {
            let gap: Double = known[count].level - known[count - 1].level
            let around: Double = max(middle - known[count].level, spread)
            guard gap > max(log(2), 6 * around) else { continue }
            return known.prefix(count).map(\.index).sorted()
        }
        return []
    }

    /// Losses that a law of them all misses by more than a factor 2, and by more than twenty robust standard deviations of
    /// what it misses the others by. At most one in fifty.
    ///
    /// - Parameter misses: `log(loss / predicted)` of every run; `nil` for one without.
    /// - Returns: indices, ascending.
    public static func offTheLaw(_ misses: [Double?]) -> [Int] {
        let sizes = misses.compactMap { $0.map { abs($0) } }
        guard sizes.count >= least, let usual = sizes.median else { return [] }
        let limit: Double = max(log(2), 20 * 1.4826 * usual)
        let off = misses.indices.filter { abs(misses[$0] ?? 0) > limit }
        return off.count <= max(1, sizes.count / 50) ? off : []
    }
}
