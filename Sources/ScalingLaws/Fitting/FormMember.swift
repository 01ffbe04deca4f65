/// One member of the family of laws that is fitted: the shape of the learning rate's law, and which optima stay.
///
/// A sweep of a few budgets rarely tells a slope from a change of regime: the better fit of the two is often the worse
/// prediction. So for every axis both are fitted, a power law with exponents from the prior and the runs, and an optimum that *stays*
/// where the largest budgets have it (exponents in tokens 0); they are weighed by what they predicted of the largest
/// cells from the others (`FormHindcast`).
struct FormMember: Hashable, Sendable {
    var form: LawForm
    /// Axes whose optimum does not move with tokens.
    var staying: Set<LawAxis> = []

    /// Log of the odds before any run.
    ///
    /// A limit starts at one to ten: over budgets a limit and a bend of the power law look much the same, and the two
    /// extrapolate far apart. A best batch size that stays starts at three to one: below its critical value the loss is flat in it, so
    /// that noise displaces it easily, and in most recorded grids the smallest one tried stays the best.
    var logOdds: Double {
        (form == .plain ? 0 : -2.302585) + (staying.contains(.batchSize) ? 1.098612 : 0)
    }

    /// What is believed about an exponent.
    func prior(_ theory: ExponentPrior, of axis: LawAxis, in variable: LawVariable) -> ExponentPrior {
        guard staying.contains(axis), variable == .tokenBudget else { return theory }
        return ExponentPrior(mean: 0, deviation: 0.01, degreesOfFreedom: .infinity)
    }

    /// The family over some axes that may move.
    static func family(_ forms: [LawForm], moving: [LawAxis]) -> [FormMember] {
        var staying = moving.map { Set([$0]) }
        if moving.count > 1 { staying.append(Set(moving)) }
        return forms.map { FormMember(form: $0) } + staying.map { FormMember(form: .plain, staying: $0) }
    }
}
