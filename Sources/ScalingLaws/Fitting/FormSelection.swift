import Foundation

/// Fits every admissible member of the family from several starts, and weighs them.
///
/// Two things weigh a member: the evidence of its fit, by Laplace's approximation with the priors of the extra coefficients in
/// it, so that a ceiling must pay for itself (about `1/2 log(runs)` a coefficient, as in the BIC); and what it predicted of the largest
/// cells from the others (`FormHindcast`). Between movements the evidence counts `mostEvidence` at most: runs at
/// small budgets outnumber those at large ones and know less about them.
struct FormSelection {
    /// Best first.
    var candidates: [FittedForm]
    /// Probability of each, given the runs and the odds before them.
    var weights: [Double]
    /// By term, how much wider the draws are than the fit alone says.
    var stretch: [Double]

    /// Nats by which the evidence may prefer one movement to another of the same shape.
    private static let mostEvidence = 1.0

    /// The same members under another weighting of the runs, each solved from where it stood, with the weights found there;
    /// those that hardly count are left out.
    ///
    /// - Parameters:
    ///   - builder: makes the problems.
    ///   - other: the fits to start from.
    init?(builder: SurfaceBuilder, startingFrom other: FormSelection) {
        let noise: Double = other.candidates[0].fit.state.noise
        var found: [FittedForm] = []
        var weights: [Double] = []
        for (candidate, weight) in zip(other.candidates, other.weights) where weight > 0.1 {
            let problem = builder.problem(candidate.member, noise: noise)
            let start = problem.adopted(candidate.fit.state.parameters, of: candidate.problem)
            guard let fit = SurfaceSolver(problem: problem, rounds: 8).fit(from: start) else { continue }
            found.append(FittedForm(member: candidate.member, problem: problem, fit: fit))
            weights.append(weight)
        }
        guard !found.isEmpty else { return nil }
        candidates = found
        let total = weights.reduce(0, +)
        self.weights = weights.map { $0 / total }
        stretch = other.stretch
    }

    /// Fits the family.
    ///
    /// - Parameters:
    ///   - builder: makes the problems.
    ///   - forms: shapes the runs could tell apart.
    ///   - configuration: how the fit works.
    ///   - seed: of the starts.
    ///   - looksBack: whether members are also weighed by what they predicted of the largest cells.
    init?(
        builder: SurfaceBuilder, forms: [LawForm], configuration: LawFitConfiguration, seed: UInt64,
        looksBack: Bool = true
    ) {
        var found: [FittedForm] = []
        // A first fit of the plain form tells the noise, which the windows of all forms then respect.
        guard let plain = forms.first,
            let first = Self.best(builder.problem(FormMember(form: plain), noise: 0), configuration, seed)
        else { return nil }
        for member in FormMember.family(forms, moving: builder.moving) {
            let problem = builder.problem(member, noise: first.state.noise)
            // An optimum that stays is next to one that moves: one start is enough.
            let fit =
                found.first.flatMap { base in
                    member.staying.isEmpty
                        ? nil
                        : SurfaceSolver(problem: problem, rounds: 14).fit(
                            from: problem.adopted(base.fit.state.parameters, of: base.problem))
                } ?? Self.best(problem, configuration, seed)
            guard let fit else { continue }
            found.append(FittedForm(member: member, problem: problem, fit: fit))
        }
        guard !found.isEmpty else { return nil }
        let hindcast = FormHindcast(builder: builder, candidates: looksBack ? found : [])
        let evidence = Self.tempered(found)
        let scores = found.indices.map { i in
            evidence[i] + found[i].member.logOdds + hindcast.score(of: found[i].member)
        }
        let top = scores.max() ?? 0
        let odds = scores.map { exp($0 - top) }
        let total = odds.reduce(0, +)
        let weights = odds.map { $0 / total }
        let order = found.indices.sorted { weights[$0] > weights[$1] }
        candidates = order.map { found[$0] }
        self.weights = order.map { weights[$0] }
        stretch = found[0].problem.terms.indices.map {
            hindcast.stretch(axis: $0) { member in
                found.firstIndex { $0.member == member }.map { weights[$0] } ?? 0
            }
        }
    }

    /// The evidence, with the difference between movements of the same shape bounded.
    private static func tempered(_ found: [FittedForm]) -> [Double] {
        found.map { own in
            guard !own.member.staying.isEmpty,
                let base = found.first(where: { $0.member == FormMember(form: own.form) })
            else { return own.fit.evidence }
            let difference: Double = own.fit.evidence - base.fit.evidence
            return base.fit.evidence + min(max(difference, -mostEvidence), mostEvidence)
        }
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
