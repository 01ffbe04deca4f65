/// The learning-curve rule: a trial is ended when its extrapolated end is worse than the best end of its cell with
/// probability `confidence` or more.
///
/// The curve is fitted to the trial's own reports from `min_tokens` on (`LearningCurve`), so it needs a constant
/// learning rate: a decay bends every curve down near its end. Nothing is decided before `warmup_trials` trials of the
/// cell have completed. With several objectives a trial is ended when one completed trial is better than its end with
/// that probability in every objective.
///
/// So that noise in a prediction is not taken for a loss, the trial must also be dominated where it stands: at the same
/// eighth of the budget the completed trial was better too.
struct CurveRule: StoppingRule {
    /// Reports of a trial that are kept; beyond it every other one is dropped.
    private static let mostPoints = 64

    let choice: EarlyTermination
    let objectiveCount: Int

    private struct Point: Sendable, Hashable {
        var tokens: Int
        var values: [Double]
    }

    /// A completed trial: its end, and its values by eighth.
    private struct Finished: Sendable {
        var end: [Double]
        var places: [Int: [Double]]
    }

    private var points: [Int: [Point]] = [:]
    /// Completed trials that no other one beats in every objective at the end.
    private var front: [StoppingCell: [Finished]] = [:]
    private var completedCount: [StoppingCell: Int] = [:]

    init(choice: EarlyTermination, objectiveCount: Int) {
        self.choice = choice
        self.objectiveCount = objectiveCount
    }

    mutating func record(_ report: ProgressReport) {
        var list = points[report.trial.number] ?? []
        // Reports of a second attempt repeat those of the first.
        let place = list.lastIndex { $0.tokens <= report.tokens }
        if let place, list[place].tokens == report.tokens { return }
        list.insert(Point(tokens: report.tokens, values: report.values), at: (place ?? -1) + 1)
        if list.count > Self.mostPoints {
            let last = list.count - 1
            list = list.enumerated().filter { (last - $0.offset) % 2 == 0 }.map(\.element)
        }
        points[report.trial.number] = list
    }

    mutating func decide(_ report: ProgressReport) -> TrialDirective {
        let trial = report.trial
        let first = choice.firstTokens(of: trial.tokenBudget)
        guard report.tokens >= first, completedCount[trial.cell, default: 0] >= choice.warmupTrials,
            let rivals = front[trial.cell]
        else { return .proceed }
        let usable = (points[trial.number] ?? []).filter { $0.tokens >= first && $0.tokens <= report.tokens }
        let curves = (0..<objectiveCount).compactMap { axis in
            LearningCurve(
                usable.map {
                    .init(
                        fraction: Double($0.tokens) / Double(max(1, trial.tokenBudget)),
                        value: $0.values[axis])
                })
        }
        guard curves.count == objectiveCount else { return .proceed }
        let eighth = Self.eighth(report.tokens, of: trial.tokenBudget)
        let isBeaten = rivals.contains { rival in
            guard let there = rival.places[eighth], ParetoRanking.dominates(there, report.values) else {
                return false
            }
            return zip(curves, rival.end).allSatisfy {
                $0.probability(endAbove: $1) >= choice.confidence
            }
        }
        return isBeaten ? .stop : .proceed
    }

    mutating func conclude(_ trial: JudgedTrial, _ end: JudgedEnd) {
        let seen = points.removeValue(forKey: trial.number) ?? []
        guard case .completed(let values) = end else { return }
        completedCount[trial.cell, default: 0] += 1
        var places: [Int: [Double]] = [:]
        for point in seen {
            let eighth = Self.eighth(point.tokens, of: trial.tokenBudget)
            if places[eighth] == nil { places[eighth] = point.values }
        }
        var best = front[trial.cell] ?? []
        guard !best.contains(where: { ParetoRanking.dominates($0.end, values) }) else { return }
        best.removeAll { ParetoRanking.dominates(values, $0.end) }
        best.append(Finished(end: values, places: places))
        front[trial.cell] = best
    }

    private static func eighth(_ tokens: Int, of budget: Int) -> Int {
        Int(8 * Double(tokens) / Double(max(1, budget)))
    }
}
