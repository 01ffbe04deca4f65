import Tuner

/// `tunerd ask`.
struct AskView: Presentable {
    var record: AskAnswer

    func text(_ style: TextStyle) -> String {
        guard !record.trials.isEmpty else {
            return record.state == .running
                ? "no trial now: the next ones depend on results that are still out"
                : "no trial: sweep '\(record.sweep)' is \(record.state.rawValue)"
        }
        let names = Set(record.trials.flatMap { $0.hyperparameters.keys }).sorted()
        var table = TextTable(
            [.number("trial"), .text("attempt"), .number("tokens"), .number("seed")]
                + names.map { .number($0) })
        for trial in record.trials {
            table.rows.append(
                [
                    "\(trial.number)", .init(trial.token), .init(NumberText.count(trial.tokenBudget)),
                    "\(trial.seed)",
                ] + names.map { .init(trial.hyperparameters[$0].map(NumberText.value) ?? "-") })
        }
        return table.text(style)
    }
}

/// `tunerd tell`.
struct TellView: Presentable {
    var record: TellAnswer

    func text(_ style: TextStyle) -> String {
        let state = style.paint(record.state.rawValue, record.state.tone)
        return "trial \(record.trial) is \(state): \(record.decision.rawValue)"
    }
}
