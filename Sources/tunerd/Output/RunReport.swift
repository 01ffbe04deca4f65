import Tuner

/// What `tunerd run` ends with: recommendations, the law, the Pareto front.
struct RunReport: Presentable, Sendable {
    var summary: SweepSummary
    var metric: String
    var recommendations: [Recommendation] = []
    var law: LawRecord?
    var pareto: ParetoRecord
    var cost: SweepCost?
    /// Why there is no answer; the exit status comes from it.
    var failure: TunerError?

    /// Asks for everything. Too little data is not an error here: the front is shown all the same.
    static func gather(_ summary: SweepSummary, budgets: [Int], from api: SweepAPI) async throws -> RunReport
    {
        let detail = try await api.sweep(summary.name)
        var report = RunReport(
            summary: summary, metric: detail.metric.name, pareto: try await api.pareto(of: summary.name),
            cost: detail.cost)
        do {
            report.law = try await api.law(of: summary.name)
            for (budget, size) in asked(budgets, of: detail) {
                report.recommendations.append(
                    try await api.recommendation(of: summary.name, tokenBudget: budget, modelSize: size))
            }
        } catch let error as TunerError where error.code == .notEnoughData {
            report.failure = error
        }
        if summary.state != .completed {
            report.failure = TunerError(
                .failed, "sweep '\(summary.name)' is \(summary.state.rawValue)", why: summary.message)
        }
        return report
    }

    /// The runs to answer for: what was asked on the command line, else the sweep's targets.
    private static func asked(_ budgets: [Int], of detail: SweepDetail) -> [(budget: Int, size: Int?)] {
        if !budgets.isEmpty { return budgets.map { ($0, nil) } }
        if let cells = detail.targetCells { return cells.map { ($0.tokenBudget, $0.modelSize) } }
        return detail.targetTokenBudgets.map { ($0, nil) }
    }

    /// The recommendations alone: one object, or an array.
    var record: OneOrMany<Recommendation> { OneOrMany(items: recommendations) }

    func text(_ style: TextStyle) -> String {
        var sections: [String] = recommendations.map {
            RecommendationView(recommendation: $0).body(style, warnings: false).joined(separator: "\n")
        }
        if let law {
            sections.append(
                (["law over \(LawText.runs(of: law.law)):", ""]
                    + LawText.lines(of: law.law, metric: metric).map { "  " + $0 }).joined(separator: "\n"))
        }
        sections.append("Pareto front:\n\n" + ParetoView(pareto: pareto).text(style))
        if let cost = cost?.text { sections.append("this sweep cost \(cost)") }
        var seen: Set<String> = []
        let warnings = recommendations.flatMap(\.warnings) + (law?.law.warnings ?? [])
        let lines = warningLines(warnings.filter { seen.insert($0.text).inserted }, style)
        if !lines.isEmpty { sections.append(lines.joined(separator: "\n")) }
        return sections.joined(separator: "\n\n")
    }
}
