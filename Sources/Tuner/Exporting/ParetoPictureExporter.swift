import Foundation
import ScalingLaws

/// The Pareto front over the sweep's first two objectives, with all trials behind it.
struct ParetoPictureExporter: Exporter {
    let format = ExportFormat(
        name: "svg-pareto", summary: "the Pareto front, with all trials behind it",
        mediaType: "image/svg+xml",
        fileExtension: "svg")

    private static let frontColour = "#0072b2"
    private static let trialColour = "#9a9a9a"

    func export(_ input: ExportInput) throws -> String {
        let objectives = input.pareto.objectives
        guard objectives.count >= 2 else {
            throw TunerError(
                .usage, "a front over one objective cannot be drawn", help: "name two 'objectives'")
        }
        let (yName, xName) = (objectives[0].name, objectives[1].name)
        let trials = input.trials.filter { $0.state == .completed }.compactMap { trial -> (Double, Double)? in
            guard let x = Self.value(xName, of: trial), let y = Self.value(yName, of: trial), x > 0, y > 0
            else {
                return nil
            }
            return (x, y)
        }
        let front = input.pareto.points.map { ($0.values[1], $0.values[0]) }.sorted { $0.0 < $1.0 }
        let sorted = trials.map(\.1).sorted()
        let usual = sorted.prefix(Int((0.9 * Double(sorted.count)).rounded(.up)))
        guard let xDomain = LogAxisScale.domain(of: trials.map(\.0), margin: 0.08),
            let yDomain = LogAxisScale.domain(of: usual + front.map(\.1), margin: 0.08)
        else {
            throw TunerError(
                .notEnoughData, "sweep '\(input.definition.name)' has nothing to draw",
                why: "no finished trial has both '\(yName)' and '\(xName)'")
        }
        let frame = PlotFrame(x: xDomain, y: yDomain)
        let count = { (name: String) in
            name == "tokens" ? CountFormat.approximate : LogAxisScale.plain
        }
        var canvas = frame.canvas(
            title:
                "Pareto front: \(yName.replacing("_", with: " ")) against \(xName.replacing("_", with: " "))",
            subtitle: "sweep \(input.definition.name), \(trials.count) completed runs",
            xTitle: xName == "tokens" ? "training tokens" : LawPicture.words(xName),
            yTitle: LawPicture.words(yName), xLabel: count(xName), yLabel: count(yName))
        for (x, y) in trials {
            if frame.y.contains(y) {
                let at = frame.point(x, y)
                canvas.circle(at.0, at.1, radius: 3, fill: Self.trialColour, opacity: 0.45)
            } else if y > yDomain.upperBound {
                let at = frame.x.position(x)
                canvas.area(
                    [(at - 3.4, PlotFrame.top + 8), (at, PlotFrame.top + 2), (at + 3.4, PlotFrame.top + 8)],
                    fill: Self.trialColour, opacity: 0.6)
            }
        }
        drawLaw(input, xName, yName, frame, &canvas)
        drawFront(front, objectives, frame, &canvas)
        legend(input, xName, yName, &canvas)
        return canvas.document(title: "Pareto front, sweep \(input.definition.name)")
    }

    /// The front as a staircase: what is reached at a cost is reached at every higher cost.
    private func drawFront(
        _ front: [(Double, Double)], _ objectives: [SweepDefinition.Objective], _ frame: PlotFrame,
        _ canvas: inout SVGCanvas
    ) {
        let minimised = objectives.prefix(2).allSatisfy { $0.goal == .minimize }
        var stairs: [(Double, Double)] = []
        for (index, point) in front.enumerated() {
            if minimised, index > 0 { stairs.append(frame.point(point.0, front[index - 1].1)) }
            stairs.append(frame.point(point.0, point.1))
        }
        if minimised, let last = stairs.last { stairs.append((PlotFrame.right, last.1)) }
        canvas.path(stairs, stroke: Self.frontColour, width: 1.8)
        for point in front {
            let at = frame.point(point.0, point.1)
            canvas.circle(at.0, at.1, radius: 4.4, fill: Self.frontColour, stroke: "#ffffff", width: 1.2)
        }
    }

    /// The fitted loss at the best hyperparameters, where the axes are those of the law.
    private func drawLaw(
        _ input: ExportInput, _ xName: String, _ yName: String, _ frame: PlotFrame, _ canvas: inout SVGCanvas
    ) {
        guard let loss = input.law?.law.lossLaw, xName == "tokens", yName == input.definition.metric.name
        else {
            return
        }
        let domain = frame.x.domain
        let way = (0...80).map { step -> (Double, Double) in
            let budget = domain.lowerBound * pow(domain.upperBound / domain.lowerBound, Double(step) / 80)
            return (budget, loss.loss(tokenBudget: budget))
        }
        canvas.path(
            way.filter { frame.y.contains($0.1) }.map { frame.point($0.0, $0.1) },
            stroke: PlotFrame.prediction,
            width: 1.6, dash: "6 4")
    }

    private func legend(_ input: ExportInput, _ xName: String, _ yName: String, _ canvas: inout SVGCanvas) {
        typealias Entry = (text: String, draw: (inout SVGCanvas, Double, Double) -> Void)
        var entries: [Entry] = [
            (
                "Pareto front",
                { canvas, x, y in
                    canvas.line(x - 10, y, x + 10, y, stroke: Self.frontColour, width: 1.8)
                    canvas.circle(x, y, radius: 4, fill: Self.frontColour)
                }
            ),
            (
                "trial",
                { canvas, x, y in canvas.circle(x, y, radius: 3, fill: Self.trialColour, opacity: 0.6) }
            ),
        ]
        if input.law?.law.lossLaw != nil, xName == "tokens", yName == input.definition.metric.name {
            entries.append(
                (
                    "fitted law",
                    { canvas, x, y in
                        canvas.line(
                            x - 10, y, x + 10, y, stroke: PlotFrame.prediction, width: 1.6, dash: "6 4")
                    }
                ))
        }
        PlotFrame.legend(entries, title: "", on: &canvas)
    }

    private static func value(_ name: String, of trial: Trial) -> Double? {
        if let value = trial.metrics[name] { return value.isFinite ? value : nil }
        return name == "tokens" ? Double(trial.proposal.tokenBudget) : nil
    }
}
