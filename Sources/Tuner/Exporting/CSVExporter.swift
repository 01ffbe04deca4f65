/// One line a trial, RFC 4180 with line feeds.
///
/// Columns: `number, state, attempt, token_budget, round, replicate`, hyperparameters by name, metrics by name; a
/// metric whose name is taken gets the prefix `metric_`; and `shorter_runs` (`256=0.3145 512=0.2814`: what shorter runs
/// inside it end with, the sweep's metric by token budget) where any trial has them. What is absent or not finite is empty.
struct CSVExporter: Exporter {
    let format = ExportFormat(
        name: "csv", summary: "trials, one a line", mediaType: "text/csv; charset=utf-8", fileExtension: "csv"
    )

    func export(_ input: ExportInput) throws -> String {
        let fixed = ["number", "state", "attempt", "token_budget", "round", "replicate"]
        let hyperparameters = Set(input.trials.flatMap { $0.proposal.hyperparameters.keys }).sorted()
        let metrics = Set(input.trials.flatMap { $0.metrics.keys }).sorted()
        let taken = Set(fixed + hyperparameters)
        let hasShorter = input.trials.contains { !$0.shorterRuns.isEmpty }
        let header =
            fixed + hyperparameters + metrics.map { taken.contains($0) ? "metric_\($0)" : $0 }
            + (hasShorter ? ["shorter_runs"] : [])
        let rows = input.trials.map { trial -> [String] in
            [
                "\(trial.number)", trial.state.rawValue, "\(trial.attempt)", "\(trial.proposal.tokenBudget)",
                "\(trial.proposal.round)", "\(trial.proposal.replicate)",
            ]
                + hyperparameters.map { trial.proposal.hyperparameters[$0]?.description ?? "" }
                + metrics.map { name in
                    guard let value = trial.metrics[name], value.isFinite else { return "" }
                    return "\(value)"
                }
                + (hasShorter
                    ? [ShorterRunText.field(trial.shorterRuns, metric: input.definition.metric.name)] : [])
        }
        return ([header] + rows).map { $0.map(Self.field).joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
