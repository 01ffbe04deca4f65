import Engine

/// The shorter runs of a trial as one field of a table: `256=0.3145 512=0.2814`, token budget and metric.
enum ShorterRunText {
    /// The field; empty without any. Of a run's metrics it has one.
    static func field(_ runs: [ShorterRun], metric: String) -> String {
        runs.compactMap { run in
            run.metrics[metric].flatMap { $0.isFinite ? "\(run.tokenBudget)=\($0)" : nil }
        }.joined(separator: " ")
    }

    /// Reads a field; `nil` when it is none.
    static func runs(_ field: String, metric: String) -> [ShorterRun]? {
        let parts = field.split(separator: " ")
        let runs = parts.compactMap { part -> ShorterRun? in
            let sides = part.split(separator: "=")
            guard sides.count == 2, let budget = Int(sides[0]), budget > 0, let value = Double(sides[1]),
                value.isFinite
            else { return nil }
            return ShorterRun(tokenBudget: budget, metrics: [metric: value])
        }
        return runs.count == parts.count ? runs.sorted { $0.tokenBudget < $1.tokenBudget } : nil
    }
}
