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
    let input: ExportInput
    let law: Law?
    let frame: PlotFrame
    let budgets: [Int]
    let colours: [String]
    let cells: [TriedCell]

    init(_ input: ExportInput) throws {
        self.input = input
        law = input.law?.law
        let finished = input.trials.filter(\.state.isFinished)
        budgets = Set(
            finished.map(\.proposal.tokenBudget) + finished.flatMap { $0.shorterRuns.map(\.tokenBudget) }
        ).sorted()
        colours = PlotFrame.colours(budgets.count)
        cells = TriedCell.all(input)
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
        bestRuns(&canvas)
        legend(&canvas)
        return canvas.document(title: "Loss against learning rate, sweep \(input.definition.name)")
    }

    // MARK: Values

    static func rate(_ trial: Trial) -> Double? {
        trial.proposal.hyperparameters["learning_rate"]?.number.flatMap { $0 > 0 ? $0 : nil }
    }

    static func point(_ trial: Trial, metric: String) -> (rate: Double, loss: Double)? {
        guard trial.state == .completed, let rate = rate(trial), let loss = trial.metrics[metric],
            loss.isFinite
        else {
            return nil
        }
        return (rate, loss)
    }

    static func optimum(
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
