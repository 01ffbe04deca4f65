import Foundation

/// Joint covariance of what is asked and what candidate runs would report, and how it shrinks when runs are made.
///
/// Over the posterior draws the asked quantities q and the reports y of candidate runs vary together. Taken as jointly
/// normal, the reports y_r of a run with noise covariance V leave
///
///     C <- C - C_r' (C_rr + V)^-1 C_r
///
/// whatever they say, so runs under way count as made, and a bundle of runs can be judged before any of them is started.
/// The trace over the (weighted) asked quantities is the expected regret; with quadratic losses this is exact
/// (Bayesian c-optimal design; Chaloner and Verdinelli 1995).
///
/// C is kept as `R R'`, a row of R for each quantity: the draws, and one more column for each cell's unknown floor. A row of
/// unit noise is taken in by `R <- R - g (R r) r'`, `g = (1 - 1 / sqrt(1 + r'r)) / r'r` (Potter's square-root filter; Bierman
/// 1977), so that thousands of candidates cost no matrix of their size squared.
struct DesignCovariance {
    /// Reports of all candidate runs.
    struct Reports {
        /// One row a report, one value a draw.
        var values: [[Double]]
        /// Noise variance of each.
        var noise: [Double]
        /// Which unknown floor each report has; `nil`: none.
        var floor: [Int?]
        /// Variance of each floor.
        var floorVariances: [Double] = []
        /// The reports of each candidate run; they share noise by `RunCorrelation.believed`.
        var byRun: [[Int]]
    }

    /// Columns of R.
    private let width: Int
    private var asked: [Double]
    /// Rows of the runs, whitened: of unit noise each and independent.
    private var rows: [Double]
    private var runs: [Range<Int>]
    /// Draws the covariances were measured on, less one.
    private let freedom: Double

    /// - Parameters:
    ///   - asked: weighted asked quantities, one value a draw.
    ///   - reports: what each candidate would report.
    init(asked: [[Double]], reports: Reports) {
        let draws = asked.first?.count ?? reports.values.first?.count ?? 1
        freedom = Double(max(1, draws - 1))
        width = draws + reports.floorVariances.count
        let (width, scale) = (width, 1 / freedom.squareRoot())
        func row(_ values: [Double], floor: Int? = nil) -> [Double] {
            let mean: Double = values.reduce(0, +) / Double(max(1, values.count))
            var row = [Double](repeating: 0, count: width)
            for d in values.indices { row[d] = (values[d] - mean) * scale }
            if let floor { row[draws + floor] = reports.floorVariances[floor].squareRoot() }
            return row
        }
        self.asked = asked.flatMap { row($0) }
        rows = []
        runs = []
        for members in reports.byRun {
            let own = members.map { row(reports.values[$0], floor: reports.floor[$0]) }
            let first = rows.count / max(1, width)
            for white in Self.whitened(own, noise: members.map { reports.noise[$0] }) { rows += white }
            runs.append(first..<first + members.count)
        }
    }

    /// `L^-1 rows`, with `L L'` the noise covariance of reports of one run.
    private static func whitened(_ rows: [[Double]], noise: [Double]) -> [[Double]] {
        let count = rows.count
        var factor = [Double](repeating: 0, count: count * count)
        var white: [[Double]] = []
        for i in 0..<count {
            var row = rows[i]
            var pivot: Double = noise[i]
            for j in 0..<i {
                var sum: Double = RunCorrelation.believed * (noise[i] * noise[j]).squareRoot()
                for k in 0..<j { sum -= factor[i * count + k] * factor[j * count + k] }
                let entry: Double = sum / factor[j * count + j]
                factor[i * count + j] = entry
                pivot -= entry * entry
                for d in row.indices { row[d] -= entry * white[j][d] }
            }
            let root: Double = pivot.squareRoot()
            factor[i * count + i] = root
            white.append(row.map { $0 / root })
        }
        return white
    }

    /// Expected regret: the summed variance of the asked quantities.
    var regret: Double { asked.reduce(0) { $0 + $1 * $1 } }

    /// By how much one more run would lower the expected regret.
    ///
    /// Two unrelated quantities correlate a little over a finite number of draws; what that alone would gain, `1 / draws` of
    /// the regret, is taken off.
    func gain(of run: Int) -> Double {
        let own = runs[run]
        let count = own.count
        var system = [Double](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0...i {
                let product = dot(rows, own.lowerBound + i, rows, own.lowerBound + j)
                system[i * count + j] = product
                system[j * count + i] = product
            }
        }
        let gram = system
        for i in 0..<count { system[i * count + i] += 1 }
        guard let factor = DenseCholesky(system, order: count) else { return 0 }
        // tr((1 + G)^-1 G), what a report explains of a quantity it only seems to go with.
        var chance = 0.0
        for j in 0..<count {
            chance += factor.solve((0..<count).map { gram[$0 * count + j] })[j]
        }
        var sum = 0.0
        for q in 0..<asked.count / max(1, width) {
            let shared = own.map { dot(asked, q, rows, $0) }
            sum += zip(shared, factor.solve(shared)).reduce(0) { $0 + $1.0 * $1.1 }
            sum -= dot(asked, q, asked, q) / freedom * chance
        }
        return sum
    }

    /// Counts a run as made.
    mutating func observe(_ run: Int) {
        for place in runs[run] {
            let row = Array(rows[place * width..<(place + 1) * width])
            let length = row.reduce(0) { $0 + $1 * $1 }
            guard length > 0 else { continue }
            let factor: Double = (1 - 1 / (1 + length).squareRoot()) / length
            Self.deflate(&asked, by: row, factor)
            Self.deflate(&rows, by: row, factor)
        }
    }

    /// `R <- R - factor (R r) r'`.
    private static func deflate(_ matrix: inout [Double], by row: [Double], _ factor: Double) {
        let width = row.count
        matrix.withUnsafeMutableBufferPointer { matrix in
            row.withUnsafeBufferPointer { row in
                for start in stride(from: 0, to: matrix.count, by: width) {
                    var sum = 0.0
                    for d in 0..<width { sum += matrix[start + d] * row[d] }
                    guard sum != 0 else { continue }
                    let scale: Double = factor * sum
                    for d in 0..<width { matrix[start + d] -= scale * row[d] }
                }
            }
        }
    }

    /// The part that concerns some candidate runs, in their order.
    func restricted(to kept: [Int]) -> DesignCovariance {
        var part = self
        part.rows = []
        part.runs = []
        for run in kept {
            let first = part.rows.count / max(1, width)
            part.rows += rows[runs[run].lowerBound * width..<runs[run].upperBound * width]
            part.runs.append(first..<first + runs[run].count)
        }
        return part
    }

    private func dot(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                let (x, y) = (i * width, j * width)
                // Two sums, so that the additions do not wait for each other.
                var (even, odd) = (0.0, 0.0)
                for d in stride(from: 0, to: width - 1, by: 2) {
                    even += a[x + d] * b[y + d]
                    odd += a[x + d + 1] * b[y + d + 1]
                }
                if width % 2 == 1 { even += a[x + width - 1] * b[y + width - 1] }
                return even + odd
            }
        }
    }
}
