import Tuner

extension SweepState {
    var tone: TextStyle.Tone {
        switch self {
        case .running: .good
        case .paused: .attention
        case .completed: .plain
        case .cancelled: .faint
        case .failed: .bad
        }
    }
}

/// `tunerd list`.
struct SweepListView: Presentable {
    var sweeps: [SweepSummary]

    var record: SweepListRecord { SweepListRecord(sweeps: sweeps) }

    func text(_ style: TextStyle) -> String {
        if sweeps.isEmpty { return "no sweeps" }
        var table = TextTable([
            .text("name"), .text("state"), .number("trials"), .number("tokens"), .number("best"),
            .text("updated"),
        ])
        for sweep in sweeps {
            table.rows.append([
                .init(sweep.name), .init(sweep.state.rawValue, sweep.state.tone),
                "\(sweep.finishedTrials)/\(sweep.expectedTrials)", .init(NumberText.count(sweep.tokensSpent)),
                .init(sweep.best.map { NumberText.short($0.value) } ?? "-"),
                .init(NumberText.time(sweep.updatedAt)),
            ])
        }
        return table.text(style)
    }
}

/// The JSON of `tunerd list`.
struct SweepListRecord: Encodable {
    var sweeps: [SweepSummary]
}

extension SweepSummary {
    /// Trials that will never run again.
    var finishedTrials: Int { trials.filter { $0.key.isFinished }.reduce(0) { $0 + $1.value } }

    /// `35 completed, 1 diverged`.
    var trialsText: String {
        let counts = TrialState.allCases.compactMap { state in trials[state].map { "\($0) \(state.rawValue)" }
        }
        return counts.isEmpty ? "none" : counts.joined(separator: ", ")
    }
}

/// One line about a sweep, after submitting, pausing and so on.
struct SweepLineView: Presentable {
    var summary: SweepSummary

    var record: SweepSummary { summary }

    func text(_ style: TextStyle) -> String {
        "sweep '\(summary.name)' is \(style.paint(summary.state.rawValue, summary.state.tone)); trials: \(summary.trialsText)"
    }
}

/// `tunerd show`.
struct SweepDetailView: Presentable {
    var detail: SweepDetail

    var record: SweepDetail { detail }

    func text(_ style: TextStyle) -> String {
        let summary = detail.summary
        var table = TextTable([.text("field"), .text("value")])
        func row(_ field: String, _ value: String?, _ tone: TextStyle.Tone = .plain) {
            if let value { table.rows.append([.init(field), .init(value, tone)]) }
        }
        row("name", summary.name)
        row("description", detail.note)
        row("state", summary.state.rawValue, summary.state.tone)
        row("message", summary.message)
        row("workload", detail.workload)
        row("command", detail.command?.joined(separator: " "))
        row("optimizer", detail.optimizer)
        row(
            "library",
            detail.optimizerLibrary.map { "\($0.path) (sha256 \($0.sha256.prefix(12))...)" })
        row("metric", "\(detail.metric.name) (\(detail.metric.goal.rawValue))")
        row("objectives", detail.objectives.map(\.name).joined(separator: ", "))
        for parameter in detail.parameters { row(parameter.name, parameter.text) }
        row("token_budgets", detail.tokenBudgets.map { NumberText.count($0) }.joined(separator: ", "))
        if let cells = detail.targetCells {
            let texts = cells.map {
                "\(NumberText.count($0.modelSize)) x \(NumberText.count($0.tokenBudget))"
            }
            row("target", texts.joined(separator: ", "))
        } else if !detail.targetTokenBudgets.isEmpty {
            row("target", detail.targetTokenBudgets.map { NumberText.count($0) }.joined(separator: ", "))
        }
        row("method", detail.method)
        row("prior", detail.prior)
        for cell in detail.probe?.cells ?? [] {
            let tuned = cell.tuned.map { ", best trial \(NumberText.short($0, digits: 3))" } ?? ""
            row(
                "probe at \(NumberText.count(cell.tokenBudget))",
                "learning_rate \(NumberText.short(cell.predicted, digits: 3)) "
                    + "(\(NumberText.interval(cell.interval)))\(tuned)")
        }
        row("trials", "\(summary.trialsText) of about \(summary.expectedTrials)")
        row("tokens", NumberText.count(summary.tokensSpent))
        row("cost", detail.cost?.text)
        row(
            "best",
            summary.best.map { "\(NumberText.short($0.value, digits: 6)) \($0.metric), trial \($0.trial)" })
        row("submitted", NumberText.time(summary.createdAt))
        row("updated", NumberText.time(summary.updatedAt))
        row("file", detail.source.file)
        return table.text(style)
    }
}

extension SweepDetail.Parameter {
    var text: String {
        if let value { return NumberText.value(value) }
        if let values { return values.map(NumberText.value).joined(separator: ", ") }
        guard let range, range.count == 2 else { return "-" }
        return "\(NumberText.interval(range)) (\(scale ?? "linear"))"
    }
}
