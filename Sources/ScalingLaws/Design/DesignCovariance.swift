import Foundation

/// Joint covariance of what is asked and what candidate runs would report, and how it shrinks when runs are made.
///
/// Over the posterior draws the asked quantities q and the reports y of candidate runs vary together. Taken as jointly
/// normal, a report of run j with noise variance v_j leaves
///
///     C <- C - c_j c_j' / (C_jj + v_j)
///
/// whatever it says, so runs under way count as made, and a bundle of runs can be judged before any of them is started.
/// The trace over the (weighted) asked quantities is the expected regret; with quadratic losses this is exact
/// (Bayesian c-optimal design; Chaloner and Verdinelli 1995).
struct DesignCovariance {
    /// Rows and columns: asked quantities, then candidates.
    private(set) var order: Int
    private(set) var asked: Int
    private var matrix: [Double]
    /// Draws the covariances were measured on, less one.
    private var freedom: Double
    /// Noise variance of each candidate's report.
    private(set) var noise: [Double]

    /// - Parameters:
    ///   - asked: weighted asked quantities, one value a draw.
    ///   - reports: what each candidate would report, one value a draw.
    ///   - noise: variance of each report around it.
    init(asked: [[Double]], reports: [[Double]], noise: [Double]) {
        let rows = (asked + reports).map(Self.centred)
        order = rows.count
        self.asked = asked.count
        self.noise = noise
        matrix = [Double](repeating: 0, count: order * order)
        freedom = Double(max(1, (rows.first?.count ?? 1) - 1))
        for i in 0..<order {
            for j in 0...i {
                var sum = 0.0
                for d in rows[i].indices { sum += rows[i][d] * rows[j][d] }
                matrix[i * order + j] = sum / freedom
                matrix[j * order + i] = sum / freedom
            }
        }
    }

    private static func centred(_ row: [Double]) -> [Double] {
        let mean = row.reduce(0, +) / Double(max(1, row.count))
        return row.map { $0 - mean }
    }

    /// Adds a shared unknown to the reports of some candidates: the floor of their cell.
    mutating func addShared(variance: Double, among candidates: [Int]) {
        for i in candidates {
            for j in candidates { matrix[(asked + i) * order + asked + j] += variance }
        }
    }

    /// Expected regret: the summed variance of the asked quantities.
    var regret: Double {
        (0..<asked).reduce(0) { $0 + matrix[$1 * order + $1] }
    }

    /// By how much one more run would lower the expected regret.
    ///
    /// Two unrelated quantities correlate a little over a finite number of draws; what that alone would gain, `1 / draws` of
    /// the regret, is taken off.
    func gain(of candidate: Int) -> Double {
        let j = asked + candidate
        let own = matrix[j * order + j]
        var sum = 0.0
        for q in 0..<asked {
            let shared = matrix[q * order + j]
            sum += shared * shared - own * matrix[q * order + q] / freedom
        }
        return sum / (own + noise[candidate])
    }

    /// Counts a run as made.
    mutating func observe(_ candidate: Int) {
        let j = asked + candidate
        let column = (0..<order).map { matrix[$0 * order + j] }
        let scale: Double = 1 / (column[j] + noise[candidate])
        for i in 0..<order where column[i] != 0 {
            let factor: Double = column[i] * scale
            for k in 0..<order { matrix[i * order + k] -= factor * column[k] }
        }
    }

    /// The part that concerns some candidates, in their order.
    func restricted(to candidates: [Int]) -> DesignCovariance {
        var part = self
        let kept = Array(0..<asked) + candidates.map { asked + $0 }
        part.order = kept.count
        part.noise = candidates.map { noise[$0] }
        part.matrix = kept.flatMap { i in kept.map { matrix[i * order + $0] } }
        return part
    }
}
