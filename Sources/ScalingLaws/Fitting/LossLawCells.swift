import Foundation

extension LossLawFit.Cell {
    /// Cells up to which each is fitted on its own: the density of the bends takes their number cubed.
    private static let most = 256
    /// Widths within which cells are joined, in log tokens and log model size: the first that leaves few enough.
    private static let widths = [0.1, 0.2, 0.4, 0.8, 1.6]

    private struct Place: Hashable {
        var tokens: Int
        var size: Int
    }

    /// Many cells, joined with their neighbours in tokens and model size; few are left as they are.
    ///
    ///     log loss = sum w_c log loss_c / sum w_c,   1 / error^2 = sum 1 / error_c^2,   w_c = 1 / error_c^2
    ///
    /// and the same mean of the logarithms of tokens and model size. Over a factor of 1.5 a loss law bends by less than its errors.
    static func joined(_ cells: [Self]) -> [Self] {
        guard cells.count > most else { return cells }
        var groups: [[Self]] = []
        for width in widths {
            var places: [Place: Int] = [:]
            groups = []
            for cell in cells {
                let place = Place(
                    tokens: Int((log(cell.tokenBudget) / width).rounded()),
                    size: Int((log(cell.modelSize ?? 1) / width).rounded()))
                let number = places[place] ?? groups.count
                places[place] = number
                if number == groups.count { groups.append([]) }
                groups[number].append(cell)
            }
            if groups.count <= most { break }
        }
        return groups.map(mean)
    }

    private static func mean(_ cells: [Self]) -> Self {
        var result = cells[0]
        guard cells.count > 1 else { return result }
        let weights = cells.map { 1 / ($0.error * $0.error) }
        let total: Double = weights.reduce(0, +)
        func mean(_ value: (Self) -> Double) -> Double {
            zip(cells, weights).reduce(0) { $0 + $1.1 * value($1.0) } / total
        }
        result.tokenBudget = exp(mean { log($0.tokenBudget) })
        if result.modelSize != nil { result.modelSize = exp(mean { log($0.modelSize ?? 1) }) }
        result.loss = exp(mean { log($0.loss) })
        result.error = 1 / total.squareRoot()
        result.shared = result.shared.indices.map { i in mean { i < $0.shared.count ? $0.shared[i] : 0 } }
        return result
    }
}
