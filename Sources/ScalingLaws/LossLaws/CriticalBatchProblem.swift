import Foundation

/// The rows of a request by scale, and the line through their critical batch sizes.
struct CriticalBatchProblem {
    struct Group {
        var scale: Double
        var solver: StepsToTargetSolver
    }

    /// `log Bc = height + slope log(scale / reference)`.
    struct Line {
        var height: Double
        var slope: Double
        var tau: Double
        /// Share of the slope's information that is the prior's.
        var priorShare: Double
    }

    let groups: [Group]
    let reference: Double
    let prior: CriticalBatchPrior?
    let rows: Int
    private let positions: [Double]

    init(_ request: CriticalBatchRequest) throws(LossLawError) {
        prior = request.prior
        if let prior, !(prior.deviation > 0 && prior.deviation.isFinite && prior.mean.isFinite) {
            throw .unusableSetting("prior", value: prior.deviation)
        }
        guard request.replicates >= 0 else {
            throw .unusableSetting("replicates", value: Double(request.replicates))
        }
        var members: [Double: StepsToTargetSolver] = [:]
        var used = 0
        for (i, point) in request.points.enumerated() {
            guard let steps = point.steps, steps.isFinite else { continue }
            for (name, value) in [("scale", point.scale), ("batch_size", point.batchSize), ("steps", steps)] {
                guard value > 0, value.isFinite else { throw .unusableValue(name, value: value, row: i) }
            }
            members[point.scale, default: StepsToTargetSolver(logBatches: [], logSteps: [])]
                .logBatches.append(log(point.batchSize))
            members[point.scale]?.logSteps.append(log(steps))
            used += 1
        }
        rows = used
        groups = members.sorted { $0.key < $1.key }.map { Group(scale: $0.key, solver: $0.value) }
        guard !groups.isEmpty else { throw .tooFewRows(used: 0, needed: 3) }
        for group in groups {
            let count = Set(group.solver.logBatches).count
            guard count >= 3 else { throw .tooFewRows(used: count, needed: 3) }
        }
        let logs = groups.map { log($0.scale) }
        let mean: Double = logs.reduce(0, +) / Double(logs.count)
        reference = exp(mean)
        positions = logs.map { $0 - mean }
    }

    /// Each scale by itself.
    func ownFits() -> [StepsToTargetSolver.Fit]? {
        let fits = groups.compactMap { group in
            group.solver.fit(
                weights: [Double](repeating: 1, count: group.solver.logSteps.count),
                starts: group.solver.starts)
        }
        return fits.count == groups.count ? fits : nil
    }

    /// Each scale with new errors: its fitted steps times errors drawn from all scales' residuals, which are
    /// stretched by the degrees of freedom the fits took. The batch sizes stay, as they were chosen; drawing
    /// nine rows with replacement would now and then leave one side of Bc empty.
    func resampledFits(
        _ own: [StepsToTargetSolver.Fit], _ generator: inout FitRandom
    ) -> [StepsToTargetSolver.Fit]? {
        let stretch: Double = (Double(rows) / Double(max(1, rows - 2 * groups.count))).squareRoot()
        let errors = zip(groups, own).flatMap { group, fit in
            group.solver.logSteps.indices.map { stretch * group.solver.residual($0, fit) }
        }
        var fits: [StepsToTargetSolver.Fit] = []
        for (group, fit) in zip(groups, own) {
            var solver = group.solver
            for i in solver.logSteps.indices {
                let error = errors[min(Int(generator.uniform() * Double(errors.count)), errors.count - 1)]
                solver.logSteps[i] += group.solver.residual(i, fit) - error
            }
            let weights = [Double](repeating: 1, count: solver.logSteps.count)
            guard let found = solver.fit(weights: weights, starts: [fit.logCritical]) else { return nil }
            fits.append(found)
        }
        return fits
    }

    /// sigma: relative error of a row, pooled; each scale spends two degrees of freedom.
    func rowError(_ fits: [StepsToTargetSolver.Fit]) -> Double {
        let freedom = Double(max(1, rows - 2 * groups.count))
        return (fits.reduce(0) { $0 + $1.squares } / freedom).squareRoot()
    }

    /// The line through the scales' critical batch sizes; tau estimated unless given. `shift` moves the
    /// prior's mean.
    func line(
        _ centres: [Double], _ spreads: [Double], sigma: Double, tau given: Double? = nil, shift: Double
    ) -> Line {
        // A floor, so that exact data have finite weights; a scale that says nothing has none.
        let variances = spreads.map { $0.isFinite ? max(sigma * sigma * $0, 1e-12) : .infinity }
        let tau = given ?? scatter(centres, variances)
        return solve(centres, variances.map { 1 / ($0 + tau * tau) }, shift: shift, tau: tau)
    }

    private func solve(_ centres: [Double], _ weights: [Double], shift: Double, tau: Double) -> Line {
        var (w0, w1, w2, r0, r1) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (i, w) in weights.enumerated() {
            w0 += w
            w1 += w * positions[i]
            w2 += w * positions[i] * positions[i]
            r0 += w * centres[i]
            r1 += w * positions[i] * centres[i]
        }
        guard w0 > 0 else { return Line(height: centres[0], slope: 0, tau: tau, priorShare: 1) }
        let information: Double = w2 - w1 * w1 / w0
        let belief: Double = groups.count > 1 ? prior.map { 1 / ($0.deviation * $0.deviation) } ?? 0 : 0
        let total: Double = information + belief
        let own: Double = r1 - w1 * r0 / w0
        let slope: Double =
            groups.count > 1 && total > 0 ? (own + belief * ((prior?.mean ?? 0) + shift)) / total : 0
        return Line(
            height: (r0 - w1 * slope) / w0, slope: slope, tau: tau,
            priorShare: total > 0 ? belief / total : 0)
    }

    /// tau by moments: what the weighted squares about the unpooled line exceed their expectation by.
    private func scatter(_ centres: [Double], _ variances: [Double]) -> Double {
        guard groups.count > 2 else { return 0 }
        let weights = variances.map { 1 / $0 }
        let line = solve(centres, weights, shift: 0, tau: 0)
        var (q, w0, w1, w2) = (0.0, 0.0, 0.0, 0.0)
        for (i, w) in weights.enumerated() {
            q += w * pow(centres[i] - line.height - line.slope * positions[i], 2)
            w0 += w
            w1 += w * positions[i]
            w2 += w * positions[i] * positions[i]
        }
        // tr(W - W X (X'WX)^-1 X'W), the expected growth of q with tau^2.
        let determinant: Double = w0 * w2 - w1 * w1
        guard determinant > 0 else { return 0 }
        var growth: Double = w0
        for (i, w) in weights.enumerated() {
            let x = positions[i]
            growth -= w * w * (w2 - 2 * w1 * x + w0 * x * x) / determinant
        }
        let excess: Double = q - Double(groups.count - 2)
        return growth > 0 && excess > 0 ? (excess / growth).squareRoot() : 0
    }
}
