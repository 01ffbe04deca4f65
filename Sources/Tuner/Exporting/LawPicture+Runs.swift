import Foundation
import ScalingLaws

extension LawPicture {
    /// What trials tell of shorter runs inside them: rings, where the axes reach.
    func shorterRuns(_ canvas: inout SVGCanvas) {
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
    func points(_ canvas: inout SVGCanvas) {
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

    /// A ring around the best run of every cell, with an arrow where it is the outermost tried learning rate.
    func bestRuns(_ canvas: inout SVGCanvas) {
        let sign = input.definition.metric.goal == .minimize ? 1.0 : -1
        for cell in cells {
            guard let best = cell.best, let rate = best.values[.learningRate], let loss = best.loss,
                frame.y.contains(sign * loss), let index = budgets.firstIndex(of: Int(cell.tokenBudget))
            else { continue }
            let (x, y) = frame.point(rate, sign * loss)
            BestMark.draw(x, y, fill: colours[index], on: &canvas)
            switch cell.edges[.learningRate] {
            case .lowest: BestMark.arrow(x, y, (-1, 0), on: &canvas)
            case .highest: BestMark.arrow(x, y, (1, 0), on: &canvas)
            case nil: break
            }
        }
    }
}
