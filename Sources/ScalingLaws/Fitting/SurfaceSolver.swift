import Foundation

/// A fitted surface.
struct SurfaceFit {
    var state: SurfaceState
    var floors: [Double]
    /// Standard errors of the floors.
    var floorErrors: [Double]
    var residuals: [Double]
    /// Factor of the posterior precision of the coefficients.
    var factor: DenseCholesky
    /// `-2 log posterior` up to a constant that is the same for all starts and forms.
    var energy: Double
    /// Laplace approximation of the log evidence.
    var evidence: Double
    /// Effective observations left after all coefficients, at least 1.
    var degreesOfFreedom: Double
    /// Effective number of observations.
    var observations: Double
}

/// Levenberg-Marquardt on the coefficients, alternating with updates of robust weights and scales.
///
/// Each outer round solves the weighted problem, then renews: Huber factors (1.5 standard deviations), the noise (with
/// the degrees of freedom that floors, offsets and coefficients used up), the width of the offsets by one EM step, and
/// the misfit: a run's variance is `noise^2 + (misfit gap)^2`, since a valley's walls are described worse than its bottom.
/// A gap is the fitted one, or the measured one where that exceeds it by more than noise.
struct SurfaceSolver {
    var problem: SurfaceProblem
    var rounds = 14
    private static let huber = 1.5
    /// No coefficient moves further than this in one step; all of them are logs or exponents.
    private static let longestStep = 1.0

    /// Solves from a start.
    ///
    /// - Parameter start: coefficients to start from.
    /// - Returns: The fit, or `nil` when the equations were singular throughout.
    func fit(from start: [Double]) -> SurfaceFit? {
        var state = SurfaceState(problem: problem, parameters: start)
        var equations = problem.equations(at: state)
        guard equations.objective.isFinite else { return nil }
        var last: SurfaceFit?
        for round in 0..<rounds {
            for _ in 0..<(round == 0 ? 20 : 6) {
                guard let next = step(&state, equations) else { break }
                let gain: Double = equations.objective - next.objective
                equations = next
                if gain < 1e-7 * (1 + equations.objective) { break }
            }
            guard let fit = summary(state, equations) else { return last }
            if let previous = last, round > 4, abs(previous.energy - fit.energy) < 1e-3 { return fit }
            last = fit
            guard round + 1 < rounds else { break }
            renewScales(&state, equations, fit)
            equations = problem.equations(at: state)
        }
        return last
    }

    /// One damped step that lowers the objective, or `nil` when none does.
    private func step(_ state: inout SurfaceState, _ equations: SurfaceEquations) -> SurfaceEquations? {
        let p = problem.parameterCount
        var damping = 1e-4
        for _ in 0..<12 {
            var damped = equations.hessian
            for i in 0..<p { damped[i * p + i] += damping * equations.diagonal[i] }
            defer { damping *= 6 }
            guard let factor = DenseCholesky(damped, order: p) else { continue }
            var move = factor.solve(equations.right)
            let longest: Double = move.map(abs).max() ?? 0
            guard longest.isFinite else { continue }
            if longest > Self.longestStep { move = move.map { $0 * Self.longestStep / longest } }
            var trial = state
            for i in 0..<p { trial.parameters[i] += move[i] }
            for g in problem.groups.indices {
                guard let block = equations.blocks[g] else { continue }
                var right = block.right
                for i in right.indices {
                    for j in 0..<p { right[i] -= block.coupling[i * p + j] * move[j] }
                }
                let shift = block.factor.solve(right)
                for t in problem.terms.indices {
                    trial.offsets[g][t] += max(-0.7, min(0.7, shift[t + 1]))
                }
            }
            let next = problem.equations(at: trial)
            if next.objective < equations.objective {
                state = trial
                return next
            }
        }
        return nil
    }

    private func renewScales(_ state: inout SurfaceState, _ equations: SurfaceEquations, _ fit: SurfaceFit) {
        var sum: Double = problem.noise.count * problem.noise.scale * problem.noise.scale
        for r in problem.rows.indices {
            let weight = problem.rows[r].weight
            guard weight > 0 else { continue }
            let residual: Double = equations.residuals[r]
            sum += weight * state.robust[r] * state.misfit[r] * residual * residual
        }
        let freedom: Double = problem.noise.count + max(fit.degreesOfFreedom - problem.noise.count, 0)
        state.noise = (sum / freedom).squareRoot()
        for (g, group) in problem.groups.enumerated() {
            for r in group.rows where problem.rows[r].weight > 0 {
                let measured: Double = problem.rows[r].response - equations.floors[g]
                let fitted: Double = measured - equations.residuals[r]
                let gap: Double = max(fitted, measured - 3 * state.noise, 0)
                let ratio: Double = problem.misfit * gap / state.noise
                state.misfit[r] = 1 / (1 + ratio * ratio)
                let precision: Double = problem.rows[r].weight * state.misfit[r]
                let standard: Double = abs(equations.residuals[r]) * precision.squareRoot() / state.noise
                state.robust[r] = standard <= Self.huber ? 1 : Self.huber / standard
            }
        }
        for t in problem.terms.indices {
            var total: Double = problem.deviation.count * problem.deviation.scale * problem.deviation.scale
            var count: Double = problem.deviation.count
            for g in problem.groups.indices {
                guard let block = equations.blocks[g] else { continue }
                let offset: Double = state.offsets[g][t]
                total += offset * offset + offsetVariance(block, t, fit.factor)
                count += 1
            }
            state.deviation[t] = (total / count).squareRoot()
        }
        renewBends(&state, fit)
    }

    /// One EM step for the size of the bends along every variable; one far off it counts less, as its Student-t prior says.
    private func renewBends(_ state: inout SurfaceState, _ fit: SurfaceFit) {
        guard !problem.bends.isEmpty else { return }
        let covariance = fit.factor.inverse()
        let p = problem.parameterCount
        let priors = problem.priors(at: state)
        for (b, bend) in problem.bends.enumerated() {
            var total: Double = bend.count * bend.scale * bend.scale
            var count: Double = bend.count
            for (i, unit) in zip(bend.places, bend.units) {
                let size: Double = state.parameters[i] / unit
                let variance: Double = covariance[i * p + i] / (unit * unit)
                total += priors[i].weight(at: state.parameters[i]) * (size * size) + variance
                count += 1
            }
            state.bends[b] = (total / count).squareRoot()
        }
    }

    /// Posterior variance of a group's offset, the uncertainty of the law included.
    private func offsetVariance(
        _ block: (factor: DenseCholesky, coupling: [Double], right: [Double]), _ t: Int,
        _ factor: DenseCholesky
    ) -> Double {
        let p = problem.parameterCount
        let q = problem.nuisanceCount
        var unit = [Double](repeating: 0, count: q)
        unit[t + 1] = 1
        let column = block.factor.solve(unit)
        var pull = [Double](repeating: 0, count: p)
        for i in 0..<q {
            for j in 0..<p { pull[j] += column[i] * block.coupling[i * p + j] }
        }
        let half = factor.forward(pull)
        return column[t + 1] + half.reduce(0) { $0 + $1 * $1 }
    }

    private func summary(_ state: SurfaceState, _ equations: SurfaceEquations) -> SurfaceFit? {
        let p = problem.parameterCount
        guard let solved = DenseCholesky(equations.hessian, order: p) else { return nil }
        var curved = equations.hessian
        let priors = problem.priors(at: state)
        for i in 0..<p {
            let prior = priors[i]
            let weight: Double = prior.weight(at: state.parameters[i]) / (prior.deviation * prior.deviation)
            // A tenth of the weight keeps exponents finite that the runs say nothing about.
            curved[i * p + i] += max(prior.precision(at: state.parameters[i]), 0.1 * weight) - weight
        }
        let factor = DenseCholesky(curved, order: p) ?? solved
        let covariance = factor.inverse()
        var spent = 0.0
        var priorTerms = 0.0
        for i in 0..<p {
            let prior = priors[i]
            spent += max(0, min(1, 1 - covariance[i * p + i] * prior.precision(at: state.parameters[i])))
            priorTerms -= 2 * log(prior.deviation)
        }
        var observations = 0.0
        var logMisfit = 0.0
        for (r, row) in problem.rows.enumerated() where row.weight > 0 {
            observations += row.share
            logMisfit += row.share * log(state.misfit[r])
        }
        var logBlocks = 0.0
        var groups = 0.0
        var floorErrors: [Double] = []
        for block in equations.blocks {
            guard let block else {
                floorErrors.append(.infinity)
                continue
            }
            groups += 1
            logBlocks += block.factor.logDeterminant
            var unit = [Double](repeating: 0, count: problem.nuisanceCount)
            unit[0] = 1
            floorErrors.append(block.factor.solve(unit)[0].squareRoot())
            spent += 1
            for t in problem.terms.indices {
                var axis = [Double](repeating: 0, count: problem.nuisanceCount)
                axis[t + 1] = 1
                let variance: Double = block.factor.solve(axis)[t + 1]
                spent += max(0, 1 - variance / (state.deviation[t] * state.deviation[t]))
            }
        }
        var energy: Double = equations.objective - logMisfit
        let noise: Double = problem.noise.scale / state.noise
        energy +=
            (observations + problem.noise.count) * 2 * log(state.noise) + problem.noise.count * noise * noise
        for t in problem.terms.indices {
            let ratio: Double = problem.deviation.scale / state.deviation[t]
            energy += (groups + problem.deviation.count) * 2 * log(state.deviation[t])
            energy += problem.deviation.count * ratio * ratio
        }
        for (bend, scale) in zip(problem.bends, state.bends) {
            let ratio: Double = bend.scale / scale
            energy += bend.count * (2 * log(scale) + ratio * ratio)
        }
        let evidence: Double = -0.5 * (energy + factor.logDeterminant + logBlocks - priorTerms)
        return SurfaceFit(
            state: state, floors: equations.floors, floorErrors: floorErrors, residuals: equations.residuals,
            factor: factor, energy: energy, evidence: evidence,
            degreesOfFreedom: problem.noise.count + max(observations - spent, 0), observations: observations)
    }
}
