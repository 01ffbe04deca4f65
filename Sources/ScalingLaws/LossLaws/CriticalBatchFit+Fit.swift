import Foundation

extension CriticalBatchFit {
    /// Fits the critical batch size of every scale, and its power law.
    ///
    /// - Parameter request: measurements and settings.
    /// - Returns: The law with intervals and warnings; with one scale that scale alone.
    /// - Throws: `LossLawError` for a scale, batch size or number of steps that is not positive, a prior
    ///   without width, or a scale with fewer than three batch sizes.
    public static func fit(_ request: CriticalBatchRequest) throws(LossLawError) -> CriticalBatchFit {
        let problem = try CriticalBatchProblem(request)
        let groups = problem.groups
        guard let own = problem.ownFits() else { throw .notSolvable(rows: problem.rows) }
        let sigma: Double = problem.rowError(own)
        let line = problem.line(own.map(\.logCritical), own.map(\.spread), sigma: sigma, shift: 0)
        var generator = FitRandom(seed: request.seed)
        var drawnScales = [[Double]](repeating: [], count: groups.count)
        var draws: [[Double]] = []
        for _ in 0..<request.replicates {
            guard let fits = problem.resampledFits(own, &generator) else { continue }
            var centres = fits.map(\.logCritical)
            for i in groups.indices {
                drawnScales[i].append(exp(centres[i]))
                centres[i] += line.tau * generator.normal()
            }
            let shift: Double = (request.prior?.deviation ?? 0) * generator.normal()
            let drawn = problem.line(centres, own.map(\.spread), sigma: sigma, tau: line.tau, shift: shift)
            draws.append([drawn.height, drawn.slope, line.tau * generator.normal()])
        }
        let scales = groups.indices.map { i in
            let critical = exp(own[i].logCritical)
            return Scale(
                scale: groups[i].scale,
                law: StepsToTarget(leastSteps: exp(own[i].logLeastSteps), criticalBatch: critical),
                criticalBatch: IntervalEstimate(critical, resampled: drawnScales[i]),
                rows: groups[i].solver.logSteps.count)
        }
        var fit = CriticalBatchFit(
            scales: scales, reference: problem.reference,
            coefficient: IntervalEstimate(exp(line.height), resampled: draws.map { exp($0[0]) }),
            exponent: IntervalEstimate(line.slope, resampled: draws.map { $0[1] }), rowError: sigma,
            scaleScatter: line.tau, rowsUsed: problem.rows,
            rowsDropped: request.points.count - problem.rows, warnings: [], draws: draws)
        fit.warnings = problem.warnings(fit, line)
        return fit
    }
}
