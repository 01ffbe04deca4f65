import Foundation

/// What a cliff above the optimum adds to the expected loss of a learning rate.
///
///     E[loss(x)] = mean over draws d of  1/2 k phi_s(x - x_d)  +  rise * mean over cells c of  P_c(x - x_d)
///     P_c(u) = (u - below_c) / (above_c - below_c)   held within 0...1
///
/// x_d are the drawn optima; `below_c` and `above_c` are where the last ordinary and the first blown-up run of a cell lie, from the
/// law's optimum there: in between the break is anywhere alike. So the answer keeps off the cliff by as much as the optimum, and with
/// it the cliff, is unsure. Only the `most` largest cells count: where small ones break says little of large ones.
///
/// When not to believe it: a stability limit that does not move with the optimum is nearer at larger budgets than this says.
struct CliffRisk {
    /// Ends of the cliffs, as distances from the law's optimum (log).
    private let places: [(below: Double, above: Double)]
    /// What going over it costs, in units of the response.
    private let rise: Double
    /// Highest coordinate that is answered: that of the largest cell's first blown-up run; infinite when it has none, or
    /// for smaller budgets.
    let limit: Double

    private static let most = 4
    /// Nats a run without a loss counts as, and the most that any does: the answer keeps off either way.
    private static let lost = 1.0
    /// How far below the first blown-up run of the largest cell an answer stays (log).
    private static let margin = 0.05
    /// Grid on which the least expected loss is sought, from the answer without a cliff down.
    private static let step = 0.02
    private static let reach = 3.0

    /// - Parameters:
    ///   - cells: of the law.
    ///   - query: what is asked.
    ///   - optimum: log optimum of the learning rate at a cell, at given hyperparameters; `nil`: those of the answer.
    init?(
        _ cells: [LawCell], _ query: RecommendationQuery, optimum: (LawCell, [LawAxis: Double]?) -> Double
    ) {
        func size(_ cell: LawCell) -> Double { cell.tokenBudget * (cell.modelSize ?? 1) }
        let known = cells.sorted { size($0) > size($1) }.prefix(Self.most)
        var rises: [Double] = []
        var places: [(below: Double, above: Double)] = []
        for cell in known {
            guard let cliff = cell.cliff else { continue }
            let centre: Double = optimum(cell, cell.best)
            let place = (below: log(cliff.below) - centre, above: log(cliff.above) - centre)
            guard place.below.isFinite, place.above.isFinite else { continue }
            rises.append(min(cliff.rise ?? Self.lost, Self.lost))
            places.append(place)
        }
        guard !places.isEmpty else { return nil }
        self.places = places
        rise = max(rises.median ?? Self.lost, 0)
        let largest = cells.max { size($0) < size($1) }
        if let largest, let cliff = largest.cliff, query.tokenBudget >= largest.tokenBudget {
            // The same cliff at the answer's own batch size: the law tells how far it moves.
            limit =
                log(cliff.above) + optimum(largest, nil) - optimum(largest, largest.best) - Self.margin
        } else {
            limit = .infinity
        }
    }

    /// By how much the answer lies below one that knows of no cliff; 0 or negative.
    ///
    /// - Parameters:
    ///   - start: that answer.
    ///   - samples: drawn optima.
    ///   - curvature: of the loss there.
    ///   - skew: of the curve.
    /// - Returns: the difference of the coordinates.
    func shift(from start: Double, samples: [Double], curvature: Double, skew: Double) -> Double {
        guard let low = samples.quantile(0.05), let high = samples.quantile(0.95) else { return 0 }
        let drawn = samples.map { min(max($0, low), high) }
        func cost(_ x: Double) -> Double {
            drawn.reduce(0) { sum, optimum in
                let distance: Double = x - optimum
                var broken = 0.0
                for place in places {
                    let width: Double = max(place.above - place.below, 1e-3)
                    broken += min(max((distance - place.below) / width, 0), 1)
                }
                let smooth: Double = 0.5 * curvature * CurveShape.evaluate(distance, skew: skew).value
                return sum + smooth + rise * broken / Double(places.count)
            }
        }
        var best = (shift: 0.0, cost: cost(start))
        for i in 1...Int(Self.reach / Self.step) {
            let shift: Double = -Self.step * Double(i)
            let found = cost(start + shift)
            if found < best.cost { best = (shift, found) }
        }
        return best.shift
    }
}
