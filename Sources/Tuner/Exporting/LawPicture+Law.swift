import Foundation
import ScalingLaws

extension LawPicture {
    /// Fitted loss at each budget: the lowest over the batch sizes and momenta that were tried. Dashed at learning rates
    /// that were not tried at that budget.
    func curves(_ canvas: inout SVGCanvas) {
        guard let law, law.axes.contains(where: { $0.axis == .learningRate }) else { return }
        let settings = otherSettings(law)
        for (budget, colour) in zip(budgets, colours) {
            for (tried, ends) in pieces(of: budget) {
                var run: [(Double, Double)] = []
                func draw() {
                    canvas.path(
                        run, stroke: colour, width: tried ? 1.6 : 1.1, dash: tried ? nil : "3 3.5",
                        opacity: tried ? 1 : 0.75)
                    run = []
                }
                let steps = max(8, Int(120 * log(ends[1] / ends[0]) / frame.x.length))
                for step in 0...steps {
                    let rate = ends[0] * pow(ends[1] / ends[0], Double(step) / Double(steps))
                    let losses = settings.compactMap { setting in
                        law.predictedLoss(
                            values: setting.merging([.learningRate: rate]) { _, rate in rate },
                            tokenBudget: Double(budget))
                    }
                    if let loss = losses.min(), frame.y.contains(loss) {
                        run.append(frame.point(rate, loss))
                    } else {
                        draw()
                    }
                }
                draw()
            }
        }
    }

    /// The picture's learning rates, cut where those that were tried at a budget begin and end.
    private func pieces(of budget: Int) -> [(tried: Bool, ends: [Double])] {
        let domain = frame.x.domain
        let ranges = cells.filter { $0.tokenBudget == Double(budget) }.compactMap { $0.range(.learningRate) }
        guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else {
            return [(false, [domain.lowerBound, domain.upperBound])]
        }
        return [
            (false, [domain.lowerBound, low]), (true, [low, high]), (false, [high, domain.upperBound]),
        ].filter { $0.1[0] < $0.1[1] }
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

    /// Through the fitted optimum of every budget; beyond the data, dashed, through the answers to the targets with their
    /// intervals.
    func optimumLine(_ canvas: inout SVGCanvas) {
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
            canvas.diamond(x, y, radius: 5, fill: colour, stroke: SVGCanvas.ink)
        }
        // Where no loss is predicted the way has no place to go.
        let metric = input.definition.metric.name
        let predicted = input.recommendations.filter { Self.optimum($0, metric: metric) != nil }
        if let far = predicted.map(\.tokenBudget).max(), far > last {
            let answers = AnsweredWay(law, from: 1.002 * Double(last), to: Double(far), steps: 24)
            canvas.path(
                answers.points.compactMap { point in
                    guard let rate = point.answer.values[.learningRate], let loss = point.answer.loss else {
                        return nil
                    }
                    return frame.point(rate.value, loss.value)
                }, stroke: PlotFrame.prediction, width: 2, dash: "6 4")
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
}
