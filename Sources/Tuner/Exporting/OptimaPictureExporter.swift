import Foundation
import ScalingLaws

/// The best value of every searched axis against the budget: what was tried, what was best, and what the law answers.
struct OptimaPictureExporter: Exporter {
    let format = ExportFormat(
        name: "svg-optima",
        summary: "best learning rate, batch size and momentum against the budget, with what was tried",
        mediaType: "image/svg+xml", fileExtension: "svg")

    func export(_ input: ExportInput) throws -> String { try OptimaPicture(input).document() }
}

/// The picture of the best values: one panel an axis, one below the other.
struct OptimaPicture {
    let input: ExportInput
    let law: Law?
    let cells: [TriedCell]
    private let budgets: ClosedRange<Double>
    /// Answers within the budgets that were run, and beyond them to the target; `nil` without a law.
    let within: AnsweredWay?
    let beyond: AnsweredWay?
    let colours: [Double: String]

    private static let panelHeight = 230.0
    private static let gap = 26.0

    init(_ input: ExportInput) throws {
        self.input = input
        law = input.law?.law
        cells = TriedCell.all(input).filter { $0.best != nil }
        let tried = Set(cells.map(\.tokenBudget)).sorted()
        let asked = input.recommendations.map { Double($0.tokenBudget) }
        guard !input.definition.searchedLawAxes.isEmpty,
            let budgets = LogAxisScale.domain(of: tried + asked, margin: 0.06)
        else {
            throw TunerError(
                .notEnoughData, "sweep '\(input.definition.name)' has nothing to draw",
                why: "no finished trial has searched values and a '\(input.definition.metric.name)'")
        }
        self.budgets = budgets
        colours = Dictionary(
            uniqueKeysWithValues: zip(tried, PlotFrame.colours(tried.count)).map { ($0, $1) })
        let modelSize = input.recommendations.first?.modelSize
        func way(_ first: Double?, _ last: Double?) -> AnsweredWay? {
            guard let law = input.law?.law, let first, let last, first < last else { return nil }
            return AnsweredWay(law, from: first, to: last, modelSize: modelSize, steps: 24)
        }
        within = way(tried.first, tried.last)
        // A moment beyond the largest run the answer is another one: it leans on that run.
        beyond = way(tried.last.map { 1.002 * $0 }, asked.max())
    }

    func document() -> String {
        let axes = LawAxis.allCases.filter(input.definition.searchedLawAxes.contains)
        let height = PlotFrame.top + Double(axes.count) * (Self.panelHeight + Self.gap) + 46
        var canvas = PlotFrame.canvas(
            title: "Best hyperparameters against the token budget", subtitle: subtitle, height: height)
        for (index, axis) in axes.enumerated() {
            let top = PlotFrame.top + Double(index) * (Self.panelHeight + Self.gap)
            let isLast = index == axes.count - 1
            guard let values = domain(axis) else { continue }
            let frame = PlotFrame(x: budgets, y: values, top: top, bottom: top + Self.panelHeight)
            frame.axes(
                xTitle: isLast ? "training tokens" : nil, yTitle: Self.title(axis),
                xLabel: CountFormat.approximate,
                yLabel: axis == .batchSize ? CountFormat.approximate : LogAxisScale.plain, on: &canvas)
            OptimaPanel(picture: self, axis: axis, frame: frame).draw(&canvas)
        }
        legend(axes, &canvas)
        return canvas.document(title: "Best hyperparameters, sweep \(input.definition.name)")
    }

    private var subtitle: String {
        let size = input.recommendations.first?.modelSize.map {
            ", answers for \(LawText.count($0)) parameters"
        }
        return "sweep \(input.definition.name)\(size ?? "")"
    }

    private static func title(_ axis: LawAxis) -> String {
        switch axis {
        case .learningRate: "peak learning rate"
        case .batchSize: "batch size (tokens)"
        case .momentum: "1 - momentum"
        }
    }

    /// What an axis shows of a value: momentum as its distance from 1.
    static func shown(_ value: Double, _ axis: LawAxis) -> Double {
        axis == .momentum ? 1 - value : value
    }

    /// What the panel of an axis reaches over: all that was tried, and the answers with their intervals, but no interval
    /// farther than a decade beyond both.
    private func domain(_ axis: LawAxis) -> ClosedRange<Double>? {
        var values = cells.flatMap { $0.runs.compactMap { $0.values[axis] } }
        values += input.recommendations.compactMap { $0.hyperparameters[axis.rawValue]?.value.number }
        values = values.map { Self.shown($0, axis) }.filter { $0 > 0 }
        guard let low = values.min(), let high = values.max() else { return nil }
        let ends = input.recommendations.flatMap { $0.hyperparameters[axis.rawValue]?.interval ?? [] }
        values += ends.map { min(max(Self.shown($0, axis), low / 10), high * 10) }
        return LogAxisScale.domain(of: values, margin: 0.08)
    }

    private func legend(_ axes: [LawAxis], _ canvas: inout SVGCanvas) {
        var entries: [PlotFrame.LegendEntry] = [
            (
                "tried",
                { canvas, x, y in canvas.circle(x, y, radius: 2.2, fill: SVGCanvas.quietInk, opacity: 0.6) }
            ),
            BestMark.legend("best run of a budget"),
        ]
        if axes.contains(where: { axis in cells.contains { $0.edges[axis] != nil } }) {
            entries.append(BestMark.edgeLegend())
        }
        if within != nil {
            entries.append(
                (
                    "law",
                    { canvas, x, y in canvas.line(x - 10, y, x + 10, y, stroke: SVGCanvas.ink, width: 2) }
                ))
            entries.append(
                (
                    "answer, 80 % interval",
                    { canvas, x, y in
                        canvas.rectangle(x - 10, y - 5, 20, 10, fill: OptimaPanel.bandFill)
                        canvas.line(
                            x - 10, y, x + 10, y, stroke: PlotFrame.prediction, width: 2, dash: "6 4")
                    }
                ))
        }
        for answer in input.recommendations {
            entries.append(
                (
                    "answer for \(LawText.budget(answer.tokenBudget)) tokens",
                    { canvas, x, y in
                        canvas.line(x, y - 8, x, y + 8, stroke: PlotFrame.prediction, width: 1.6)
                        canvas.diamond(x, y, radius: 5, fill: "#ffffff", stroke: PlotFrame.prediction)
                    }
                ))
        }
        if let run = input.recommendations.compactMap({ AnswerRows($0).reusedRun }).first {
            entries.append((run, { canvas, x, y in OptimaPanel.reusedMark(x, y, on: &canvas) }))
        }
        PlotFrame.legend(entries, title: "", on: &canvas)
    }
}
