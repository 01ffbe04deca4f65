import Tuner

extension TrialState {
    var tone: TextStyle.Tone {
        switch self {
        case .waiting, .cancelled: .faint
        case .running: .good
        case .completed: .plain
        case .diverged, .interrupted, .stopped: .attention
        case .failed: .bad
        }
    }
}

/// Names of hyperparameters over trials, sorted. Also of those that happen to be the same in all: which columns a table
/// has must not hang on which trials it shows.
private func columns(of trials: [TrialRecord]) -> [String] {
    Set(trials.flatMap { $0.hyperparameters.keys }).sorted()
}

/// `tunerd trials`.
struct TrialListView: Presentable {
    var trials: [TrialRecord]
    var metric: String

    var record: TrialPage { TrialPage(trials: trials) }

    func text(_ style: TextStyle) -> String {
        if trials.isEmpty { return "no trials" }
        let names = columns(of: trials)
        var table = TextTable(
            [.number("trial"), .text("state"), .number("tokens"), .number(metric)] + names.map { .number($0) }
        )
        for trial in trials {
            table.rows.append(
                [
                    "\(trial.number)", .init(trial.state.rawValue, trial.state.tone),
                    .init(NumberText.count(trial.tokenBudget)),
                    .init(trial.metric(metric).map { NumberText.short($0, digits: 5) } ?? "-"),
                ] + names.map { .init(trial.hyperparameters[$0].map(NumberText.value) ?? "-") })
        }
        return table.text(style)
    }
}

/// `tunerd pareto`.
struct ParetoView: Presentable {
    var pareto: ParetoRecord

    var record: ParetoRecord { pareto }

    func text(_ style: TextStyle) -> String {
        if pareto.front.points.isEmpty { return "no finished trials" }
        let names = columns(of: pareto.trials)
        let objectives = pareto.front.objectives.map(\.name)
        var table = TextTable(
            [.number("trial")] + objectives.map { .number($0) } + names.map { .number($0) })
        let trials = Dictionary(
            pareto.trials.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for point in pareto.front.points {
            let values = zip(objectives, point.values).map { name, value in
                TextTable.Cell(
                    name == "tokens" ? NumberText.count(value) : NumberText.short(value, digits: 5))
            }
            let settings = names.map { name in
                TextTable.Cell(trials[point.trial]?.hyperparameters[name].map(NumberText.value) ?? "-")
            }
            table.rows.append(["\(point.trial)"] + values + settings)
        }
        return table.text(style)
    }
}
