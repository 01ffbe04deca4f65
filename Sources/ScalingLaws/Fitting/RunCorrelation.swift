/// How far the residuals of samples read off one training run go together.
///
///     correlation = (sum of z_a z_b over pairs + n0 r0) / (sum of shares + n0)
///
/// over pairs of rows that share runs, z the residuals in units of their expected scatter. A shorter run that is a part of a
/// longer one has seen the same examples up to there; under a noise that is drawn anew at every evaluation nothing is shared.
/// `r0 = 0.5` is believed before any residual, worth `n0 = 30` pairs: a fit takes part of a common
/// noise for shape, so that the residuals of a few dozen rows understate it. The result stays within 0 to 0.95.
struct RunCorrelation {
    /// Two rows with runs in common.
    struct Pair {
        var first: Int
        var second: Int
        /// Common runs over the geometric mean of how many each row pools.
        var share: Double
    }

    /// The correlation of two rows that share all their runs.
    let value: Double

    /// What is believed before any residual; also what a design reckons with.
    static let believed = 0.5
    private static let worth = 30.0

    init(pairs: [Pair], scores: [Double]) {
        var product: Double = Self.worth * Self.believed
        var count: Double = Self.worth
        for pair in pairs {
            product += scores[pair.first] * scores[pair.second]
            count += pair.share
        }
        value = min(max(product / count, 0), 0.95)
    }

    /// The pairs among rows, given by the runs each was read off.
    static func pairs(_ rows: [Set<Int>]) -> [Pair] {
        var members: [Int: [Int]] = [:]
        for (row, runs) in rows.enumerated() {
            for run in runs { members[run, default: []].append(row) }
        }
        var common: [SIMD2<Int>: Int] = [:]
        for run in members.keys.sorted() {
            guard let rows = members[run] else { continue }
            for (place, first) in rows.enumerated() {
                for second in rows[(place + 1)...] { common[SIMD2(first, second), default: 0] += 1 }
            }
        }
        return common.map { pair, count in
            let sizes = Double(rows[pair.x].count * rows[pair.y].count)
            return Pair(first: pair.x, second: pair.y, share: Double(count) / sizes.squareRoot())
        }.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
    }
}
