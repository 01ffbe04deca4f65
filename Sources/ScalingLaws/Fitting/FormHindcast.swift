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

/// Where the optimum of every cell lies by its own runs.
struct LeftOutCells {
    private let fitted: FittedForm
    private let equations: SurfaceEquations
    private let state: SurfaceState

    /// Standard deviation a cell's own optimum may lie from the law by: so wide that the law does not matter.
    private static let free = 1.5

    init(_ fitted: FittedForm) {
        self.fitted = fitted
        var state = fitted.fit.state
        state.deviation = SIMD4(repeating: Self.free)
        var equations = fitted.problem.equations(at: state)
        // The coefficients stay; only the places of the cells are found anew.
        for _ in 0..<4 {
            for (g, block) in equations.blocks.enumerated() {
                guard let block else { continue }
                let shift = block.factor.solve(block.right)
                for t in fitted.problem.terms.indices {
                    state.offsets[g][t] += max(-0.5, min(0.5, shift[t + 1]))
                }
            }
            equations = fitted.problem.equations(at: state)
        }
        self.state = state
        self.equations = equations
    }

    /// The optimum of a cell along an axis, at the batch size of its best run; `nil` where its runs do not say.
    func measured(_ g: Int, _ t: Int) -> (value: Double, variance: Double, point: SurfacePoint)? {
        let group = fitted.problem.groups[g]
        guard let block = equations.blocks[g],
            let best = group.rows.min(by: {
                fitted.problem.rows[$0].response < fitted.problem.rows[$1].response
            })
        else { return nil }
        var unit = [Double](repeating: 0, count: fitted.problem.nuisanceCount)
        unit[t + 1] = 1
        let variance: Double = block.factor.solve(unit)[t + 1]
        guard variance < 0.5 * Self.free * Self.free else { return nil }
        let point = fitted.problem.rows[best].point
        let value: Double = state.parameters.withUnsafeBufferPointer { parameters in
            parameters.baseAddress.map { fitted.problem.terms[t].logOptimum($0, point).value } ?? 0
        }
        return (value + state.offsets[g][t], variance, point)
    }

    /// Sets of groups to leave out: the largest budget, the two largest and so on, as long as two remain; with several model sizes
    /// the largest quarter and half of the cells.
    func folds(most: Int) -> [Set<Int>] {
        let groups = fitted.problem.groups
        let sizes = Set(groups.map { $0.point.covariates[1] }).count
        let budgets = Set(groups.map { $0.point.covariates[0] }).sorted(by: >)
        guard budgets.count > 2 || sizes > 1 else { return [] }
        if sizes == 1 {
            return (1...max(1, min(most, budgets.count - 2))).map { count in
                Set(groups.indices.filter { groups[$0].point.covariates[0] >= budgets[count - 1] })
            }
        }
        let order = groups.indices.sorted {
            let (a, b) = (groups[$0].point.covariates, groups[$1].point.covariates)
            return a[0] + a[1] > b[0] + b[1]
        }
        return [0.25, 0.5].map { Set(order.prefix(Int(($0 * Double(order.count)).rounded(.down)))) }
            .filter { left in
                let rest = groups.indices.filter { !left.contains($0) }
                return !left.isEmpty && rest.count > 2
            }
    }
}
