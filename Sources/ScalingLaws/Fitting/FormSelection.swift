import Foundation

/// One shape of the law, fitted.
struct FittedForm {
    var form: LawForm
    var problem: SurfaceProblem
    var fit: SurfaceFit
    /// Factor of the covariance the coefficients scatter with.
    var spread: DenseCholesky
    /// Standard deviation of what a new cell deviates from the law by, by term.
    var deviation: SIMD4<Double>

    init(form: LawForm, problem: SurfaceProblem, fit: SurfaceFit) {
        self.form = form
        self.problem = problem
        self.fit = fit
        (deviation, spread) = SurfaceSpread(problem: problem, fit: fit).result()
    }
}

/// Fits every admissible shape from several starts and weighs them by evidence.
///
/// The evidence is Laplace's approximation with the priors of the extra coefficients in it, so a ceiling must pay for
/// itself: about `1/2 log(runs)` a coefficient, as in the BIC.
struct FormSelection {
    /// Best first.
    var candidates: [FittedForm]
    /// Probability of each, given the runs and the odds before them.
    var weights: [Double]

    /// The same shapes under another weighting of the runs, each solved from where it stood.
    ///
    /// - Parameters:
    ///   - builder: makes the problems.
    ///   - other: the fits to start from.
    init?(builder: SurfaceBuilder, startingFrom other: FormSelection) {
        let noise: Double = other.candidates[0].fit.state.noise
        var found: [FittedForm] = []
        for candidate in other.candidates {
            let problem = builder.problem(form: candidate.form, noise: noise)
            guard
                let fit = SurfaceSolver(problem: problem, rounds: 8).fit(from: candidate.fit.state.parameters)
            else { continue }
            found.append(FittedForm(form: candidate.form, problem: problem, fit: fit))
        }
        self.init(found)
    }

    private init?(_ fitted: [FittedForm]) {
        var found = fitted
        for i in found.indices {
            found[i].fit.evidence += Self.logOdds(found[i].form)
        }
        found.sort { $0.fit.evidence > $1.fit.evidence }
        guard let top = found.first else { return nil }
        candidates = found
        let odds = found.map { exp($0.fit.evidence - top.fit.evidence) }
        let total = odds.reduce(0, +)
        weights = odds.map { $0 / total }
    }

    init?(builder: SurfaceBuilder, forms: [LawForm], configuration: LawFitConfiguration, seed: UInt64) {
        var found: [FittedForm] = []
        // A first fit of the plain form tells the noise, which the windows of all forms then respect.
        guard let plain = forms.first,
            let first = Self.best(builder.problem(form: plain, noise: 0), configuration, seed)
        else { return nil }
        for form in forms {
            let problem = builder.problem(form: form, noise: first.state.noise)
            guard let fit = Self.best(problem, configuration, seed) else { continue }
            found.append(FittedForm(form: form, problem: problem, fit: fit))
        }
        self.init(found)
    }

    /// Log of the odds before any run: a limit starts at one to ten. Over budgets a limit and a bend of the power law look
    /// much the same, and the two extrapolate far apart: without clear evidence the plain law, which bends less, stands.
    private static func logOdds(_ form: LawForm) -> Double {
        form == .plain ? 0 : log(0.1)
    }

    private static func best(
        _ problem: SurfaceProblem, _ configuration: LawFitConfiguration, _ seed: UInt64
    ) -> SurfaceFit? {
        let solver = SurfaceSolver(problem: problem)
        return SurfaceStart.starts(problem, random: configuration.randomStarts, seed: seed)
            .compactMap { solver.fit(from: $0) }
            .min { $0.energy < $1.energy }
    }
}
