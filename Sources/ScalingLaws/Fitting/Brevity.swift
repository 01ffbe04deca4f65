import Foundation

/// What runs of few optimizer steps want beyond a power of their tokens.
///
///     brevity = 1 + 200 / steps,   steps = tokens / batch size
///
/// A run of a few dozen steps wants another learning rate than the same run ten times as long: warm-up, the averages of the optimizer and the
/// first plateau of learning take up most of it. In recorded grids of small transformers the best rate at a held batch size falls
/// as `T^-0.8` at 64 steps, `T^-0.5` at 128 and hardly at all, or even rises, from 512 on, under AdamW; a power law through all of
/// them extrapolates the first. So the law has a factor `brevity^a`, which is 1 for long runs; the runs decide between `a` and
/// the exponent of the tokens, most clearly where several batch sizes were run.
///
/// Rows of few steps also weigh less, relative to the run of most steps: `1 / (1 + (80 / steps)^3)`.
///
/// When not to believe it: all runs below a few hundred steps, where `a` and the exponent of the tokens cannot be told apart.
enum Brevity {
    /// Steps at which brevity is 2.
    static let steps = 200.0
    /// What is believed about its exponent for the learning rate: the recorded grids of adaptive optimizers show 0 to 1. Plain gradient descent has
    /// no averages to fill; on least squares its best rate is a power of the tokens from the first dozen steps on. Normal, not
    /// heavy-tailed like other priors: where all runs are long, brevity is next to the batch size over the tokens, and an exponent of
    /// -26 would describe whatever else goes with those (on a public sweep of 2B to 100B tokens it did).
    static func prior(_ geometry: UpdateGeometry) -> ExponentPrior {
        geometry == .gradient
            ? ExponentPrior(mean: 0, deviation: 0.15, degreesOfFreedom: .infinity)
            : ExponentPrior(mean: 0.4, deviation: 1, degreesOfFreedom: .infinity)
    }
    /// Range of log brevity among the runs below which it has no factor.
    static let leastRange = 0.15
    /// Steps at which a row weighs half.
    static let halfWeight = 80.0

    /// Log brevity; `nil` where the batch size is not told.
    static func log(tokenBudget: Double, batchSize: Double?) -> Double? {
        guard let batchSize, batchSize > 0, tokenBudget > 0 else { return nil }
        return log1p(steps * batchSize / tokenBudget)
    }

    /// Whether the brevities of runs differ enough for the law to depend on it.
    static func tellsApart(_ runs: [PooledRun]) -> Bool {
        var ends: (low: Double, high: Double)?
        for run in runs {
            guard
                let value = log(
                    tokenBudget: run.sample.tokenBudget, batchSize: run.sample.values[.batchSize])
            else { return false }
            ends = (min(ends?.low ?? value, value), max(ends?.high ?? value, value))
        }
        return ends.map { $0.high - $0.low > leastRange } ?? false
    }

    static func weight(_ sample: LossSample) -> Double {
        guard let batch = sample.values[.batchSize], batch > 0 else { return 1 }
        return 1 / (1 + pow(halfWeight * batch / sample.tokenBudget, 3))
    }
}
