import Foundation

/// Joins runs of a large table that a fit cannot tell apart.
///
/// A solver passes over its rows thousands of times, and thousands of rows place an optimum no better than their means over short
/// stretches of the curve do. So from `least` settings on, the runs of a cell whose log coordinates fall into one bin become one row:
///
///     w = sum w_i,   response = sum w_i y_i / w,   coordinates = sum w_i x_i / w,   settings = w^2 / sum w_i^2
///
/// with the weights of the window, which sees every run. The row has the weight of all its runs, and its mean the noise of
/// `settings` of them. Bins are as wide as it takes for `most` of them, or `perCell` in each cell where there are many cells.
///
/// What is lost: where in its bin a run lay, `(bin / window)^2` of what the runs say about the optimum, a few per cent
/// at most; and curvature within a bin, which lifts all rows of a cell alike. Runs read off others keep rows of their own: they
/// share noise.
///
/// When not to believe it: a curve with structure finer than a bin.
enum RunBins {
    /// Settings from which on they are joined; below, every one is a row.
    static let least = 6_000
    private static let most = 4_096
    private static let perCell = 12
    /// Widths of a bin (log), the first that makes few enough.
    private static let widths: [Float] = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8]

    private struct Key: Hashable {
        var cell: Int32
        var bin: SIMD4<Int16>
    }

    /// Gives runs their bins and sorts them by cell and bin; small tables are left as they are.
    static func assign(to runs: inout [PooledRun], axes: [LawAxis], least: Int = least) {
        guard runs.count > least else { return }
        var cells: [CellKey: Int32] = [:]
        var cell: [Int32] = []
        cell.reserveCapacity(runs.count)
        for i in runs.indices {
            let key = CellKey(runs[i].sample)
            let number = cells[key] ?? Int32(cells.count)
            cells[key] = number
            cell.append(number)
            for (slot, axis) in LawAxis.allCases.enumerated() where axes.contains(axis) {
                guard let value = runs[i].sample.values[axis] else { continue }
                runs[i].place[slot] = Float(axis.coordinate(of: value))
            }
        }
        let limit = max(most, perCell * cells.count)
        for width in widths {
            var bins: [Key: Int32] = [:]
            for i in runs.indices where runs[i].response != nil && runs[i].runs.isEmpty {
                let scaled = (runs[i].place / width).rounded(.down)
                let bounded = scaled.clamped(
                    lowerBound: SIMD4(repeating: -3e4), upperBound: SIMD4(repeating: 3e4))
                let key = Key(cell: cell[i], bin: SIMD4<Int16>(bounded))
                let number = bins[key] ?? Int32(bins.count)
                bins[key] = number
                runs[i].bin = number
                if number >= limit, width != widths.last { break }
            }
            if bins.count <= limit { break }
        }
        sort(&runs, by: cell)
    }

    /// Sorts runs by cell and bin in place: there are many, and each is large.
    private static func sort(_ runs: inout [PooledRun], by cell: [Int32]) {
        var order = runs.indices.map { Int32($0) }
        order.sort { a, b in
            let (i, j) = (Int(a), Int(b))
            return (cell[i], runs[i].bin, a) < (cell[j], runs[j].bin, b)
        }
        // Along every cycle each run goes to where it belongs, by one exchange.
        for start in order.indices {
            var place = start
            while true {
                let source = Int(order[place])
                order[place] = Int32(place)
                guard source != start else { break }
                runs.swapAt(place, source)
                place = source
            }
        }
    }
}

extension RunBins {
    /// Runs of one bin, being added up.
    struct Sum {
        private var weight = 0.0
        private var squares = 0.0
        private var response = 0.0
        private var replicates = 0.0
        private var place = SIMD4<Double>.zero

        mutating func add(
            _ y: Double, at coordinates: SIMD4<Float>, replicates count: Double, weight w: Double
        ) {
            weight += w
            squares += w * w
            response += w * y
            replicates += w * count
            place += w * SIMD4<Double>(coordinates)
        }

        /// The row of them all; `nil` when none has weight.
        func row(like run: PooledRun, in table: FitTable) -> SurfaceRow? {
            guard weight > 0 else { return nil }
            var sample = run.sample
            for (slot, axis) in LawAxis.allCases.enumerated() where table.varied.contains(axis) {
                guard sample.values[axis] != nil else { continue }
                sample.values[axis] = axis.value(at: place[slot] / weight)
            }
            return SurfaceRow(
                point: table.point(sample), response: response / weight, weight: weight,
                replicates: replicates / weight, settings: weight * weight / squares)
        }
    }
}
