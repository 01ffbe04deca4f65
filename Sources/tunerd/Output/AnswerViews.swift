import ScalingLaws
import Tuner

/// Warnings as lines.
func warningLines(_ warnings: [LawWarning], _ style: TextStyle) -> [String] {
    warnings.map { warningLine($0.text, $0.code.rawValue, style) }
}

/// A warning as a line.
func warningLine(_ text: String, _ code: String, _ style: TextStyle) -> String {
    "\(style.paint("warning", .attention)): \(text) [\(code)]"
}

/// `tunerd recommend`.
struct RecommendationView: Presentable {
    var recommendation: Recommendation

    var record: Recommendation { recommendation }

    func text(_ style: TextStyle) -> String { body(style, warnings: true).joined(separator: "\n") }

    func body(_ style: TextStyle, warnings: Bool) -> [String] {
        let factor = recommendation.extrapolationFactor
        let far =
            factor > 1.005
            ? "\(NumberText.short(factor, digits: 3)) times the largest trained budget"
            : "within the trained budgets"
        let model = recommendation.modelSize.map {
            " and a model of \(NumberText.count(Int($0.rounded()))) parameters"
        }
        var lines = [
            "for \(NumberText.count(recommendation.tokenBudget)) tokens\(model ?? ""), \(far):", "",
        ]
        var table = TextTable([
            .text("hyperparameter"), .number("value"), .number("80 % interval"), .number("exponent"),
            .text("source"),
        ])
        let order = LawAxis.allCases.map(\.rawValue)
        let names = recommendation.hyperparameters.keys.sorted {
            (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
        }
        for name in names {
            guard let value = recommendation.hyperparameters[name] else { continue }
            table.rows.append([
                .init(name), .init(NumberText.value(value.value), .bold),
                .init(NumberText.interval(value.interval)),
                .init(value.exponent.map { NumberText.short($0, digits: 2) } ?? "-"),
                .init(value.source.rawValue),
            ])
        }
        lines += table.lines(style)
        lines.append("")
        if let steps = recommendation.steps { lines.append("steps: \(steps)") }
        for (name, metric) in recommendation.predicted.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "predicted \(name): \(NumberText.short(metric.value)) (\(NumberText.interval(metric.interval)))"
            )
        }
        if let regret = recommendation.expectedRegret { lines.append(expectation(regret)) }
        if let probe = recommendation.probe {
            lines.append(
                "the probe predicted learning_rate: \(NumberText.short(probe.learningRate)) "
                    + "(\(NumberText.interval(probe.interval)))")
        }
        if let stopped = recommendation.stopped { lines.append("stopped: \(stopped)") }
        if let next = recommendation.next { lines.append("next: \(NextRunsText.line(next))") }
        if warnings { lines += warningLines(recommendation.warnings, style) }
        while lines.last == "" { lines.removeLast() }
        return lines
    }
}

extension RecommendationView {
    /// What the answer is expected to lose, beside the run that would be reused without it.
    private func expectation(_ regret: Double) -> String {
        let own = "expected regret: \(ShareFormat.percent(regret)) of the loss"
        guard let run = recommendation.carryOver, let reused = run.expectedRegret else { return own }
        let values = LawAxis.allCases.compactMap { axis in
            run.values[axis].map {
                "\(axis.rawValue) \(axis == .batchSize ? NumberText.short($0, digits: 7) : NumberText.short($0))"
            }
        }
        return own + "; reusing the best run of \(NumberText.count(Int(run.tokenBudget.rounded()))) tokens "
            + "(\(values.joined(separator: ", "))): \(ShareFormat.percent(reused))"
    }
}

/// Several recommendations: one object alone, else an array.
struct RecommendationsView: Presentable {
    var recommendations: [Recommendation]

    var record: OneOrMany<Recommendation> { OneOrMany(items: recommendations) }

    func text(_ style: TextStyle) -> String {
        recommendations.map { RecommendationView(recommendation: $0).text(style) }.joined(separator: "\n\n")
    }
}

/// One value as itself, any other number of values as an array.
struct OneOrMany<Item: Encodable>: Encodable {
    var items: [Item]

    func encode(to encoder: any Encoder) throws {
        if let only = items.first, items.count == 1 {
            try only.encode(to: encoder)
        } else {
            try items.encode(to: encoder)
        }
    }
}

/// `tunerd fit`.
struct LawView: Presentable {
    var law: LawRecord
    var metric: String

    var record: LawRecord { law }

    func text(_ style: TextStyle) -> String {
        var lines = ["law \(law.lawVersion) over \(LawText.runs(of: law.law)):", ""]
        lines += LawText.lines(of: law.law, metric: metric).map { "  " + $0 }
        lines.append("")
        let axes = law.law.axes.map(\.axis)
        var table = TextTable(
            [
                .number("tokens"), .number("runs"), .number("diverged"), .number("best loss"),
                .number("fitted loss"),
            ] + axes.map { .number("best \($0.rawValue)") })
        for cell in law.law.cells {
            table.rows.append(
                [
                    .init(NumberText.count(Int(cell.tokenBudget))), "\(cell.runs)", "\(cell.diverged)",
                    .init(NumberText.short(cell.bestLoss, digits: 5)),
                    .init(NumberText.short(cell.fittedLoss, digits: 5)),
                ]
                    + axes.map { axis in
                        .init(cell.best[axis].map { cell.edges[axis].mark + NumberText.short($0) } ?? "-")
                    })
        }
        lines += table.lines(style)
        let shown = Set(axes)
        if law.law.cells.contains(where: { $0.edges.keys.contains(where: shown.contains) }) {
            lines += ["", EdgeMarks.legend, ""]
        }
        lines += warningLines(law.law.warnings, style)
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
