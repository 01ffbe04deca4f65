/// How errors of a surface's coefficients move the floors of its cells together.
///
/// Floors are profiled: at coefficients that are off by d, cell g's floor is off by `-(D^-1 C d)_0`, with D the cell's own
/// block of the normal equations and C its coupling to the coefficients. So a curvature that is too small makes all floors
/// too high, and an exponent that is off those at either end. `SurfaceFit.floorErrors` are the errors that are left at the
/// right coefficients.
struct FloorCoupling {
    private let blocks: [(factor: DenseCholesky, coupling: [Double], right: [Double])?]
    /// Columns of the factor of the coefficients' covariance.
    private let columns: [[Double]]
    private let nuisances: Int

    init(_ fitted: FittedForm) {
        blocks = fitted.problem.equations(at: fitted.fit.state).blocks
        let order = fitted.spread.order
        columns = (0..<order).map { k in
            var unit = [Double](repeating: 0, count: order)
            unit[k] = 1
            return fitted.spread.multiplied(unit)
        }
        nuisances = fitted.problem.nuisanceCount
    }

    /// A cell's part of the shared errors, as weights on independent standard normal numbers.
    func errors(of group: Int) -> [Double] {
        guard let block = blocks[group] else { return [] }
        var unit = [Double](repeating: 0, count: nuisances)
        unit[0] = 1
        let row = block.factor.solve(unit)
        let p = columns.count
        let slope = (0..<p).map { j in
            -row.indices.reduce(0.0) { $0 + row[$1] * block.coupling[$1 * p + j] }
        }
        return columns.map { column in
            let error = zip(slope, column).reduce(0.0) { $0 + $1.0 * $1.1 }
            return error.isFinite ? error : 0
        }
    }
}
