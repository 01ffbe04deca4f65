import Foundation

/// Where the optimum of every cell lies by its own runs.
struct LeftOutCells {
    private let fitted: FittedForm
    private let equations: SurfaceEquations
    private let state: SurfaceState

    /// Standard deviation a cell's own optimum may lie from the law by: so wide that the law does not matter.
    private static let free = 1.5

    init(_ fitted: FittedForm) {
        self.fitted = fitted
        var state = fitted.fit.state
        state.deviation = SIMD4(repeating: Self.free)
        var equations = fitted.problem.equations(at: state)
        // The coefficients stay; only the places of the cells are found anew.
        for _ in 0..<4 {
            for (g, block) in equations.blocks.enumerated() {
                guard let block else { continue }
                let shift = block.factor.solve(block.right)
                for t in fitted.problem.terms.indices {
                    state.offsets[g][t] += max(-0.5, min(0.5, shift[t + 1]))
                }
            }
            equations = fitted.problem.equations(at: state)
        }
        self.state = state
        self.equations = equations
    }

    /// The optimum of a cell along an axis, at the batch size of its best run; `nil` where its runs do not say.
    func measured(_ g: Int, _ t: Int) -> (value: Double, variance: Double, point: SurfacePoint)? {
        let group = fitted.problem.groups[g]
        guard let block = equations.blocks[g],
            let best = group.rows.min(by: {
                fitted.problem.rows[$0].response < fitted.problem.rows[$1].response
            })
        else { return nil }
        var unit = [Double](repeating: 0, count: fitted.problem.nuisanceCount)
        unit[t + 1] = 1
        let variance: Double = block.factor.solve(unit)[t + 1]
        guard variance < 0.5 * Self.free * Self.free else { return nil }
        let point = fitted.problem.rows[best].point
        let value: Double = state.parameters.withUnsafeBufferPointer { parameters in
            parameters.baseAddress.map { fitted.problem.terms[t].logOptimum($0, point).value } ?? 0
        }
        return (value + state.offsets[g][t], variance, point)
    }

    /// Sets of groups to leave out: the largest budget, the two largest and so on, as long as two remain; with several model sizes
    /// the largest quarter and half of the cells.
    func folds(most: Int) -> [Set<Int>] {
        let groups = fitted.problem.groups
        let sizes = Set(groups.map { $0.point.covariates[1] }).count
        let budgets = Set(groups.map { $0.point.covariates[0] }).sorted(by: >)
        guard budgets.count > 2 || sizes > 1 else { return [] }
        if sizes == 1 {
            return (1...max(1, min(most, budgets.count - 2))).map { count in
                Set(groups.indices.filter { groups[$0].point.covariates[0] >= budgets[count - 1] })
            }
        }
        let order = groups.indices.sorted {
            let (a, b) = (groups[$0].point.covariates, groups[$1].point.covariates)
            return a[0] + a[1] > b[0] + b[1]
        }
        return [0.25, 0.5].map { Set(order.prefix(Int(($0 * Double(order.count)).rounded(.down)))) }
            .filter { left in
                let rest = groups.indices.filter { !left.contains($0) }
                return !left.isEmpty && rest.count > 2
            }
    }
}
