import Engine
import Foundation

/// Rows of several classes dealt out unevenly: every worker wants a mix of its own.
///
///     shares of worker i ~ Dirichlet(alpha, ..., alpha);   a row it takes is of class k with probability shares[k]
///
/// alpha towards 0 gives a worker one class, alpha towards infinity all workers the same mix. Rows are shuffled, and
/// workers take one after another in turns; of classes that are used up nobody takes, so the mixes even out at the
/// end. All workers get equally many rows, up to n - 1 are left over, and none is given twice.
///
/// Source: T.-M. Hsu, H. Qi, M. Brown, "Measuring the effects of non-identical data distribution for federated visual
/// classification", 2019, arXiv 1909.06335.
public struct DirichletSplit: Sendable, Hashable {
    /// Rows of each worker.
    public let rows: [[Int]]

    /// Deals rows out.
    ///
    /// - Parameters:
    ///   - classes: class of each row, from 0.
    ///   - n: workers; at least one, at most as many as rows.
    ///   - most: most rows a worker gets.
    ///   - concentration: alpha, above 0.
    ///   - seed: names the split.
    public init(
        classes: [Int], workers n: Int, most: Int = .max, concentration: Double, seed: UInt64
    ) {
        precondition(n >= 1 && n <= classes.count && concentration > 0, "\(classes.count) rows, \(n) workers")
        var generator = SplitMix64(seed)
        var left = [[Int]](repeating: [], count: (classes.max() ?? 0) + 1)
        for row in generator.permutation(classes.count) { left[classes[row]].append(row) }
        let shares = (0..<n).map { _ in
            Self.shares(of: left.count, concentration: concentration, &generator)
        }
        var rows = [[Int]](repeating: [], count: n)
        for _ in 0..<min(most, classes.count / n) {
            for i in 0..<n {
                let chosen = Self.pick(shares[i], left, generator.uniform())
                rows[i].append(left[chosen].removeLast())
            }
        }
        self.rows = rows
    }

    /// Shares up to a factor, the largest 1. In logarithms, since a Gamma variate of a small shape is below every number:
    /// `Gamma(alpha) = Gamma(alpha + 1) U^(1/alpha)`.
    private static func shares(
        of classes: Int, concentration: Double, _ generator: inout SplitMix64
    ) -> [Double] {
        let logs = (0..<classes).map { _ in
            log(generator.gamma(shape: concentration + 1)) + log(1 - generator.uniform()) / concentration
        }
        let top = logs.max() ?? 0
        return logs.map { exp($0 - top) }
    }

    /// A class by its share among those that have rows left; by their rows where all of those shares are zero.
    private static func pick(_ shares: [Double], _ left: [[Int]], _ u: Double) -> Int {
        var weights = zip(shares, left).map { $1.isEmpty ? 0 : $0 }
        if weights.reduce(0, +) <= 0 { weights = left.map { Double($0.count) } }
        var rest = u * weights.reduce(0, +)
        for (k, weight) in weights.enumerated() where weight > 0 {
            rest -= weight
            if rest < 0 { return k }
        }
        return weights.lastIndex { $0 > 0 } ?? 0
    }
}
