import Foundation

/// What every member of the family predicts of the largest cells from the others.
///
/// The largest budgets (with several model sizes: the largest cells by tokens times size) are left out, first one, then more; each
/// member is fitted to what remains and predicts where the optimum of the left-out cells lies. Their own runs say where it does lie,
/// with the shape of the curve from all runs but no help of the law for its place. The score of a member is the log density of that under
/// its prediction, a Student-t of four degrees, averaged over the cells of a fold and summed over folds and axes.
///
/// The standardised errors of the weighted members also say whether such predictions are as good as they claim (`stretch`).
struct FormHindcast {
    /// The members that were looked at: those without a limit. One with a limit differs from its power law within the runs at most.
    private let members: [FormMember]
    /// By member: sum of the log scores.
    private var scores: [Double]
    /// By axis, fold and member: prediction minus measurement, and the variance both claim.
    private var errors: [[[(error: Double, variance: Double)]]]

    /// Folds at most: the further back, the less they say about the end.
    private static let folds = 2
    /// Degrees of freedom of a score.
    private static let freedom = 4.0
    /// How many standardised errors of size 1 the belief in the claimed widths is worth.
    private static let worth = 3.0

    init(builder: SurfaceBuilder, candidates all: [FittedForm]) {
        let candidates = all.filter { $0.form == .plain }
        members = candidates.map(\.member)
        scores = Array(repeating: 0, count: candidates.count)
        errors = []
        guard
            let reference = candidates.first(where: { $0.member == FormMember(form: .plain) })
                ?? candidates.first
        else { return }
        let places = LeftOutCells(reference)
        errors = Array(repeating: [], count: reference.problem.terms.count)
        for fold in places.folds(most: Self.folds) {
            predict(fold, reference: reference, builder: builder, candidates: candidates, places: places)
        }
    }

    private mutating func predict(
        _ left: Set<Int>, reference: FittedForm, builder: SurfaceBuilder, candidates: [FittedForm],
        places: LeftOutCells
    ) {
        let kept = builder.keeping(reference.problem.groups.indices.filter { !left.contains($0) })
        var found: [FittedForm] = []
        for candidate in candidates {
            let problem = kept.problem(candidate.member, noise: candidate.fit.state.noise)
            let start = problem.adopted(candidate.fit.state.parameters, of: candidate.problem)
            guard let fit = SurfaceSolver(problem: problem, rounds: 8).fit(from: start) else { return }
            found.append(FittedForm(member: candidate.member, problem: problem, fit: fit))
        }
        for t in reference.problem.terms.indices {
            var sums = [Double](repeating: 0, count: candidates.count)
            var squares = Array(repeating: (error: 0.0, variance: 0.0), count: candidates.count)
            var count = 0.0
            for g in left.sorted() {
                guard let measured = places.measured(g, t) else { continue }
                count += 1
                for (i, member) in found.enumerated() {
                    let predicted = member.prediction(at: measured.point, term: t)
                    let error: Double = predicted.value - measured.value
                    let variance: Double = predicted.variance + measured.variance
                    sums[i] += Self.logDensity(error, variance)
                    squares[i].error += error
                    squares[i].variance += variance
                }
            }
            guard count > 0 else { continue }
            for i in candidates.indices { scores[i] += sums[i] / count }
            errors[t].append(squares.map { ($0.error / count, $0.variance / count) })
        }
    }

    /// The score of a member; one with a limit has that of the power law.
    func score(of member: FormMember) -> Double {
        let plain = FormMember(form: .plain, staying: member.staying)
        return members.firstIndex(of: plain).map { scores[$0] } ?? 0
    }

    private static func logDensity(_ error: Double, _ variance: Double) -> Double {
        -0.5 * log(variance) - 0.5 * (freedom + 1) * log1p(error * error / (variance * freedom))
    }

    /// By how much the draws of an axis are to be stretched, given the weights of the members; never below 1.
    func stretch(axis t: Int, weight: (FormMember) -> Double) -> Double {
        guard t < errors.count else { return 1 }
        let weights = members.map(weight)
        let total: Double = max(weights.reduce(0, +), 1e-300)
        var square = Self.worth
        for fold in errors[t] {
            for (entry, weight) in zip(fold, weights) {
                square += weight / total * min(entry.error * entry.error / entry.variance, 25)
            }
        }
        return max(1, (square / (Self.worth + Double(errors[t].count))).squareRoot())
    }
}
