import Engine
import Foundation
import ScalingLaws

/// One page about a sweep that needs nothing beside it: recommendations, law, warnings, pictures, front and trials.
struct PageExporter: Exporter {
    let format = ExportFormat(
        name: "html", summary: "one page: recommendations, law, pictures, front, trials",
        mediaType: "text/html; charset=utf-8", fileExtension: "html")

    func export(_ input: ExportInput) throws -> String { Page(input).document() }
}

/// The page in the making.
private struct Page {
    let input: ExportInput
    init(_ input: ExportInput) { self.input = input }

    func document() -> String {
        let name = Self.escape(input.definition.name)
        let sections = [
            heading(name), recommendations(), law(), warnings(), pictures(), cells(), front(), trials(),
        ].filter { !$0.isEmpty }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(name)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            \(sections.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    // MARK: Sections

    private func heading(_ name: String) -> String {
        let definition = input.definition
        let finished = input.trials.count { $0.state.isFinished }
        let tokens = input.trials.filter(\.state.isFinished).reduce(0) { $0 + $1.proposal.tokenBudget }
        var facts = [
            ("metric", "\(definition.metric.name) (\(definition.metric.goal.rawValue))"),
            ("budgets", definition.tokenBudgets.map(LawText.budget).joined(separator: ", ")),
            ("method", definition.method.rawValue),
            ("trials", "\(finished) finished of \(input.trials.count), \(LawText.budget(tokens)) tokens"),
        ]
        switch definition.subject {
        case .workload(let workload, _): facts.insert(("workload", workload), at: 0)
        case .command(let arguments): facts.insert(("command", arguments.joined(separator: " ")), at: 0)
        case .askTell: facts.insert(("trials of", "an outside loop"), at: 0)
        }
        if let optimizer = definition.optimizer { facts.insert(("optimizer", optimizer.name), at: 1) }
        let list = facts.map { "<dt>\($0.0)</dt><dd>\(Self.escape($0.1))</dd>" }.joined()
        let note = definition.summary.map { "<p>\(Self.escape($0))</p>" } ?? ""
        return "<h1>\(name)</h1>\(note)<dl>\(list)</dl>"
    }

    private func recommendations() -> String {
        if let failure = input.lawFailure, input.law == nil {
            let help = failure.help.map { ": \($0)" } ?? ""
            return "<h2>No law yet</h2><p>\(Self.escape(failure.message + help))</p>"
        }
        return input.recommendations.map(recommendation).joined(separator: "\n")
    }

    private func recommendation(_ answer: Recommendation) -> String {
        let answered = AnswerRows(answer)
        let reusedRun = answered.reusedRun
        var rows = answered.names.compactMap { name in
            answer.hyperparameters[name].map { value in
                [
                    name, Self.text(value.value), Self.interval(value.interval),
                    Self.interval(value.interval95),
                    value.exponent.map { String(format: "%.2f", $0) } ?? "", value.source.rawValue,
                ] + (reusedRun == nil ? [] : [answered.reused(name).map(Self.text) ?? ""])
            }
        }
        if let regrets = answered.regrets {
            rows.append(
                ["expected regret", ShareFormat.percent(regrets.own), "", "", "", ""]
                    + (reusedRun == nil ? [] : [regrets.reused.map(ShareFormat.percent) ?? ""]))
        }
        let size = answer.modelSize.map { " and \(LawText.count($0)) parameters" } ?? ""
        var text = "<h2>For \(LawText.budget(answer.tokenBudget)) tokens\(size)</h2>"
        text += Self.table(
            ["hyperparameter", "value", "80 % interval", "95 % interval", "exponent", "source"]
                + (reusedRun.map { [$0] } ?? []), rows)
        var lines = ["\(LawText.short(answer.extrapolationFactor)) times the largest budget that was run"]
        if let steps = answer.steps { lines.append("\(steps) steps") }
        for (name, metric) in answer.predicted.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "predicted \(name) \(Self.number(metric.value)) (\(Self.interval(metric.interval)))")
        }
        if let probe = answer.probe {
            lines.append(
                "the probe predicted learning_rate \(Self.number(probe.learningRate)) "
                    + "(\(Self.interval(probe.interval))) before any trial")
        }
        text += "<p>\(lines.map(Self.escape).joined(separator: "; "))</p>"
        guard answered.regrets != nil else { return text }
        text += "<p>Expected regret: what is given away at this budget by being off the optimum, "
        text += "in per cent of the loss."
        if let reusedRun { text += " The \(Self.escape(reusedRun)) is what would be reused without a law." }
        return text + "</p>"
    }

    private func law() -> String {
        guard let fitted = input.law else { return "" }
        let lines = LawText.lines(of: fitted.law, metric: input.definition.metric.name).map(Self.escape)
        return "<h2>Law over \(LawText.runs(of: fitted.law))</h2><pre>\(lines.joined(separator: "\n"))</pre>"
    }

    private func warnings() -> String {
        var seen: Set<String> = []
        let all = input.recommendations.flatMap(\.warnings) + (input.law?.law.warnings ?? [])
        let items = all.filter { seen.insert($0.text).inserted }.map {
            "<li>\(Self.escape($0.text)) <code>\($0.code.rawValue)</code></li>"
        }
        return items.isEmpty ? "" : "<h2>What it cannot know</h2><ul>\(items.joined())</ul>"
    }

    /// A picture that cannot be drawn, for want of trials or of a second objective, is left out.
    private func pictures() -> String {
        let exporters: [any Exporter] = [
            LawPictureExporter(), OptimaPictureExporter(), ParetoPictureExporter(),
        ]
        let figures = exporters.compactMap { try? $0.export(input) }.map { svg -> String in
            // Inside HTML an image is an element without the declaration of an XML file.
            let start = svg.range(of: "<svg")?.lowerBound ?? svg.startIndex
            return "<figure>\(svg[start...].trimmingCharacters(in: .newlines))</figure>"
        }
        return figures.joined(separator: "\n")
    }

    private func cells() -> String {
        guard let law = input.law?.law, !law.cells.isEmpty else { return "" }
        let hasSizes = law.cells.contains { $0.modelSize != nil }
        let rows = law.cells.map { cell -> [String] in
            var row = [LawText.budget(Int(cell.tokenBudget))]
            if hasSizes { row.append(cell.modelSize.map(LawText.count) ?? "") }
            row += ["\(cell.runs)", "\(cell.diverged)"]
            row += [Self.number(cell.bestLoss), Self.number(cell.fittedLoss)]
            row += law.axes.map { axis in cell.best[axis.axis].map(Self.number) ?? "" }
            return row
        }
        var header = hasSizes ? ["token_budget", "model_size"] : ["token_budget"]
        header += ["runs", "diverged", "best loss", "fitted loss"]
        header += law.axes.map { "best \($0.axis.rawValue)" }
        return "<h2>Budgets</h2>" + Self.table(header, rows)
    }

    private func front() -> String {
        guard !input.pareto.points.isEmpty else { return "" }
        let rows = input.pareto.points.map { ["\($0.trial)"] + $0.values.map(Self.number) }
        return "<h2>Pareto front</h2>" + Self.table(["trial"] + input.pareto.objectives.map(\.name), rows)
    }

    private func trials() -> String {
        guard !input.trials.isEmpty else { return "" }
        let names = Set(input.trials.flatMap { $0.proposal.hyperparameters.keys }).sorted()
        let metric = input.definition.metric.name
        let rows = input.trials.map { trial -> [String] in
            var row = ["\(trial.number)", trial.state.rawValue, LawText.budget(trial.proposal.tokenBudget)]
            row += names.map { name in trial.proposal.hyperparameters[name].map(Self.text) ?? "" }
            row.append(trial.metrics[metric].map(Self.number) ?? "")
            return row
        }
        let table = Self.table(["trial", "state", "token_budget"] + names + [metric], rows)
        return "<h2>Trials</h2><details><summary>all \(rows.count)</summary>\(table)</details>"
    }

    // MARK: Parts

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>\(cells.map { "<\(tag)>\(escape($0))</\(tag)>" }.joined())</tr>"
        }
        let body = rows.map { row($0, "td") }.joined(separator: "\n")
        return "<table><thead>\(row(header, "th"))</thead><tbody>\n\(body)\n</tbody></table>"
    }

    private static func text(_ value: HyperparameterValue) -> String {
        if case .real(let real) = value { return number(real) }
        return value.description
    }

    /// Significant digits; whole numbers below ten million without an exponent.
    private static func number(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "not finite" }
        let text = String(format: "%.\(digits)g", value)
        guard text.contains("e+"), abs(value) < 1e7, let rounded = Double(text) else { return text }
        return String(format: "%.0f", rounded)
    }

    private static func number(_ value: Double) -> String { number(value, digits: 4) }

    private static func interval(_ bounds: [Double]?) -> String {
        guard let bounds, bounds.count == 2 else { return "" }
        return "\(number(bounds[0], digits: 3)) to \(number(bounds[1], digits: 3))"
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
        h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:#666}dd{margin:0}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #e4e4e4}th{font-weight:600}
        pre{background:#f6f6f6;padding:.6rem;overflow-x:auto}code{color:#666}
        figure{margin:1.5rem 0}svg{max-width:100%;height:auto}
        """
}
