import Foundation
import ScalingLaws

/// One pass of mini-batch SGD on least squares with Gaussian data, in closed form: no sampling noise.
///
///     m_i <- m_i (1 - 2 e l_i + e^2 l_i^2 (1 + 1/B)) + (e^2 l_i / B) (sum_j l_j m_j + s^2),    risk = sum_i l_i m_i
///
/// The best constant rate follows a power law while noise limits it and a stability limit `~ B / (B + b)` while it does
/// not: the case a plain power law gets wrong.
struct StreamingLeastSquares {
    let spectrum: [Double] = (1...256).map { pow(Double($0), -1.5) }
    let start: [Double] = (1...256).map { pow(Double($0), -0.8) }
    let noise = 1.0

    /// Excess risk after `budget / batch` steps; `nil` when it diverged.
    func risk(rate: Double, batch: Double, budget: Double) -> Double? {
        var m = start
        let steps = Int(budget / batch)
        let keep = spectrum.map { 1 - 2 * rate * $0 + rate * rate * $0 * $0 * (1 + 1 / batch) }
        let gain = spectrum.map { rate * rate * $0 / batch }
        var risk = 0.0
        for i in m.indices { risk += spectrum[i] * m[i] }
        let limit: Double = 100 * risk
        for _ in 0..<steps {
            let push: Double = risk + noise
            risk = 0
            for i in m.indices {
                m[i] = m[i] * keep[i] + gain[i] * push
                risk += spectrum[i] * m[i]
            }
            guard risk < limit else { return nil }
        }
        return risk
    }

    /// The best rate and its risk, by a grid and golden sections.
    func best(batch: Double, budget: Double) -> (rate: Double, risk: Double) {
        func value(_ x: Double) -> Double { risk(rate: exp(x), batch: batch, budget: budget) ?? .infinity }
        let grid = stride(from: log(1e-4), through: log(3), by: 0.5).map { $0 }
        let centre = grid.min { value($0) < value($1) } ?? 0
        var low = centre - 0.5
        var high = centre + 0.5
        let section = 0.6180339887498949
        for _ in 0..<18 {
            let a = high - section * (high - low)
            let b = low + section * (high - low)
            if value(a) < value(b) { high = b } else { low = a }
        }
        return (exp((low + high) / 2), value((low + high) / 2))
    }

    /// A sweep: budgets 2^8...2^12, batch sizes 4...512, a grid of rates.
    ///
    /// - Parameters:
    ///   - rates: the grid.
    ///   - level: relative standard deviation of the reported loss.
    ///   - keepBest: keeps that many runs around each cell's best one; 0 keeps all.
    ///   - seed: of the noise.
    /// - Returns: Samples, diverged runs included.
    func sweep(rates: [Double], noise level: Double, keepBest: Int = 0, seed: UInt64) -> [LossSample] {
        var random = TestRandom(seed: seed)
        var samples: [LossSample] = []
        for budget in [256.0, 512, 1024, 2048, 4096] {
            for batch in [4.0, 8, 16, 32, 64, 128, 256, 512] where batch <= budget {
                var cell = rates.map { rate -> LossSample in
                    let loss = risk(rate: rate, batch: batch, budget: budget)
                    return LossSample(
                        values: [.learningRate: rate, .batchSize: batch], tokenBudget: budget,
                        loss: loss.map { $0 * exp(level * random.normal()) })
                }
                if keepBest > 0 {
                    let centre =
                        cell.indices.min {
                            (cell[$0].loss ?? .infinity) < (cell[$1].loss ?? .infinity)
                        } ?? 0
                    let low = max(0, min(centre - keepBest / 2, cell.count - keepBest))
                    cell = Array(cell[low..<low + keepBest])
                }
                samples += cell
            }
        }
        return samples
    }
}

/// Log-spaced values, both ends included.
func logSpaced(_ low: Double, _ high: Double, _ count: Int) -> [Double] {
    (0..<count).map { low * pow(high / low, Double($0) / Double(count - 1)) }
}
