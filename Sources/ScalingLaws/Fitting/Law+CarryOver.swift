import Foundation

/// What moves an answer from the best run of the largest cell towards the law.
///
///     answer = a + (1 - c / z^2)_+ (x - a),   z = (x - a) / s,   c = 1
///
/// a is where the best run of the largest cell has the hyperparameter, x what the law expects at the target, s the standard deviation of that
/// over the draws; all in log coordinates. A law that expects to be elsewhere by less than it is unsure of says no more
/// than that run, and the run is reused; one that is sure, at three times its uncertainty or more, is followed. In recorded grids the
/// mean of the draws lost to reuse where runs are noisy or few, and reuse lost to it wherever the runs show that
/// the optimum moves; this loses to neither by much.
///
/// Within what was run nothing is carried over: there the cells' own runs are part of the law.
///
/// Source: positive-part shrinkage (James and Stein 1961) for a single coordinate; the constant was chosen on recorded grids.
struct CarryOver {
    /// The cell it is from.
    let cell: LawCell
    private static let constant = 1.0
    /// With fewer budgets no run can confirm a slope or deny it: then the answer is the prior's, and says so.
    private static let leastBudgets = 3

    /// The largest cell of a law, for a query beyond it; `nil` within what was run.
    init?(_ law: Law, _ query: RecommendationQuery) {
        let largest = law.cells.max {
            $0.tokenBudget * ($0.modelSize ?? 1) < $1.tokenBudget * ($1.modelSize ?? 1)
        }
        guard let largest, law.axes.contains(where: \.inRegime) else { return nil }
        let sizes = law.cells.compactMap(\.modelSize)
        let isLarger = query.modelSize.flatMap { size in sizes.max().map { size > 1.001 * $0 } } ?? false
        guard query.tokenBudget > 1.001 * law.budgetRange[1] || isLarger else { return nil }
        guard isLarger || Set(law.cells.map(\.tokenBudget)).count >= Self.leastBudgets else { return nil }
        cell = largest
    }

    /// By how much what the runs alone say of an exponent is less sure than the posterior, in which the prior is an estimate too:
    /// moving for the theory's sake is not what the runs ask for.
    ///
    ///     1 / sqrt(1 - posterior variance / prior variance),   at most 4
    static func widening(_ axis: AxisLaw, _ law: Law, _ query: RecommendationQuery) -> Double {
        let variable: LawVariable = query.tokenBudget > law.budgetRange[1] ? .tokenBudget : .modelSize
        guard let exponent = axis.exponents[variable], exponent.interval.count == 2,
            exponent.priorDeviation > 0
        else { return 1 }
        let deviation: Double = (exponent.interval[1] - exponent.interval[0]) / 2.563
        let ratio: Double = pow(deviation / exponent.priorDeviation, 2)
        return 1 / (1 - min(ratio, 1 - 1.0 / 16)).squareRoot()
    }

    /// Where it has an axis; `nil` for an axis it does not have.
    func coordinate(_ axis: LawAxis) -> Double? {
        guard let value = cell.best[axis] else { return nil }
        let coordinate = axis.coordinate(of: value)
        return coordinate.isFinite ? coordinate : nil
    }

    /// The answer between this run and the law.
    ///
    /// - Parameters:
    ///   - run: where the best run of the largest cell has it.
    ///   - law: where the law expects it.
    ///   - samples: the draws of that, without what may come beyond the runs.
    ///   - widening: of their deviation, to that of the runs' own estimate.
    /// - Returns: the answer, between the two.
    static func answer(run: Double, law: Double, samples: [Double], widening: Double) -> Double {
        guard let low = samples.quantile(0.1), let high = samples.quantile(0.9) else { return law }
        let deviation: Double = max(widening * (high - low) / 2.563, 1e-9)
        let square: Double = pow((law - run) / deviation, 2)
        return square > constant ? run + (1 - constant / square) * (law - run) : run
    }
}

extension Law {
    /// Expected rise of the loss above its least, along one axis, of answering a coordinate: over the draws, in parts of the loss.
    func expectedRise(_ axis: AxisLaw, at x: Double, samples: [Double], logs: [LawVariable: Double]) -> Double
    {
        let curvature = curvature(axis, logs)
        guard !samples.isEmpty, let low = samples.quantile(0.02), let high = samples.quantile(0.98) else {
            return 0
        }
        let sum = samples.reduce(0) {
            $0 + 0.5 * curvature * CurveShape.evaluate(x - min(max($1, low), high), skew: axis.skew).value
        }
        return sum / Double(samples.count)
    }

    /// The curvature of an axis at a place.
    func curvature(_ axis: AxisLaw, _ logs: [LawVariable: Double]) -> Double {
        axis.curvature { logs[$0] ?? 0 }
    }
}
