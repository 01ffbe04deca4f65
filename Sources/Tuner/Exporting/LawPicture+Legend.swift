import ScalingLaws

extension LawPicture {
    func legend(_ canvas: inout SVGCanvas) {
        var entries: [PlotFrame.LegendEntry] = zip(budgets, colours).map { budget, colour in
            (
                "\(LawText.budget(budget)) tokens",
                { canvas, x, y in
                    canvas.line(x - 10, y, x + 10, y, stroke: colour, width: 1.6)
                    canvas.circle(x, y, radius: 3, fill: colour)
                }
            )
        }
        let best = cells.filter { $0.best?.values[.learningRate] != nil }
        if !best.isEmpty { entries.append(BestMark.legend("best run of a budget")) }
        if best.contains(where: { $0.edges[.learningRate] != nil }) {
            entries.append(BestMark.edgeLegend())
        }
        if input.trials.contains(where: { !$0.shorterRuns.isEmpty }) {
            entries.append(
                (
                    "inside a longer run",
                    { canvas, x, y in
                        canvas.circle(
                            x, y, radius: 2.8, fill: "#ffffff", stroke: SVGCanvas.quietInk, width: 1.1)
                    }
                ))
        }
        if let law, law.lossLaw != nil, law.axes.contains(where: { $0.axis == .learningRate }) {
            entries.append(
                (
                    "law at untried rates",
                    { canvas, x, y in
                        canvas.line(
                            x - 10, y, x + 10, y, stroke: SVGCanvas.quietInk, width: 1.1, dash: "3 3.5")
                    }
                ))
            entries.append(
                (
                    "fitted optimum",
                    { canvas, x, y in
                        canvas.line(x - 10, y, x + 10, y, stroke: SVGCanvas.ink, width: 2)
                        canvas.diamond(x, y, radius: 4.5, fill: "#ffffff", stroke: SVGCanvas.ink)
                    }
                ))
        }
        for target in input.recommendations
        where Self.optimum(target, metric: input.definition.metric.name) != nil {
            entries.append(
                (
                    "\(LawText.budget(target.tokenBudget)), 80 % interval",
                    { canvas, x, y in
                        canvas.line(x - 10, y, x + 10, y, stroke: PlotFrame.prediction, width: 1.6)
                        canvas.diamond(x, y, radius: 5, fill: "#ffffff", stroke: PlotFrame.prediction)
                    }
                ))
        }
        if input.trials.contains(where: { $0.state == .diverged }) {
            entries.append(
                (
                    "diverged", { canvas, x, y in canvas.cross(x, y, radius: 3, stroke: SVGCanvas.quietInk) }
                ))
        }
        PlotFrame.legend(entries, title: "Training budget", on: &canvas)
    }
}
