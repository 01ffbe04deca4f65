import Foundation

/// Weighted points of a loss law's posterior, over both forms (floor known and floor free) and the settings of its bends.
///
/// Each pair of form and setting has a grid of its own over the exponents, with everything linear integrated out or drawn
/// exactly (`LossLawGrid`): one or two dimensions, where a grid cannot miss a narrow ridge as a random sampler can. The
/// number of points that count is checked; when few do, the grids are made finer.
struct LossLawPosterior {
    private struct Point {
        var found: LossLawGrid.Point
        var setting: Int
        var floorKnown: Bool
        var weight: Double
    }

    private let fit: LossLawFit
    private let bends: LossLawBends
    private var points: [Point] = []

    /// Nodes of each axis of the first grids: of exponents in tokens alone, and of both exponents.
    private static let nodes = (line: 240, plane: 22)
    /// Points that must count, and how often grids are made finer to reach them.
    private static let enough = 200.0
    private static let refinements = 2

    /// The posterior; `nil` when no law explains the cells. `floorKnownOdds` is the probability, before any run, that the
    /// floor is `fit.lossFloor` itself.
    init?(_ fit: LossLawFit, floorKnownOdds: Double, generator: inout FitRandom) {
        self.fit = fit
        guard let bends = LossLawBends(fit, generator: &generator) else { return nil }
        self.bends = bends
        var nodes = fit.modelReference == nil ? Self.nodes.line : Self.nodes.plane
        let parts = Self.parts(fit, bends, odds: floorKnownOdds)
        for attempt in 0...Self.refinements {
            points = Self.sample(parts, nodes: nodes, &generator)
            if attempt == Self.refinements || effectivePoints >= Self.enough { break }
            nodes *= 2
        }
        guard !points.isEmpty else { return nil }
    }

    /// Points of equal weight that would be as good: `(sum w)^2 / sum w^2` (Kish 1965).
    var effectivePoints: Double {
        let sum = points.reduce(0) { $0 + $1.weight }
        let squares = points.reduce(0) { $0 + $1.weight * $1.weight }
        return squares > 0 ? sum * sum / squares : 0
    }

    /// Probability that the floor is the known one.
    var floorKnownProbability: Double {
        let all = points.reduce(0) { $0 + $1.weight }
        return points.reduce(0) { $0 + ($1.floorKnown ? $1.weight : 0) } / all
    }

    /// Mean drift of the exponent over a factor e, relative to it.
    var meanRate: Double {
        let all = points.reduce(0) { $0 + $1.weight }
        return points.reduce(0) { $0 + LossLawBend.settings[$1.setting].rate * $1.weight } / all
    }

    /// Draws of the law with its bends, by systematic resampling: their frequencies differ from the weights by less than one
    /// draw.
    func draws(_ count: Int, generator: inout FitRandom) -> [LossLawDraw] {
        var prepared: [Int: LossLawBends.Prepared] = [:]
        return resampled(count, generator: &generator).map { point in
            let setting = prepared[point.setting] ?? bends.prepared(point.setting)
            prepared[point.setting] = setting
            return bends.draw(
                law: fit.law(point.found.exponents, point.found.coefficients), setting,
                errorScale: point.found.errorScale, generator: &generator)
        }
    }

    /// The law that runs nearest to the median of the predictions, from the smallest budget to 64 times the largest: the
    /// one curve to print. It is of the more probable form, so a floor that is probably known is printed as known.
    func central(generator: inout FitRandom) -> LossLaw? {
        let candidates = resampled(400, generator: &generator)
        let laws = candidates.map { fit.law($0.found.exponents, $0.found.coefficients) }
        let budgets = fit.cells.map(\.tokenBudget)
        guard let low = budgets.min(), let high = budgets.max() else { return nil }
        let smallest = fit.cells.compactMap(\.modelSize).min()
        let largest = fit.cells.compactMap(\.modelSize).max()
        var asked: [(Double, Double?)] = [
            (low, largest), (high, largest), (8 * high, largest), (64 * high, largest),
        ]
        if smallest != largest { asked += [(low, smallest), (high, smallest)] }
        var distances = [Double](repeating: 0, count: laws.count)
        for (budget, size) in asked {
            let values = laws.map { $0.loss(tokenBudget: budget, modelSize: size) }
            guard let middle = values.median, let q1 = values.quantile(0.25), let q3 = values.quantile(0.75)
            else { continue }
            let width: Double = max(q3 - q1, 1e-9 * abs(middle))
            for (i, value) in values.enumerated() { distances[i] += pow((value - middle) / width, 2) }
        }
        let known = floorKnownProbability > 0.5
        let admissible = laws.indices.filter { candidates[$0].floorKnown == known }
        return admissible.min { distances[$0] < distances[$1] }.map { laws[$0] }
    }

    private func resampled(_ count: Int, generator: inout FitRandom) -> [Point] {
        let total = points.reduce(0) { $0 + $1.weight }
        let step: Double = total / Double(count)
        var threshold: Double = step * generator.uniform()
        var sum = 0.0
        var result: [Point] = []
        for point in points {
            sum += point.weight
            while threshold < sum, result.count < count {
                result.append(point)
                threshold += step
            }
        }
        while result.count < count, let last = points.last { result.append(last) }
        return result
    }

    /// A grid of one form and one setting, with its probability before any run.
    private struct Part {
        var grid: LossLawGrid
        var setting: Int
        var floorKnown: Bool
        var logPrior: Double
        var peak: Double
    }

    /// The grids that may matter: those whose highest density is far below that of the best are left out.
    private static func parts(_ fit: LossLawFit, _ bends: LossLawBends, odds: Double) -> [Part] {
        var parts: [Part] = []
        var hints: [Bool: LossLawGrid.Ranges] = [:]
        for (index, setting) in LossLawBend.settings.enumerated() {
            guard let covariance = bends.covariance(setting) else { continue }
            for floorKnown in [true, false] {
                let prior: Double = setting.odds * (floorKnown ? odds : 1 - odds)
                guard prior > 0 else { continue }
                let grid = LossLawGrid(
                    fit, covariance: covariance, floorKnown: floorKnown, hint: hints[floorKnown])
                guard let found = grid.found else { continue }
                hints[floorKnown] = found.range
                parts.append(
                    Part(
                        grid: grid, setting: index, floorKnown: floorKnown, logPrior: log(prior),
                        peak: found.peak + log(prior)))
            }
        }
        let top = parts.map(\.peak).max() ?? 0
        return parts.filter { $0.peak > top - 12 }
    }

    private static func sample(
        _ parts: [Part], nodes: Int, _ generator: inout FitRandom
    ) -> [Point] {
        var points: [Point] = []
        for part in parts {
            points += part.grid.points(nodes: nodes, generator: &generator).map {
                Point(
                    found: $0, setting: part.setting, floorKnown: part.floorKnown,
                    weight: $0.logWeight + part.logPrior)
            }
        }
        let top = points.map(\.weight).max() ?? 0
        points.removeAll { $0.weight < top - 25 }
        for i in points.indices { points[i].weight = exp(points[i].weight - top) }
        return points
    }
}
