import Foundation

/// Weighted points of a loss law's posterior, over both forms: floor known and floor free.
///
/// Adaptive importance sampling: each round draws from a multivariate t with the weighted mean and covariance of the
/// round before. Early rounds flatten the weights (to the power that leaves a tenth of the points effective), so that a
/// posterior much narrower than the start is approached in steps. No mode is sought: for laws whose floor lies at the end
/// of its range a mode is a bad summary.
struct LossLawPosterior {
    private struct Point {
        var shape: LossLawFit.Shape
        var score: LossLawFit.Score
        var floorKnown: Bool
        var logWeight: Double
    }

    private let fit: LossLawFit
    private var points: [Point] = []

    private static let rounds = 8
    private static let perRound = 600
    private static let lastRound = 3000
    private static let proposalFreedom = 5.0

    /// The posterior; `nil` when no law explains the cells. `floorKnownOdds` is the probability, before any run, that the
    /// floor is `fit.lossFloor` itself.
    init?(_ fit: LossLawFit, floorKnownOdds: Double, generator: inout FitRandom) {
        self.fit = fit
        for floorKnown in [true, false] {
            let odds: Double = floorKnown ? floorKnownOdds : 1 - floorKnownOdds
            points += Self.sample(fit, floorKnown: floorKnown, odds: odds, generator: &generator)
        }
        let top = points.map(\.logWeight).max() ?? -.infinity
        guard top.isFinite else { return nil }
        points.removeAll { $0.logWeight < top - 40 }
        for i in points.indices { points[i].logWeight -= top }
    }

    /// Probability that the floor is the known one.
    var floorKnownProbability: Double {
        let all = points.reduce(0) { $0 + exp($1.logWeight) }
        return points.reduce(0) { $0 + ($1.floorKnown ? exp($1.logWeight) : 0) } / all
    }

    /// Draws of the law, by systematic resampling: their frequencies differ from the weights by less than one draw.
    func draws(_ count: Int, generator: inout FitRandom) -> [LossLaw] {
        let picked = resampled(count, generator: &generator)
        return picked.map { point in
            let freedom: Double = LossLawFit.errorFreedom + Double(fit.cells.count - 1)
            let variance: Double =
                (LossLawFit.errorFreedom + point.score.misfit) / generator.chiSquare(freedom)
            let shake: Double =
                fit.unit * (variance / point.score.precision).squareRoot() * generator.normal()
            return fit.law(point.shape, scale: max(point.score.scale + shake, 0.1 * point.score.scale))
        }
    }

    /// The law that runs nearest to the median of the predictions, from the smallest budget to 64 times the largest: the
    /// one curve to print. It is of the more probable form, so a floor that is probably known is printed as known.
    func central(generator: inout FitRandom) -> LossLaw? {
        let candidates = resampled(400, generator: &generator)
        let laws = candidates.map { fit.law($0.shape, scale: $0.score.scale) }
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
        let total = points.reduce(0) { $0 + exp($1.logWeight) }
        let step: Double = total / Double(count)
        var threshold: Double = step * generator.uniform()
        var sum = 0.0
        var result: [Point] = []
        for point in points {
            sum += exp(point.logWeight)
            while threshold < sum, result.count < count {
                result.append(point)
                threshold += step
            }
        }
        while result.count < count, let last = points.last { result.append(last) }
        return result
    }

    private static func sample(
        _ fit: LossLawFit, floorKnown: Bool, odds: Double, generator: inout FitRandom
    ) -> [Point] {
        guard odds > 0 else { return [] }
        let d = fit.dimension(floorKnown: floorKnown)
        let start = fit.start(floorKnown: floorKnown)
        var centre = start.centre
        var precision = [Double](repeating: 0, count: d * d)
        for i in 0..<d { precision[i * d + i] = 1 / (start.width[i] * start.width[i]) }
        guard var factor = DenseCholesky(precision, order: d) else { return [] }
        var found: [Point] = []
        for round in 0...rounds {
            let isLast = round == rounds
            let count = isLast ? lastRound : perRound
            found = []
            var places: [[Double]] = []
            for _ in 0..<count {
                let stretch: Double = proposalFreedom / generator.chiSquare(proposalFreedom)
                let normals = (0..<d).map { _ in generator.normal() }
                let square: Double = stretch * normals.reduce(0) { $0 + $1 * $1 }
                let x = zip(factor.backward(normals), centre).map { $0 * stretch.squareRoot() + $1 }
                let shape = fit.shape(x, floorKnown: floorKnown)
                guard let score = fit.score(shape, floorKnown: floorKnown) else { continue }
                // log q = 1/2 log det precision - (nu + d)/2 log(1 + delta^2 / nu) + a constant that depends on d.
                let proposal: Double =
                    0.5 * factor.logDeterminant - (proposalFreedom + Double(d)) / 2
                    * log1p(square / proposalFreedom)
                let weight: Double = score.logDensity - proposal + log(odds / Double(count))
                places.append(x)
                found.append(
                    Point(
                        shape: shape, score: score, floorKnown: floorKnown,
                        logWeight: weight + logVolume(d)))
            }
            guard !isLast, found.count > 4 * d else { break }
            guard let next = adapted(places, found.map(\.logWeight), d) else { break }
            (centre, factor) = next
        }
        return found
    }

    /// Normaliser of the proposal: `Gamma(nu/2) (nu pi)^(d/2) / Gamma((nu + d)/2)` for nu = 5.
    private static func logVolume(_ d: Int) -> Double {
        // Gamma(5/2), Gamma(3), Gamma(7/2), Gamma(4), Gamma(9/2)
        let gammas: [Double] = [1.329340388179137, 2, 3.323350970447843, 6, 11.631728396567448]
        return log(gammas[0] / gammas[d]) + Double(d) / 2 * log(proposalFreedom * .pi)
    }

    /// Mean and precision factor of weighted points, with weights flattened until a tenth of the points count.
    private static func adapted(
        _ places: [[Double]], _ logWeights: [Double], _ d: Int
    ) -> (centre: [Double], factor: DenseCholesky)? {
        guard let top = logWeights.max(), top.isFinite else { return nil }
        var power = 1.0
        var weights: [Double] = []
        for _ in 0..<40 {
            weights = logWeights.map { exp(power * ($0 - top)) }
            let sum = weights.reduce(0, +)
            let squares = weights.reduce(0) { $0 + $1 * $1 }
            if sum * sum / squares >= 0.1 * Double(places.count) { break }
            power *= 0.7
        }
        let total = weights.reduce(0, +)
        var mean = [Double](repeating: 0, count: d)
        for (x, w) in zip(places, weights) {
            for i in 0..<d { mean[i] += w / total * x[i] }
        }
        var covariance = [Double](repeating: 0, count: d * d)
        for (x, w) in zip(places, weights) {
            for i in 0..<d {
                for j in 0..<d { covariance[i * d + j] += w / total * (x[i] - mean[i]) * (x[j] - mean[j]) }
            }
        }
        // Slightly wider than found: a proposal may be too wide, not too narrow.
        for i in 0..<d {
            for j in 0..<d { covariance[i * d + j] *= 1.2 }
            covariance[i * d + i] += 1e-10
        }
        guard let inverse = DenseCholesky(covariance, order: d)?.inverse(),
            let factor = DenseCholesky(inverse, order: d)
        else { return nil }
        return (mean, factor)
    }
}
