import Foundation

/// Steps to a target loss over batch sizes, for one model:
///
///     steps(B) = a + b/B = a (1 + Bc/B),     samples(B) = B steps(B) = b (1 + B/Bc),     Bc = b/a
///
/// a: steps that no batch size saves; b: samples that no number of steps saves, in the unit of B. At B = Bc
/// both are twice their least: below it a larger batch is nearly free in samples, above it nearly useless in
/// steps. Equivalently `(steps/a - 1)(samples/b - 1) = 1`.
///
/// Regime: one target, one model, learning rate tuned at each batch size. Batches on both sides of Bc
/// identify it; from one side only a bound follows. When not to believe it: a learning rate held fixed over
/// batch sizes shifts Bc by more than its interval; the measured transition is wider than the formula's (on
/// Zhang et al. residuals run -, +, - along B, 6 % rms).
///
/// Source: the trade-off is that of McCandlish et al. 2018, arXiv 1812.06162.
public struct StepsToTarget: Sendable, Hashable, Codable {
    /// a.
    public var leastSteps: Double
    /// Bc, in the unit of the batch sizes.
    public var criticalBatch: Double

    enum CodingKeys: String, CodingKey {
        case leastSteps = "least_steps"
        case criticalBatch = "critical_batch"
    }

    /// A trade-off; both numbers positive.
    public init(leastSteps: Double, criticalBatch: Double) {
        precondition(leastSteps > 0 && criticalBatch > 0, "steps and batch must be positive")
        self.leastSteps = leastSteps
        self.criticalBatch = criticalBatch
    }

    /// b = a Bc.
    public var leastSamples: Double { leastSteps * criticalBatch }

    /// Steps at a batch size.
    public func steps(batchSize: Double) -> Double { leastSteps * (1 + criticalBatch / batchSize) }

    /// Samples at a batch size, in the unit of B.
    public func samples(batchSize: Double) -> Double { leastSteps * (batchSize + criticalBatch) }

    /// The largest batch size whose samples exceed the least by at most a share: `overhead * Bc`. Zhang et
    /// al. call the one at 0.2 the critical batch size, a fifth of Bc.
    public func batchSize(sampleOverhead overhead: Double) -> Double { overhead * criticalBatch }
}

/// Fits `log steps = log a + log(1 + Bc/B)` by a Huber loss of relative errors.
///
/// With `c = log Bc` and `s = Bc/(Bc + B)`: `grad log steps = (1, s)` in (log a, c). Gauss-Newton with the
/// Huber weights, halved until the loss falls, from starts across the tried batch sizes. c is held within 7
/// of them: beyond, 0.1 % of the steps would tell it.
struct StepsToTargetSolver {
    var logBatches: [Double]
    var logSteps: [Double]
    /// Relative error from which a row counts linearly. Measured steps are read off evaluation grids of a few
    /// per cent; only rows that are plainly wrong should lose weight.
    static let delta = 0.1
    static let reach = 7.0

    /// A fit in logarithms.
    struct Fit {
        var logLeastSteps: Double
        var logCritical: Double
        var value: Double
        /// Sum of squared residuals, each clipped at delta.
        var squares: Double
        /// Inverse of the Gauss-Newton curvature of c, log a eliminated: the variance of c per unit of error
        /// variance.
        var spread: Double
    }

    var bounds: ClosedRange<Double> {
        ((logBatches.min() ?? 0) - Self.reach)...((logBatches.max() ?? 0) + Self.reach)
    }

    /// The best of several descents; rows counted by `weights`.
    func fit(weights: [Double], starts: [Double]) -> Fit? {
        starts.compactMap { descend(from: $0, weights) }.min { $0.value < $1.value }
    }

    /// Starts at the tried range's ends, quarters and middle.
    var starts: [Double] {
        let (low, high) = (logBatches.min() ?? 0, logBatches.max() ?? 0)
        return (0...4).map { low + (high - low) * Double($0) / 4 }
    }

    /// Fitted less measured log steps.
    func residual(_ i: Int, _ fit: Fit) -> Double { residual(i, fit.logLeastSteps, fit.logCritical) }

    private func residual(_ i: Int, _ a: Double, _ c: Double) -> Double {
        a + Self.softplus(c - logBatches[i]) - logSteps[i]
    }

    private func value(_ a: Double, _ c: Double, _ weights: [Double]) -> Double {
        logSteps.indices.reduce(0) { sum, i in
            let size: Double = abs(residual(i, a, c))
            return sum + weights[i]
                * (size <= Self.delta ? 0.5 * size * size : Self.delta * (size - 0.5 * Self.delta))
        }
    }

    private func descend(from start: Double, _ weights: [Double]) -> Fit? {
        var c = start
        let shifts = logSteps.indices.filter { weights[$0] > 0 }.map { -residual($0, 0, c) }
        guard var a = shifts.median else { return nil }
        var last = value(a, c, weights)
        for _ in 0..<60 {
            let system = equations(a, c, weights)
            let determinant: Double = system.aa * system.cc - system.ac * system.ac
            guard system.aa > 0 else { return nil }
            // Where c says nothing, only a moves.
            let isFlat = !(determinant > 1e-12 * system.aa * system.aa)
            var da: Double = -system.a / system.aa
            var dc = 0.0
            if !isFlat {
                da = (-system.a * system.cc + system.c * system.ac) / determinant
                dc = (-system.c * system.aa + system.a * system.ac) / determinant
            }
            var length: Double = min(1, 2 / max(abs(dc), 1e-300))
            var moved = 0.0
            for _ in 0..<30 {
                let next = min(max(c + length * dc, bounds.lowerBound), bounds.upperBound)
                let trial = value(a + length * da, next, weights)
                if trial <= last {
                    moved = max(abs(length * da), abs(next - c))
                    (a, c, last) = (a + length * da, next, trial)
                    break
                }
                length /= 2
            }
            if moved < 1e-12 { break }
        }
        let system = equations(a, c, weights)
        let squares: Double = logSteps.indices.reduce(0) {
            $0 + weights[$1] * pow(min(abs(residual($1, a, c)), Self.delta), 2)
        }
        let curvature: Double = system.cc - system.ac * system.ac / system.aa
        guard last.isFinite, a.isFinite else { return nil }
        return Fit(
            logLeastSteps: a, logCritical: c, value: last, squares: squares,
            spread: curvature > 0 ? 1 / curvature : .infinity)
    }

    private func equations(
        _ a: Double, _ c: Double, _ weights: [Double]
    ) -> (a: Double, c: Double, aa: Double, ac: Double, cc: Double) {
        var sums = (a: 0.0, c: 0.0, aa: 0.0, ac: 0.0, cc: 0.0)
        for i in logSteps.indices where weights[i] > 0 {
            let r: Double = residual(i, a, c)
            let w: Double = weights[i] * min(1, Self.delta / max(abs(r), 1e-300))
            let s: Double = 1 / (1 + exp(logBatches[i] - c))
            sums.a += w * r
            sums.c += w * r * s
            sums.aa += w
            sums.ac += w * s
            sums.cc += w * s * s
        }
        return sums
    }

    /// `log(1 + e^x)`.
    private static func softplus(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }
}
