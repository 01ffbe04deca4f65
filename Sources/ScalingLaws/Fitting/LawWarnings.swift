import Foundation

/// What a fitted law cannot know.
struct LawWarnings {
    var table: FitTable
    var surface: FormSelection
    var law: Law

    func all() -> [LawWarning] {
        [
            lossLeftOut(), fewBudgets(), fewRuns(), allDiverged(), blownUp(), poorFit(), bentLosses(),
            dataReused(),
        ].compactMap { $0 }
            + AxisEffect(table: table).warnings()
            + edges()
            + undecided()
    }

    /// How near the fitted optimum counts as the outermost tried value, in log coordinates.
    private static let edgeTolerance = 0.1

    /// How far a run lies above the fitted optimum of an axis, in its coordinate.
    private func distance(of sample: LossSample, along axis: LawAxis) -> Double? {
        guard let value = sample.values[axis] else { return nil }
        let query = RecommendationQuery(
            tokenBudget: sample.tokenBudget, modelSize: sample.modelSize,
            held: sample.values.filter { $0.key != axis })
        let distance: Double =
            axis.coordinate(of: value) - axis.coordinate(of: law.optimum(of: axis, at: query))
        return distance.isFinite ? distance : nil
    }

    private func lossLeftOut() -> LawWarning? {
        guard let loss = table.leftOut.first else { return nil }
        let count = table.leftOut.count
        return LawWarning(
            code: .lossLeftOut,
            text: count == 1
                ? "a run with a loss of \(Self.figure(loss)) is left out: all others are positive"
                : "\(count) runs with losses such as \(Self.figure(loss)) are left out: all others are positive"
        )
    }

    private func fewBudgets() -> LawWarning? {
        guard table.budgets < 3, !table.request.regime.isEmpty else { return nil }
        let count = table.budgets == 1 ? "one token budget was run" : "two token budgets were run"
        return LawWarning(
            code: .fewBudgets,
            text: "\(count): "
                + (table.budgets == 1 ? "the exponents are the prior's" : "a bend of the law cannot be seen")
                + "; run at least three")
    }

    private func fewRuns() -> LawWarning? {
        let candidate = surface.candidates[0]
        let coefficients = candidate.problem.terms.reduce(0) { $0 + 2 + $1.variables.count }
        let wanted = coefficients + 2 * candidate.problem.groups.count
        let finished = table.runs.count { $0.response != nil }
        guard finished < wanted else { return nil }
        return LawWarning(
            code: .fewRuns,
            text: "\(finished) distinct finished runs for \(coefficients) coefficients and "
                + "\(candidate.problem.groups.count) floors; \(wanted) or more make the interval reliable")
    }

    private func allDiverged() -> LawWarning? {
        let samples = table.request.samples
        let finished = Set(samples.lazy.filter { $0.loss != nil }.map(\.tokenBudget))
        let lost = Set(samples.lazy.map(\.tokenBudget)).subtracting(finished).sorted()
        guard !lost.isEmpty else { return nil }
        let names = lost.map { Self.figure($0) }.joined(separator: ", ")
        return LawWarning(
            code: .allDiverged,
            text: "all runs diverged at \(names) tokens; they only bound the learning rate from above")
    }

    /// Runs that blew up and yet have a loss, with the worst of them.
    private func blownUp() -> LawWarning? {
        guard let worst = table.blownUp.max(by: { $0.response - $0.best < $1.response - $1.best }) else {
            return nil
        }
        func loss(_ response: Double) -> String {
            Self.figure(table.scale == .logarithm ? exp(response) : response)
        }
        let count = table.blownUp.count
        let cells = Set(table.blownUp.map { CellKey($0.sample) }).count
        let subject = count == 1 ? "a run blew up" : "\(count) runs blew up"
        let (most, them) = count == 1 ? ("", "it bounds") : ("the worst: ", "they bound")
        let size = worst.sample.modelSize.map { "\(Self.figure($0)) parameters, " } ?? ""
        let rate = worst.sample.values[.learningRate].map { "\(Self.figure($0))" } ?? "-"
        return LawWarning(
            code: .blownUp,
            text: "\(subject) without becoming NaN\(cells > 1 ? " in \(cells) cells" : "") (\(most)loss "
                + "\(loss(worst.response)) at learning_rate \(rate), \(size)"
                + "\(Self.figure(worst.sample.tokenBudget)) tokens; best \(loss(worst.best))): \(them) the learning "
                + "rate from above")
    }

    private func poorFit() -> LawWarning? {
        let candidate = surface.candidates[0]
        var left = 0.0
        var total = 0.0
        for group in candidate.problem.groups {
            let rows = group.rows.filter { candidate.problem.rows[$0].weight > 0 }
            let weights = rows.map { candidate.problem.rows[$0].weight }
            let mean: Double =
                zip(rows, weights).reduce(0) { $0 + $1.1 * candidate.problem.rows[$1.0].response }
                / max(weights.reduce(0, +), 1e-300)
            for (row, weight) in zip(rows, weights) {
                left += weight * pow(candidate.fit.residuals[row], 2)
                total += weight * pow(candidate.problem.rows[row].response - mean, 2)
            }
        }
        guard total > 0, left > 0.5 * total else { return nil }
        return LawWarning(
            code: .poorFit,
            text: "the law leaves \(Int((100 * min(left / total, 1)).rounded())) % of the variance near the "
                + "optimum unexplained; the interval is widened by the residuals")
    }

    /// Best losses that no falling power law describes: they rise, or bend the wrong way.
    private func bentLosses() -> LawWarning? {
        guard let lossLaw = law.lossLaw else { return nil }
        let misses = law.cells.map { cell in
            abs(log(cell.fittedLoss / lossLaw.loss(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize)))
        }
        guard let worst = misses.max(), worst > 0.1 else { return nil }
        return LawWarning(
            code: .poorFit,
            text:
                "the best losses lie up to \(Int((100 * min(worst, 10)).rounded())) % off any falling power law; "
                + "do not trust the predicted loss")
    }

    private func dataReused() -> LawWarning? {
        let epochs = table.request.samples.map(\.epochs).max() ?? 1
        guard epochs > 1 else { return nil }
        return LawWarning(
            code: .dataReused,
            text: "data were used up to \(String(format: "%.1f", epochs)) times; laws are for fresh data, "
                + "and the exponents say no more than how these runs went")
    }

    /// Axes whose optimum lies at an end of what was tried, by cell: the best run is the outermost, and so is the fitted
    /// optimum; a run to either side of that places it however few there are. Above a best learning rate, a diverged run
    /// is an end that was seen, not one that was missed.
    private func edges() -> [LawWarning] {
        // What longer runs tell of a cell was never meant to enclose its optimum.
        let trained = Set(table.runs.lazy.filter { !$0.isReadOff }.map { CellKey($0.sample) })
        let samples = table.request.samples
        let members = CellMembers(samples)
        return table.varied.compactMap { axis in
            var low = 0
            var high = 0
            var cells = 0
            for cell in law.cells {
                guard let best = cell.best[axis], trained.contains(CellKey(cell)) else { continue }
                let here = members[CellKey(cell)].map { samples[$0] }
                let peers = here.filter {
                    axis != .learningRate || $0.values[.batchSize] == cell.best[.batchSize]
                }
                let tried = Set(peers.compactMap { $0.values[axis] }).sorted()
                guard Set(here.compactMap { $0.values[axis] }).count > 1 else { continue }
                cells += 1
                // Every other run can be the farthest: they are looked at only where it matters.
                guard best == tried.first || best == tried.last else { continue }
                let distances = here.compactMap { distance(of: $0, along: axis) }
                if best == tried.first, (distances.min() ?? -1) > -Self.edgeTolerance { low += 1 }
                if best == tried.last, (distances.max() ?? 1) < Self.edgeTolerance { high += 1 }
            }
            guard low + high > 0 else { return nil }
            let range = law.axes.first { $0.axis == axis }?.triedRange ?? []
            let ends = [low > 0 ? "lowest" : nil, high > 0 ? "highest" : nil].compactMap { $0 }
            return LawWarning(
                code: .optimumOnEdge,
                text: "the best \(axis.rawValue) is the \(ends.joined(separator: " or ")) tried one in "
                    + "\(low + high) of \(cells) cells (tried "
                    + range.map { Self.figure($0) }.joined(separator: " to ")
                    + "): there the runs bound the optimum instead of placing it; widen the range")
        }
    }

    private func undecided() -> [LawWarning] {
        law.axes.flatMap { axis in
            axis.sortedExponents.filter { !$0.estimate.identified && $0.variable != .brevity }.map {
                variable, estimate in
                LawWarning(
                    code: .priorDecides,
                    text:
                        "the runs leave the exponent of \(axis.axis.rawValue) in \(variable.rawValue) open: "
                        + String(
                            format: "%.2f [%.2f, %.2f] from a prior of %.2f +- %.2f", estimate.value,
                            estimate.interval[0], estimate.interval[1], estimate.priorMean,
                            estimate.priorDeviation))
            }
        }
    }

    /// A number with three figures, large ones with a suffix: `0.0312`, `4100`, `262k`, `33.6M`.
    static func figure(_ value: Double) -> String {
        let suffixes = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")]
        guard let (scale, suffix) = suffixes.first(where: { abs(value) >= $0.0 }), value.isFinite else {
            return abs(value) >= 1000 ? String(format: "%.0f", value) : String(format: "%.3g", value)
        }
        return String(format: "%.3g", value / (suffix == "k" ? 1e3 : scale)) + suffix
    }
}
