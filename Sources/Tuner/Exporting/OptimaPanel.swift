import Foundation
import ScalingLaws

/// One panel of the picture of the best values.
struct OptimaPanel {
    let picture: OptimaPicture
    let axis: LawAxis
    let frame: PlotFrame

    /// A pale orange without transparency: the legend has it without a panel behind it.
    static let bandFill = "#fbe9de"

    func draw(_ canvas: inout SVGCanvas) {
        answers(&canvas)
        tried(&canvas)
        targets(&canvas)
        best(&canvas)
    }

    /// A place, held inside the panel.
    private func place(_ budget: Double, _ value: Double) -> (Double, Double)? {
        let shown = OptimaPicture.shown(value, axis)
        guard shown > 0, shown.isFinite else { return nil }
        let domain = frame.y.domain
        return frame.point(budget, min(max(shown, domain.lowerBound), domain.upperBound))
    }

    /// The law within what was run; beyond it, dashed, what is answered, with the 80 % interval of both.
    private func answers(_ canvas: inout SVGCanvas) {
        let within = picture.within?.values(of: axis) ?? []
        let beyond = picture.beyond?.values(of: axis) ?? []
        for part in [within, beyond] {
            let ends = part.compactMap { found -> (low: (Double, Double), high: (Double, Double))? in
                guard let interval = found.value.interval, interval.count == 2,
                    let low = place(found.budget, interval[0]), let high = place(found.budget, interval[1])
                else { return nil }
                return (low, high)
            }
            canvas.area(ends.map(\.low) + ends.reversed().map(\.high), fill: Self.bandFill, opacity: 1)
        }
        canvas.path(
            within.compactMap { place($0.budget, $0.value.value) }, stroke: SVGCanvas.ink, width: 2)
        canvas.path(
            beyond.compactMap { place($0.budget, $0.value.value) }, stroke: PlotFrame.prediction, width: 2,
            dash: "6 4")
    }

    /// Every value that was tried at a budget.
    private func tried(_ canvas: inout SVGCanvas) {
        for cell in picture.cells {
            let colour = picture.colours[cell.tokenBudget] ?? SVGCanvas.quietInk
            for value in Set(cell.runs.compactMap { $0.values[axis] }).sorted() {
                guard let (x, y) = place(cell.tokenBudget, value) else { continue }
                canvas.circle(x, y, radius: 2.2, fill: colour, opacity: 0.5)
            }
        }
    }

    private func best(_ canvas: inout SVGCanvas) {
        for cell in picture.cells {
            guard let value = cell.best?.values[axis], let (x, y) = place(cell.tokenBudget, value) else {
                continue
            }
            BestMark.draw(x, y, fill: picture.colours[cell.tokenBudget] ?? SVGCanvas.ink, on: &canvas)
            guard let edge = cell.edges[axis] else { continue }
            // Up is larger, but for momentum, whose distance from 1 is shown.
            let isUp = (edge == .highest) != (axis == .momentum)
            BestMark.arrow(x, y, (0, isUp ? -1 : 1), on: &canvas)
        }
    }

    /// The answers that were asked for, and what the run that would be reused has.
    private func targets(_ canvas: inout SVGCanvas) {
        for answer in picture.input.recommendations {
            let budget = Double(answer.tokenBudget)
            if let run = answer.carryOver?.values[axis], let (x, y) = place(budget, run) {
                Self.reusedMark(x, y, on: &canvas)
            }
            guard let found = answer.hyperparameters[axis.rawValue], let value = found.value.number,
                let (x, y) = place(budget, value)
            else { continue }
            if let interval = found.interval, interval.count == 2,
                let (_, low) = place(budget, interval[0]), let (_, high) = place(budget, interval[1])
            {
                canvas.line(x, low, x, high, stroke: PlotFrame.prediction, width: 1.6)
                for end in [low, high] {
                    canvas.line(x - 4, end, x + 4, end, stroke: PlotFrame.prediction, width: 1.6)
                }
            }
            canvas.diamond(x, y, radius: 6, fill: "#ffffff", stroke: PlotFrame.prediction)
        }
    }

    /// How a reused run is marked: larger than the diamond of the answer, so that both are seen where they are one.
    static func reusedMark(_ x: Double, _ y: Double, on canvas: inout SVGCanvas) {
        canvas.rectangle(x - 7, y - 7, 14, 14, fill: "none", stroke: SVGCanvas.quietInk)
    }
}
