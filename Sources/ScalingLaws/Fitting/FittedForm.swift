import Foundation

/// One member of the family, fitted.
struct FittedForm {
    var member: FormMember
    var problem: SurfaceProblem
    var fit: SurfaceFit
    /// Factor of the covariance the coefficients scatter with.
    var spread: DenseCholesky
    /// Standard deviation of what a new cell deviates from the law by, by term.
    var deviation: SIMD4<Double>

    var form: LawForm { member.form }

    init(member: FormMember, problem: SurfaceProblem, fit: SurfaceFit) {
        self.member = member
        self.problem = problem
        self.fit = fit
        (deviation, spread) = SurfaceSpread(problem: problem, fit: fit).result()
    }

    /// Sizes of the bends of a term, in the order of its variables.
    func bendScales(term t: Int) -> [Double] {
        let before = problem.terms[..<t].reduce(0) { $0 + $1.bends.count }
        return problem.terms[t].bends.indices.map { fit.state.bends[before + $0] }
    }

    /// Where the optimum of a new cell is expected, and the variance of that.
    func prediction(at point: SurfacePoint, term t: Int) -> (value: Double, variance: Double) {
        let term = problem.terms[t]
        var gradient = [Double](repeating: 0, count: problem.parameterCount)
        let value: Double = fit.state.parameters.withUnsafeBufferPointer { parameters in
            guard let base = parameters.baseAddress else { return 0 }
            let optimum = term.logOptimum(base, point)
            gradient.withUnsafeMutableBufferPointer { buffer in
                guard let own = buffer.baseAddress else { return }
                term.addOptimumGradient(
                    1, share: optimum.powerShare, halfSlope: optimum.halfSlope, point: point, to: own)
            }
            return optimum.value
        }
        var variance: Double = deviation[t] * deviation[t]
        variance += spread.transposedMultiplied(gradient).reduce(0) { $0 + $1 * $1 }
        for (bend, scale) in zip(term.bends, bendScales(term: t)) {
            variance += scale * scale * bend.wandering(to: point.covariates[bend.variable])
        }
        return (value, variance)
    }
}
