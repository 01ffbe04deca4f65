import Foundation
import ScalingLaws

/// Loss against learning rate at each budget, with the fitted optimum from budget to budget and at the targets.
struct LawPictureExporter: Exporter {
    let format = ExportFormat(
        name: "svg", summary: "loss against learning rate at each budget, with the law's optimum",
        mediaType: "image/svg+xml", fileExtension: "svg")

    func export(_ input: ExportInput) throws -> String { try LawPicture(input).document() }
}

/// The picture of the law.
struct LawPicture {
    private let input: ExportInput
    private let law: Law?
    private let frame: PlotFrame
    private let budgets: [Int]
    private let colours: [String]

    init(_ input: ExportInput) throws {
        self.input = input
        law = input.law?.law
        let finished = input.trials.filter(\.state.isFinished)
        budgets = Set(
            finished.map(\.proposal.tokenBudget) + finished.flatMap { $0.shorterRuns.map(\.tokenBudget) }
        ).sorted()
        colours = PlotFrame.colours(budgets.count)
        let points = input.trials.compactMap { Self.point($0, metric: input.definition.metric.name) }
        var rates = input.trials.compactMap(Self.rate)
        // Losses far above the rest would press everything else flat; they are drawn at the upper edge.
        let sorted = points.map(\.loss).sorted()
        let usual = sorted.prefix(Int((0.9 * Double(sorted.count)).rounded(.up)))
        var losses = Array(usual)
        for target in input.recommendations {
            guard let optimum = Self.optimum(target, metric: input.definition.metric.name) else { continue }
            rates += [optimum.rate] + (optimum.interval ?? [])
            losses.append(optimum.loss)
        }
        guard let x = LogAxisScale.domain(of: rates, margin: 0.05),
            let y = LogAxisScale.domain(of: losses, margin: 0.06)
        else {
            throw TunerError(
                .notEnoughData, "sweep '\(input.definition.name)' has nothing to draw",
                why: "no finished trial has a learning rate and a '\(input.definition.metric.name)'")
        }
        frame = PlotFrame(x: x, y: y)
    }

    func document() -> String {
        let metric = input.definition.metric.name
        let runs = input.trials.filter { $0.state.isFinished }.count
        var canvas = frame.canvas(
            title: "\(Self.words(metric)) against learning rate",
            subtitle: "sweep \(input.definition.name), \(runs) runs"
                + (input.definition.optimizer.map { ", \($0.name)" } ?? ""),
            xTitle: "peak learning rate",
            yTitle: Self.words(metric) + (metric.hasSuffix("loss") ? " (nats per token)" : ""),
            xLabel: LogAxisScale.plain, yLabel: LogAxisScale.plain)
        curves(&canvas)
        shorterRuns(&canvas)
        points(&canvas)
        optimumLine(&canvas)
        legend(&canvas)
        return canvas.document(title: "Loss against learning rate, sweep \(input.definition.name)")
    }

    // MARK: Parts

    /// Fitted loss at each budget: the lowest over the batch sizes and momenta that were tried.
    private func curves(_ canvas: inout SVGCanvas) {
        guard let law, law.axes.contains(where: { $0.axis == .learningRate }) else { return }
        let settings = otherSettings(law)
        let domain = frame.x.domain
        for (budget, colour) in zip(budgets, colours) {
            var run: [(Double, Double)] = []
            for step in 0...120 {
                let rate = domain.lowerBound * pow(domain.upperBound / domain.lowerBound, Double(step) / 120)
                let losses = settings.compactMap { setting in
                    law.predictedLoss(
                        values: setting.merging([.learningRate: rate]) { _, rate in rate },
                        tokenBudget: Double(budget))
                }
                if let loss = losses.min(), frame.y.contains(loss) {
                    run.append(frame.point(rate, loss))
                } else {
                    canvas.path(run, stroke: colour, width: 1.6)
                    run = []
                }
            }
            canvas.path(run, stroke: colour, width: 1.6)
        }
    }

    /// Settings of the law's other axes over their tried ranges, evenly in their coordinates, and the optimum itself.
    private func otherSettings(_ law: Law) -> [[LawAxis: Double]] {
        // Fine enough along one axis that the lower envelope looks smooth.
        let steps = law.axes.count > 2 ? 10 : 32
        var settings: [[LawAxis: Double]] = [[:]]
        for axis in law.axes where axis.axis != .learningRate && axis.triedRange.count == 2 {
            let ends = axis.triedRange.map { axis.axis.coordinate(of: $0) }
            guard ends.allSatisfy(\.isFinite), ends[0] != ends[1] else { continue }
            settings = settings.flatMap { setting in
                (0...steps).map { step in
                    let place = ends[0] + (ends[1] - ends[0]) * Double(step) / Double(steps)
                    return setting.merging([axis.axis: axis.axis.value(at: place)]) { _, new in new }
                }
            }
        }
        return settings + [[:]]
    }

    /// What trials tell of shorter runs inside them: rings, where the axes reach.
    private func shorterRuns(_ canvas: inout SVGCanvas) {
        for trial in input.trials where trial.state.isFinished {
            guard let rate = Self.rate(trial) else { continue }
            for run in trial.shorterRuns {
                guard let index = budgets.firstIndex(of: run.tokenBudget),
                    let loss = run.metrics[input.definition.metric.name], frame.y.domain.contains(loss)
                else { continue }
                let (x, y) = frame.point(rate, loss)
                canvas.circle(
                    x, y, radius: 2.4, fill: "#ffffff", stroke: colours[index], opacity: 0.8, width: 1.1)
            }
        }
    }

    /// Trials; those another trial beats at the same budget and learning rate are faint.
    private func points(_ canvas: inout SVGCanvas) {
        let metric = input.definition.metric.name
        var best: [[Double]: Double] = [:]
        for trial in input.trials {
            guard let point = Self.point(trial, metric: metric) else { continue }
            best[[Double(trial.proposal.tokenBudget), point.rate], default: .infinity] = min(
                point.loss, best[[Double(trial.proposal.tokenBudget), point.rate]] ?? .infinity)
        }
        for trial in input.trials where trial.state.isFinished {
            guard let index = budgets.firstIndex(of: trial.proposal.tokenBudget), let rate = Self.rate(trial)
            else {
                continue
            }
            if let point = Self.point(trial, metric: metric), point.loss > 0 {
                let high = point.loss > frame.y.domain.upperBound
                let isBest = best[[Double(trial.proposal.tokenBudget), point.rate]] == point.loss
                if high {
                    let at = frame.x.position(rate)
                    canvas.area(
                        [
                            (at - 3.4, PlotFrame.top + 8), (at, PlotFrame.top + 2),
                            (at + 3.4, PlotFrame.top + 8),
                        ],
                        fill: colours[index], opacity: 0.75)
                } else {
                    let (x, y) = frame.point(rate, point.loss)
                    canvas.circle(
                        x, y, radius: isBest ? 3.2 : 2.6, fill: colours[index], stroke: "#ffffff",
                        opacity: isBest ? 1 : 0.35, width: 0.6)
                }
            } else if trial.state == .diverged {
                canvas.cross(frame.x.position(rate), PlotFrame.top - 5, radius: 3, stroke: colours[index])
            }
        }
    }

    /// Through the optimum of every budget, dashed beyond the data, to the targets with their intervals.
    private func optimumLine(_ canvas: inout SVGCanvas) {
        guard let law, law.axes.contains(where: { $0.axis == .learningRate }), let lossLaw = law.lossLaw,
            let first = budgets.first, let last = budgets.last
        else { return }
        func optimum(_ budget: Double) -> (Double, Double) {
            let rate = law.optimum(of: .learningRate, at: RecommendationQuery(tokenBudget: budget))
            return frame.point(rate, lossLaw.loss(tokenBudget: budget))
        }
        func way(_ from: Double, _ to: Double) -> [(Double, Double)] {
            (0...60).map { optimum(from * pow(to / from, Double($0) / 60)) }
        }
        canvas.path(way(Double(first), Double(last)), stroke: SVGCanvas.ink, width: 2)
        for (budget, colour) in zip(budgets, colours) {
            let (x, y) = optimum(Double(budget))
            canvas.circle(x, y, radius: 4.6, fill: colour, stroke: SVGCanvas.ink, width: 1.6)
        }
        // Where no loss is predicted the way has no place to go.
        let metric = input.definition.metric.name
        let predicted = input.recommendations.filter { Self.optimum($0, metric: metric) != nil }
        if let far = predicted.map(\.tokenBudget).max(), far > last {
            canvas.path(way(Double(last), Double(far)), stroke: PlotFrame.prediction, width: 2, dash: "6 4")
        }
        for target in predicted {
            guard let found = Self.optimum(target, metric: metric) else { continue }
            let (x, y) = frame.point(found.rate, found.loss)
            if let interval = found.interval {
                let (low, high) = (frame.x.position(interval[0]), frame.x.position(interval[1]))
                canvas.line(low, y, high, y, stroke: PlotFrame.prediction, width: 1.6)
                for end in [low, high] {
                    canvas.line(end, y - 4, end, y + 4, stroke: PlotFrame.prediction, width: 1.6)
                }
            }
            canvas.diamond(x, y, radius: 6, fill: "#ffffff", stroke: PlotFrame.prediction)
        }
    }

    private func legend(_ canvas: inout SVGCanvas) {
        typealias Entry = (text: String, draw: (inout SVGCanvas, Double, Double) -> Void)
        var entries: [Entry] = zip(budgets, colours).map { budget, colour in
            (
                "\(LawText.budget(budget)) tokens",
                { canvas, x, y in
                    canvas.line(x - 10, y, x + 10, y, stroke: colour, width: 1.6)
                    canvas.circle(x, y, radius: 3, fill: colour)
                }
            )
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
        if law?.lossLaw != nil {
            entries.append(
                (
                    "fitted optimum",
                    { canvas, x, y in
                        canvas.line(x - 10, y, x + 10, y, stroke: SVGCanvas.ink, width: 2)
                        canvas.circle(x, y, radius: 4, fill: "#ffffff", stroke: SVGCanvas.ink, width: 1.6)
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

    // MARK: Values

    private static func rate(_ trial: Trial) -> Double? {
        trial.proposal.hyperparameters["learning_rate"]?.number.flatMap { $0 > 0 ? $0 : nil }
    }

    private static func point(_ trial: Trial, metric: String) -> (rate: Double, loss: Double)? {
        guard trial.state == .completed, let rate = rate(trial), let loss = trial.metrics[metric],
            loss.isFinite
        else {
            return nil
        }
        return (rate, loss)
    }

    private static func optimum(
        _ answer: Recommendation, metric: String
    ) -> (rate: Double, interval: [Double]?, loss: Double)? {
        guard let value = answer.hyperparameters["learning_rate"], let rate = value.value.number, rate > 0,
            let loss = answer.predicted[metric]?.value, loss > 0
        else { return nil }
        return (rate, value.interval, loss)
    }

    /// `validation_loss` as `Validation loss`.
    static func words(_ name: String) -> String {
        let text = name.replacing("_", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
