/// Laws of several families of runs (optimizers, workloads), fitted one by one and then once more knowing the others.
///
/// Families share exponents, not coefficients: how far the best learning rate falls with the budget is much the same for
/// AdamW and Lion, where it lies is not. From the other families' exponents, where their runs decided them,
///
///     w_j = 1 / (s_j^2 + t^2),   m = sum w_j e_j / sum w_j,   predictive variance = t^2 + 1 / sum w_j
///
/// with the spread t^2 between families by the method of moments (DerSimonian and Laird 1986). This prediction for a
/// family that was left out is multiplied into the theory's prior, as a Student-t again, so a family whose runs say
/// otherwise forgets it. With fewer than two other families that identify an exponent nothing is pooled.
///
/// When not to believe it: two families give a spread of one degree of freedom; `leastSpread` keeps them from
/// claiming that all families are alike.
struct FamilyPooling {
    /// An exponent of one family with its standard error.
    struct Estimate {
        var value: Double
        var error: Double
    }

    /// Standard deviation between families that is assumed at least.
    static let leastSpread = 0.05

    /// What the other families predict, or `nil` for fewer than two.
    static func prediction(from others: [Estimate]) -> Estimate? {
        guard others.count >= 2 else { return nil }
        let weights = others.map { 1 / ($0.error * $0.error) }
        let total: Double = weights.reduce(0, +)
        let fixed: Double = zip(weights, others).reduce(0) { $0 + $1.0 * $1.1.value } / total
        let heterogeneity: Double = zip(weights, others).reduce(0) {
            $0 + $1.0 * ($1.1.value - fixed) * ($1.1.value - fixed)
        }
        let scale: Double = total - weights.reduce(0) { $0 + $1 * $1 } / total
        let excess: Double = (heterogeneity - Double(others.count - 1)) / scale
        let between: Double = max(excess, leastSpread * leastSpread)
        let pooled = others.map { 1 / ($0.error * $0.error + between) }
        let sum: Double = pooled.reduce(0, +)
        let mean: Double = zip(pooled, others).reduce(0) { $0 + $1.0 * $1.1.value } / sum
        return Estimate(value: mean, error: (between + 1 / sum).squareRoot())
    }

    /// A theory's prior times what the other families predict.
    static func combined(_ prior: ExponentPrior, _ prediction: Estimate) -> ExponentPrior {
        let a: Double = 1 / (prior.deviation * prior.deviation)
        let b: Double = 1 / (prediction.error * prediction.error)
        return ExponentPrior(
            mean: (a * prior.mean + b * prediction.value) / (a + b), deviation: (1 / (a + b)).squareRoot(),
            degreesOfFreedom: prior.degreesOfFreedom)
    }
}

extension LawFitter {
    /// Fits several families of runs with partly pooled exponents.
    ///
    /// - Parameter families: one request a family.
    /// - Returns: A law or the reason why there is none, in the same order. A single family is fitted as by `fit(_:)`.
    public func fit(families: [LawFitRequest]) -> [Result<Law, LawFitError>] {
        let alone = families.map { request in Result { () throws(LawFitError) in try fit(request) } }
        guard families.count > 2 else { return alone }
        return zip(families, alone).enumerated().map { i, pair in
            guard case .success(let law) = pair.1 else { return pair.1 }
            var request = pair.0
            let others = alone.enumerated().compactMap { $0.offset == i ? nil : try? $0.element.get() }
            for axis in law.axes {
                for variable in axis.exponents.keys {
                    let estimates = others.compactMap { Self.estimate($0, axis.axis, variable) }
                    guard let prediction = FamilyPooling.prediction(from: estimates) else { continue }
                    let prior = request.exponentPrior(axis.axis, variable)
                    request.priorOverrides[axis.axis, default: [:]][variable] = FamilyPooling.combined(
                        prior, prediction)
                    request.isPooled = true
                }
            }
            guard request.isPooled, let pooled = try? fit(request) else { return pair.1 }
            return .success(pooled)
        }
    }

    /// An exponent that a family's runs decided.
    private static func estimate(_ law: Law, _ axis: LawAxis, _ variable: LawVariable) -> FamilyPooling
        .Estimate?
    {
        guard let found = law.axes.first(where: { $0.axis == axis })?.exponents[variable], found.identified,
            found.interval.count == 2
        else { return nil }
        // An 80 % interval is 2.56 standard deviations wide.
        return FamilyPooling.Estimate(
            value: found.value, error: max((found.interval[1] - found.interval[0]) / 2.563, 0.01))
    }
}
