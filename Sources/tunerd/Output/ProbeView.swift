import Plugins
import Tuner

/// `tunerd probe`.
struct ProbeView: Presentable {
    var probe: ProbeRecord

    var record: ProbeRecord { probe }

    func text(_ style: TextStyle) -> String {
        let report = probe.report
        var table = TextTable([.text("measured"), .number("value"), .text("meaning")])
        func row(_ name: String, _ value: Double?, _ meaning: String) {
            table.rows.append([
                .init(name), .init(value.map { NumberText.short($0) } ?? "-"), .init(meaning),
            ])
        }
        let source =
            switch report.floorSource {
            case .workload: "known floor"
            case .given: "given floor"
            case .guessed: "guessed floor"
            }
        row("gap", report.gap, "loss at the start over the \(source) \(NumberText.short(report.lossFloor))")
        row("smoothness", report.smoothness, "same-batch secants, extrapolated to infinite batches")
        row("directional", report.directionalSmoothness, "curvature along the optimizer's own steps")
        row("sharpness", report.sharpness, "largest curvature of a step of length one, at least")
        row("noise", report.noise, "dual norm of the noise of one token's gradient")
        row("noise_scale", report.noiseScale, "tokens at which noise and gradient are of one size")
        row("kl_slope", report.klSlope, "gradient norm per loss above the floor")
        row("alpha", report.alphaBeta?.first, "of the (alpha, beta) condition along the path")
        row("beta", report.alphaBeta?.last, "")
        row(
            "tail_index", report.tailIndex,
            "of single examples' gradient norms; below 2 the variance is infinite")
        var predictions = TextTable([
            .number("token_budget"), .number("batch_size_tokens"), .number("learning_rate"),
            .text("80 % interval"), .number("by the bound"), .number("largest batch"),
        ])
        for prediction in probe.predictions {
            predictions.rows.append([
                .init(NumberText.count(prediction.tokenBudget)), "\(prediction.batchSizeTokens)",
                .init(NumberText.short(prediction.learningRate)),
                .init(NumberText.interval(prediction.interval)),
                .init(prediction.boundLearningRate.map { NumberText.short($0, digits: 3) } ?? "-"),
                .init(NumberText.count(prediction.largestBatch)),
            ])
        }
        let moves =
            "learning_rate moves as T^-0.5 with the budget and as B^0.5 with the batch at a fixed budget, from "
            + "\(report.pilotRuns.count) runs of \(report.request.pilotSteps) steps"
        let cost =
            "cost: \(NumberText.count(Double(report.tokens))) tokens of gradients, "
            + "\(NumberText.short(report.seconds, digits: 3)) s"
        let answer =
            probe.predictions.isEmpty
            ? ["no learning rate is predicted: the short runs found no best one"]
            : predictions.lines(style) + ["", moves]
        return (table.lines(style) + [""] + answer + ["", cost]).joined(separator: "\n")
    }
}
