import Foundation

/// The global minimum of `PowerSumModel`, from no start at all.
///
/// For fixed exponents, with the relative residual `p/L - 1` in place of `log p - log L` (equal to second
/// order), the problem in (E, a, b) >= 0 is convex: a Huber loss of something linear. It is solved by
/// reweighted least squares, which descends the convex objective, each step an exact non-negative solution
/// among the eight sets of active parameters. On a coarse grid of exponents this leaves a function of two
/// variables whose local minima are read off; each of the best is then followed by exact Newton steps on the
/// true objective, wide Huber loss first. Nothing is random.
struct PowerSumSearch {
    typealias Vector = PowerSumModel.Vector
    typealias Slot = PowerSumModel.Slot

    /// Exponents of the grid, in ratios of about 1.6.
    private static let grid: [Double] = [
        0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.43, 0.65, 1, 1.6,
    ]
    /// The grid of a law with one term. Fitted to runs it does not describe, such a law has many shallow
    /// valleys: every second point is followed a few steps down the sharp loss, and the lowest to the end,
    /// besides the local minima.
    private static let line: [Double] = (0..<20).map { 0.02 * pow(1.27, Double($0)) }
    private static let firstSteps = 8
    /// Where the grid's Huber loss turns linear: relative errors of runs that follow a law are about this.
    private static let bluntness = 0.01
    /// Local minima of the grid that are followed.
    private static let followed = 3

    /// The lowest minimum found.
    func minimise(_ model: PowerSumModel) -> PowerSumSolver.Minimum? {
        let n = model.y.count
        let grid = model.hasSecond ? Self.grid : Self.line
        let lines = grid.map { e in model.x.map { exp(-e * $0) } }
        let others = model.hasSecond ? grid.map { e in model.z.map { exp(-e * $0) } } : [[]]
        let target = model.y.map { exp($0) }
        guard n > 0, target.allSatisfy(\.isFinite) else { return nil }
        var cells: [[Inner]] = []
        for line in lines {
            var row: [Inner] = []
            for other in others {
                let inner = Self.inner(
                    line, other, target, model.weights, delta: max(model.delta, Self.bluntness),
                    hasFloor: model.hasFloor, from: row.last ?? cells.last?.first)
                row.append(inner)
            }
            cells.append(row)
        }
        return follow(cells, grid, model)
    }

    private func follow(
        _ cells: [[Inner]], _ grid: [Double], _ model: PowerSumModel
    ) -> PowerSumSolver.Minimum? {
        var starts: [(value: Double, point: Vector)] = []
        var sharp: [(value: Double, point: Vector)] = []
        var best: PowerSumSolver.Minimum?
        func keep(_ found: PowerSumSolver.Minimum) {
            if found.value < best?.value ?? .infinity { best = found }
        }
        for (i, row) in cells.enumerated() {
            for (j, cell) in row.enumerated() {
                var point = Vector.zero
                point[Slot.floor] = cell.solution[0]
                point[Slot.first] = cell.solution[1]
                point[Slot.second] = cell.solution[2]
                point[Slot.firstExponent] = grid[i]
                point[Slot.secondExponent] = row.count > 1 ? grid[j] : 1
                if !model.hasSecond, i % 2 == 0 {
                    let near = PowerSumSolver(maximumSteps: Self.firstSteps).minimise(model, from: point)
                    sharp.append((near.value, near.point))
                }
                let around = (max(0, i - 1)...min(cells.count - 1, i + 1)).flatMap { k in
                    (max(0, j - 1)...min(row.count - 1, j + 1)).map { cells[k][$0].value }
                }
                guard around.allSatisfy({ cell.value <= $0 }) else { continue }
                starts.append((cell.value, point))
            }
        }
        starts.sort { $0.value < $1.value }
        sharp.sort { $0.value < $1.value }
        for start in sharp.prefix(Self.followed) { keep(PowerSumSolver().minimise(model, from: start.point)) }
        for start in starts.prefix(Self.followed) {
            keep(PowerSumSolver().minimiseBySharpening(model, from: start.point))
        }
        return best
    }

    /// The best (E, a, b) at one pair of exponents.
    private struct Inner {
        var solution: SIMD3<Double>
        var value: Double
    }

    private static func inner(
        _ u: [Double], _ v: [Double], _ target: [Double], _ weights: [Double], delta: Double, hasFloor: Bool,
        from start: Inner?
    ) -> Inner {
        var solution = start?.solution
        var last = Double.infinity
        var best = Inner(solution: solution ?? .zero, value: .infinity)
        let two = !v.isEmpty
        for round in 0..<6 {
            var gram = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
            var right = SIMD3<Double>.zero
            var value = 0.0
            for i in target.indices {
                let row = SIMD3(1, u[i], two ? v[i] : 0) / target[i]
                var weight = weights[i]
                if let solution {
                    let r: Double = abs((row * solution).sum() - 1)
                    value += weight * (r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta))
                    if r > delta { weight *= delta / r }
                }
                let scaled = weight * row
                gram.0 += scaled[0] * row
                gram.1 += scaled[1] * row
                gram.2 += scaled[2] * row
                right += scaled
            }
            if let solution, value < best.value { best = Inner(solution: solution, value: value) }
            if round > 0, last - value < 1e-3 * value, solution != nil, last.isFinite { break }
            if solution != nil { last = value }
            solution = nonNegative([gram.0, gram.1, gram.2], right, hasFloor: hasFloor, two: two)
        }
        return best
    }

    /// `min 1/2 s'Gs - c's` over s >= 0, exactly: the best feasible solution over all sets of positive
    /// components.
    private static func nonNegative(
        _ gram: [SIMD3<Double>], _ right: SIMD3<Double>, hasFloor: Bool, two: Bool
    ) -> SIMD3<Double> {
        var best = SIMD3<Double>.zero
        var lowest = 0.0
        // All three first: where the free solution is feasible, it is the best.
        for mask in [7, 6, 5, 3, 4, 2, 1] {
            if mask & 1 != 0 && !hasFloor || mask & 4 != 0 && !two { continue }
            guard let full = solve(gram, right, mask: mask), full.min() >= 0 else { continue }
            let value: Double = -0.5 * (full * right).sum()
            if value < lowest {
                lowest = value
                best = full
            }
            if mask == (hasFloor ? 1 : 0) + 2 + (two ? 4 : 0) { break }
        }
        return best
    }

    /// Solves the equations of the components in `mask`, by elimination; `nil` when they are singular.
    private static func solve(
        _ gram: [SIMD3<Double>], _ right: SIMD3<Double>, mask: Int
    ) -> SIMD3<Double>? {
        // Rows and columns outside the mask become those of the identity.
        var rows = (SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero)
        func row(_ i: Int) -> SIMD4<Double> {
            guard mask >> i & 1 != 0 else { return SIMD4(i == 0 ? 1 : 0, i == 1 ? 1 : 0, i == 2 ? 1 : 0, 0) }
            var result = SIMD4(gram[i], right[i])
            for j in 0..<3 where mask >> j & 1 == 0 { result[j] = 0 }
            return result
        }
        rows = (row(0), row(1), row(2))
        let diagonal = SIMD3(rows.0[0], rows.1[1], rows.2[2])
        rows.1 -= rows.1[0] / rows.0[0] * rows.0
        rows.2 -= rows.2[0] / rows.0[0] * rows.0
        rows.2 -= rows.2[1] / rows.1[1] * rows.1
        guard rows.0[0] > 0, rows.1[1] > 1e-13 * diagonal[1], rows.2[2] > 1e-13 * diagonal[2] else {
            return nil
        }
        let third: Double = rows.2[3] / rows.2[2]
        let second: Double = (rows.1[3] - rows.1[2] * third) / rows.1[1]
        let first: Double = (rows.0[3] - rows.0[2] * third - rows.0[1] * second) / rows.0[0]
        return SIMD3(first, second, third)
    }
}
