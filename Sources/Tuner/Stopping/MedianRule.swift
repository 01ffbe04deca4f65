/// The median rule (Golovin, Solnik, Moitra, Kochanski, Karro, Sculley 2017, "Google Vizier"): a trial is ended when the
/// best it has reached is worse than the median of the completed trials of its cell at the same place.
///
/// Places are the eighths of the budget; a trial's value at a place is that of its first report there or beyond.
/// Nothing is decided before `warmup_trials` trials of the cell have completed. With several objectives a trial is ended
/// when at least half of the completed trials dominate the best it has reached in each.
struct MedianRule: StoppingRule {
    /// Places of a run at which trials are compared.
    static let places = 8

    let choice: EarlyTermination
    let objectiveCount: Int

    private struct Place: Hashable {
        var cell: StoppingCell
        var ordinal: Int
    }

    /// Values of a trial under way, by place.
    private struct Curve: Sendable {
        var values: [Int: [Double]] = [:]
        /// The best so far in each objective.
        var best: [Double]?
    }

    private var completed: [Place: Rung] = [:]
    private var completedCount: [StoppingCell: Int] = [:]
    private var curves: [Int: Curve] = [:]

    init(choice: EarlyTermination, objectiveCount: Int) {
        self.choice = choice
        self.objectiveCount = objectiveCount
    }

    mutating func record(_ report: ProgressReport) {
        let ordinal = Self.ordinal(of: report)
        var curve = curves[report.trial.number] ?? Curve()
        if curve.values[ordinal] == nil { curve.values[ordinal] = report.values }
        curve.best = curve.best.map { zip($0, report.values).map { min($0, $1) } } ?? report.values
        curves[report.trial.number] = curve
    }

    mutating func decide(_ report: ProgressReport) -> TrialDirective {
        let cell = report.trial.cell
        guard report.tokens >= choice.firstTokens(of: report.trial.tokenBudget),
            completedCount[cell, default: 0] >= choice.warmupTrials,
            let rung = completed[Place(cell: cell, ordinal: Self.ordinal(of: report))],
            let best = curves[report.trial.number]?.best
        else { return .proceed }
        return rung.keeps(best) ? .proceed : .stop
    }

    mutating func conclude(_ trial: JudgedTrial, _ end: JudgedEnd) {
        let curve = curves.removeValue(forKey: trial.number)
        guard case .completed = end else { return }
        completedCount[trial.cell, default: 0] += 1
        for (ordinal, values) in curve?.values ?? [:] {
            completed[
                Place(cell: trial.cell, ordinal: ordinal),
                default: Rung(.half, objectiveCount: objectiveCount)
            ].insert(trial.number, values)
        }
    }

    private static func ordinal(of report: ProgressReport) -> Int {
        Int(Double(report.tokens) / Double(max(1, report.trial.tokenBudget)) * Double(places))
    }
}
