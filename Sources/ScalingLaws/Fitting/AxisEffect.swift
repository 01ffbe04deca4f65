import Foundation

/// Whether a hyperparameter makes any difference that the runs show.
///
/// Within cells, the ranks of the losses are explained by every axis (up to its cube, its product with the budget and with
/// the other axes) and by all axes but one. An F test of what the one adds:
///
///     F = ((left without it - left) / columns) / (left / freedom)
///
/// Ranks, so that a few runs that nearly diverged do not drown the others; and the losses themselves, because among runs that
/// were chosen one after another most stand near the optimum, where ranks are chance, and a few far ones show the effect. An axis
/// whose F lies below the 95 % point of chance in both is told of: its optimum is where the prior and the edges of the
/// range put it.
///
/// When not to believe it: a few runs in a cell show only strong effects; below five degrees of freedom nothing is said.
struct AxisEffect {
    var table: FitTable

    /// Degrees of freedom below which nothing is said.
    private static let least = 5
    /// Settings that are looked at; of more, a sample.
    private static let most = 20_000
    /// 95 % point of the standard normal, one-sided.
    private static let chance = 1.645

    /// A warning for each axis that makes no difference.
    func warnings() -> [LawWarning] {
        let rows = ranked()
        guard table.bent.count > 0 else { return [] }
        let explained = [\Row.rank, \Row.response].map { quantity in
            (quantity, Regression(rows, of: quantity, axes: table.bent.count, without: nil))
        }
        guard let freedom = explained[0].1?.freedom, freedom >= Self.least else { return [] }
        return table.bent.indices.compactMap { axis in
            let verdicts = explained.compactMap { quantity, whole -> Bool? in
                guard let whole,
                    let rest = Regression(rows, of: quantity, axes: table.bent.count, without: axis),
                    rest.columns < whole.columns
                else { return nil }
                return isTold(whole, rest)
            }
            guard !verdicts.isEmpty, !verdicts.contains(true) else { return nil }
            let name = table.bent[axis].rawValue
            let values = table.request.samples.compactMap { $0.values[table.bent[axis]] }
            let range = [values.min() ?? 0, values.max() ?? 0].map { LawWarnings.figure($0) }
            return LawWarning(
                code: .noEffect,
                text: "\(name) makes no difference that the runs show (tried "
                    + "\(range.joined(separator: " to "))): its best value is not known, any tried one may be as good"
            )
        }
    }

    /// Whether what an axis adds is beyond chance, by Paulson's normal approximation of F.
    private func isTold(_ whole: Regression, _ rest: Regression) -> Bool {
        let added: Double = rest.left - whole.left
        guard added > 1e-9 * whole.total else { return false }
        guard whole.left > 1e-12 * whole.total else { return true }
        let a = Double(rest.freedom - whole.freedom)
        let b = Double(whole.freedom)
        let f: Double = pow((added / a) / (whole.left / b), 1.0 / 3)
        let (u, v): (Double, Double) = (2 / (9 * a), 2 / (9 * b))
        return ((1 - v) * f - (1 - u)) / (u + v * f * f).squareRoot() > Self.chance
    }

    /// A finished setting: its rank within its cell, and its coordinates less the mean over all.
    private struct Row {
        var rank: Double
        var response: Double
        var place: SIMD4<Double>
        var budget: Double
        var cell: Int
    }

    /// The settings of every cell that has three or more.
    private func ranked() -> [Row] {
        var members: [CellKey: [Int]] = [:]
        for index in table.runs.indices where table.runs[index].response != nil {
            members[CellKey(table.runs[index].sample), default: []].append(index)
        }
        var rows: [Row] = []
        var number = 0
        let share: Double = Double(Self.most) / Double(max(table.runs.count, 1))
        let hasLargeCells = table.runs.count > 100 * members.count
        var random = FitRandom(seed: 1)
        for key in table.cellKeys {
            guard var indices = members[key] else { continue }
            if share < 1, hasLargeCells { indices.removeAll { _ in random.uniform() > share } }
            let runs = indices.map { table.runs[$0] }
            guard runs.count > 2, share >= 1 || hasLargeCells || random.uniform() < share else { continue }
            let points = runs.map { run in
                var place = SIMD4<Double>.zero
                for (slot, axis) in table.bent.enumerated() {
                    place[slot] = run.sample.values[axis].map { axis.coordinate(of: $0) } ?? 0
                }
                return place
            }
            let ranks = Self.ranks(runs.map { $0.response ?? 0 })
            let budget: Double = log(key.tokenBudget / (table.reference[.tokenBudget] ?? key.tokenBudget))
            for (position, point) in points.enumerated() {
                rows.append(
                    Row(
                        rank: ranks[position], response: runs[position].response ?? 0, place: point,
                        budget: budget, cell: number))
            }
            number += 1
        }
        // One centre for all: runs that were chosen one after another stand elsewhere in every cell, and about the mean of
        // its own cell an optimum that all share would seem to move from cell to cell.
        let centre: SIMD4<Double> = rows.reduce(.zero) { $0 + $1.place } / Double(max(1, rows.count))
        for index in rows.indices { rows[index].place -= centre }
        return rows
    }

    /// Ranks from -1/2 to 1/2; equal values share theirs.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var first = 0
        while first < order.count {
            var end = first + 1
            let low = values[order[first]]
            while end < order.count, values[order[end]] - low <= 1e-12 * abs(low) { end += 1 }
            for place in order[first..<end] {
                ranks[place] = (Double(first + end) / 2) / Double(values.count) - 0.5
            }
            first = end
        }
        return ranks
    }

    /// Least squares within cells.
    private struct Regression {
        var left: Double
        var total: Double
        var columns: Int
        var freedom: Int

        init?(_ rows: [Row], of quantity: KeyPath<Row, Double>, axes: Int, without left: Int?) {
            guard let last = rows.last else { return nil }
            let used = (0..<axes).filter { $0 != left }
            var scale = SIMD4<Double>(repeating: 0)
            for row in rows { scale += row.place * row.place / Double(rows.count) }
            for slot in 0..<4 { scale[slot] = scale[slot] > 0 ? 1 / scale[slot].squareRoot() : 0 }
            let features = rows.map { row -> [Double] in
                let x: SIMD4<Double> = row.place * scale
                var values = [row[keyPath: quantity]]
                for (position, axis) in used.enumerated() {
                    values += [x[axis], x[axis] * x[axis], x[axis] * x[axis] * x[axis], x[axis] * row.budget]
                    for other in used[(position + 1)...] { values.append(x[axis] * x[other]) }
                }
                return values
            }
            // Less the mean of the cell: every cell has a constant of its own.
            let width = features[0].count
            var sums = [[Double]](repeating: [Double](repeating: 0, count: width + 1), count: last.cell + 1)
            for (row, values) in zip(rows, features) {
                for i in 0..<width { sums[row.cell][i] += values[i] }
                sums[row.cell][width] += 1
            }
            var gram = [Double](repeating: 0, count: width * width)
            for (row, values) in zip(rows, features) {
                let own = zip(values, sums[row.cell]).map { $0 - $1 / sums[row.cell][width] }
                for i in 0..<width { for j in 0...i { gram[i * width + j] += own[i] * own[j] } }
            }
            let swept = Self.swept(gram, width)
            total = gram[0]
            self.left = max(swept.left, 0)
            columns = swept.columns
            freedom = rows.count - (last.cell + 1) - swept.columns
        }

        /// Takes out of the first column what the others explain, leaving out those that say nothing of their own (a value
        /// tried three times has no cube).
        private static func swept(_ gram: [Double], _ width: Int) -> (left: Double, columns: Int) {
            var matrix = gram
            for i in 0..<width { for j in 0..<i { matrix[j * width + i] = matrix[i * width + j] } }
            var columns = 0
            for k in 1..<max(width, 1) {
                let pivot = matrix[k * width + k]
                guard pivot > 1e-9 * gram[k * width + k], pivot > 0 else { continue }
                columns += 1
                for i in 0..<width where i == 0 || i > k {
                    let factor: Double = matrix[i * width + k] / pivot
                    for j in 0..<width where j == 0 || j > k {
                        matrix[i * width + j] -= factor * matrix[k * width + j]
                    }
                }
            }
            return (matrix[0], columns)
        }
    }
}
