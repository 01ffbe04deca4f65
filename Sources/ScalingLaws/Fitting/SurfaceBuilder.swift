import Foundation

/// Lays out the coefficients of a surface and its rows.
struct SurfaceBuilder {
    var table: FitTable
    var configuration: LawFitConfiguration
    /// Axes that bend this surface.
    var axes: [LawAxis]
    /// Whether runs of different batch sizes have floors of their own.
    var floorsByBatch = false

    private struct FloorKey: Hashable {
        var cell: CellKey
        var batch: Double?
    }

    /// The same with some of the groups only.
    func keeping(_ groups: [Int]) -> SurfaceBuilder {
        var result = self
        let all = grouped()
        var runs: [PooledRun] = []
        runs.reserveCapacity(groups.reduce(0) { $0 + all[$1].count })
        for group in groups { for index in all[group] { runs.append(table.runs[index]) } }
        result.table.runs = runs
        return result
    }

    /// Groups as indices of their runs, in the order of first appearance.
    private func grouped() -> [[Int]] {
        var places: [FloorKey: Int] = [:]
        var members: [[Int]] = []
        var last: (key: FloorKey, place: Int)?
        for index in table.runs.indices {
            let key = FloorKey(
                cell: CellKey(table.runs[index].sample),
                batch: floorsByBatch ? table.runs[index].sample.values[.batchSize] : nil)
            if let last, last.key == key {
                members[last.place].append(index)
                continue
            }
            let place = places[key] ?? members.count
            places[key] = place
            if place == members.count { members.append([]) }
            members[place].append(index)
            last = (key, place)
        }
        return members
    }

    /// The problem of one member of the family, with weights set.
    ///
    /// - Parameters:
    ///   - member: shape of the learning-rate law, and how optima move.
    ///   - noise: noise known from an earlier fit, 0 at first.
    /// - Returns: The problem, ready for a solver.
    func problem(_ member: FormMember, noise: Double) -> SurfaceProblem {
        var problem = SurfaceProblem(
            terms: [], priors: [], rows: [], bounds: [], groups: [], noise: (1, 1), deviation: (0.05, 1),
            misfit: configuration.misfit)
        let longest: Double = max(table.runs.lazy.map(\.nearness).max() ?? 1, 1e-12)
        let groups = grouped()
        let window = FitWindow(
            factor: configuration.window, share: configuration.windowShare, axes: axes.count, noise: noise)
        let placed = window.placed(groups.map { $0.compactMap { table.runs[$0].response } })
        for (g, group) in groups.enumerated() {
            guard let first = group.first else { continue }
            let rowStart = problem.rows.count
            let boundStart = problem.bounds.count
            var bin = (number: Int32(-1), first: first, sum: RunBins.Sum())
            func close() {
                guard bin.number >= 0,
                    let row = bin.sum.row(like: table.runs[bin.first], in: table)
                else { return }
                problem.rows.append(row)
            }
            for index in group {
                guard let response = table.runs[index].response else {
                    problem.bounds.append(table.point(table.runs[index].sample))
                    continue
                }
                let count = Double(table.runs[index].count)
                // Replicates average the noise away but not the misfit of the surface, a fifth of the variance.
                let precision: Double = count / (1 + 0.2 * (count - 1)) * table.runs[index].nearness / longest
                let weight: Double = placed.weight(of: response, in: g) * precision
                let number = table.runs[index].bin
                guard number < 0 else {
                    if number != bin.number {
                        close()
                        bin = (number, index, RunBins.Sum())
                    }
                    if weight > 0 {
                        bin.sum.add(
                            response, at: table.runs[index].place, replicates: count, weight: weight)
                    }
                    continue
                }
                problem.rows.append(
                    SurfaceRow(
                        point: table.point(table.runs[index].sample), response: response, weight: weight,
                        replicates: count, runs: table.runs[index].runs))
            }
            close()
            problem.groups.append(
                SurfaceGroup(
                    rows: rowStart..<problem.rows.count, bounds: boundStart..<problem.bounds.count,
                    point: table.point(table.runs[first].sample)))
        }
        let reach = placed.median
        problem.noise = (0.08 * reach, 1)
        if table.replicateNoise.count > 0 {
            let replicate = table.replicateNoise
            let prior: Double = 0.08 * reach
            let variance: Double = (prior * prior + replicate.count * replicate.scale * replicate.scale)
            let count: Double = 1 + replicate.count
            problem.noise = (max((variance / count).squareRoot(), 1e-9), count)
        }
        layOut(&problem, member: member)
        return problem
    }

    /// Variables the optimum of an axis moves with.
    func variables(of axis: LawAxis) -> [LawVariable] {
        var result: [LawVariable] = []
        if table.request.regime.contains(axis) {
            result.append(.tokenBudget)
            if table.modelSizeVaries { result.append(.modelSize) }
        }
        if axis != .batchSize, table.varied.contains(.batchSize) { result.append(.batchSize) }
        if axis == .learningRate, table.varied.contains(.momentum) { result.append(.momentumComplement) }
        if axis == .learningRate, table.request.regime.contains(axis), table.hasBrevity {
            result.append(.brevity)
        }
        return result
    }

    /// Axes whose optimum may move with tokens.
    var moving: [LawAxis] {
        table.budgets > 1 ? axes.filter { table.request.regime.contains($0) } : []
    }

    private func curvatureVariables(of axis: LawAxis) -> [LawVariable] {
        var result: [LawVariable] = []
        if table.budgets > 1 { result.append(.tokenBudget) }
        if table.modelSizeVaries { result.append(.modelSize) }
        if axis == .learningRate, table.varied.contains(.batchSize) { result.append(.batchSize) }
        return result
    }

    /// How the law of an axis bends, where there are budgets or sizes enough to see it.
    private func bends(of axis: LawAxis, in problem: SurfaceProblem, start: Int) -> [SurfaceBends] {
        var next = start
        return variables(of: axis).filter { $0 == .tokenBudget || $0 == .modelSize }.compactMap { variable in
            let values = problem.groups.map { $0.point.covariates[slot(variable)] }
            guard let knots = SurfaceBends.knots(values) else { return nil }
            defer { next += knots.inner.count }
            return SurfaceBends(variable: slot(variable), knots: knots.inner, ends: knots.ends, start: next)
        }
    }

    private func append(_ bend: SurfaceBends, to problem: inout SurfaceProblem) {
        let scale = configuration.bend
        problem.bends.append(
            SurfaceProblem.BendBelief(
                places: bend.start..<(bend.start + bend.count), units: bend.units, scale: scale, count: 2))
        for unit in bend.units {
            problem.priors.append(CoefficientPrior(mean: 0, deviation: scale * unit, degreesOfFreedom: 3))
        }
    }

    private func slot(_ variable: LawVariable) -> Int { LawVariable.allCases.firstIndex(of: variable) ?? 0 }

    private func layOut(_ problem: inout SurfaceProblem, member: FormMember) {
        for axis in axes {
            let own = variables(of: axis)
            let stiffening = curvatureVariables(of: axis)
            let bends = bends(of: axis, in: problem, start: problem.priors.count + 1 + own.count)
            let term = SurfaceTerm(
                axis: axis, slot: LawAxis.allCases.firstIndex(of: axis) ?? 0, variables: own.map(slot),
                bends: bends, curvatureVariables: stiffening.map(slot),
                form: axis == .learningRate ? member.form : .plain,
                start: problem.priors.count, sharpness: configuration.sharpness)
            let coordinates = problem.rows.map { $0.point.coordinates[term.slot] }
            let centre = SurfaceStart.bestCoordinates(problem, slot: term.slot).median ?? 0
            problem.priors.append(CoefficientPrior(mean: centre, deviation: 3))
            for variable in own {
                let prior = member.prior(table.request.exponentPrior(axis, variable), of: axis, in: variable)
                problem.priors.append(
                    CoefficientPrior(
                        mean: prior.mean, deviation: prior.deviation,
                        degreesOfFreedom: prior.degreesOfFreedom))
            }
            for bend in bends { append(bend, to: &problem) }
            if term.form != .plain {
                problem.priors.append(CoefficientPrior(mean: coordinates.max() ?? centre, deviation: 1.5))
            }
            if term.form == .batchCeiling {
                let batches = problem.rows.map(\.point.logBatch)
                problem.priors.append(CoefficientPrior(mean: batches.median ?? 0, deviation: 2))
            }
            let curvature = SurfaceStart.curvature(problem, slot: term.slot)
            problem.priors.append(CoefficientPrior(mean: log(curvature), deviation: 1.5))
            for _ in stiffening { problem.priors.append(CoefficientPrior(mean: 0, deviation: 0.25)) }
            problem.priors.append(
                CoefficientPrior(
                    mean: axis == .learningRate ? 0.3 : 0, deviation: axis == .learningRate ? 0.6 : 0.25))
            problem.terms.append(term)
        }
    }
}

extension [Double] {
    /// The middle value; the mean of the two middle ones of an even number.
    var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = self.sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996).
    func quantile(_ q: Double) -> Double? {
        guard let first, count > 1 else { return self.first }
        let sorted = self.sorted()
        let position: Double = q * Double(count - 1)
        let low = Swift.min(Int(position), count - 2)
        let fraction: Double = position - Double(low)
        _ = first
        return sorted[low] + fraction * (sorted[low + 1] - sorted[low])
    }
}
