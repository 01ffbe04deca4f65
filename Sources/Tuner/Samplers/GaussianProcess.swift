import Foundation

/// A Gaussian process over features in 0...1 with a Matern 5/2 kernel, its hyperparameters the likeliest under priors.
///
///     k(a, b) = s (1 + sqrt5 r + 5/3 r^2) exp(-sqrt5 r),   r^2 = sum_g w_g sum_{j in g} (a_j - b_j)^2
///
/// One weight `w_g = 1 / length^2` for every axis g; an axis of categories has one feature per choice (one-hot over
/// sqrt 2), so that two different choices are one apart. Priors, on standardised values:
///
/// - `log length ~ N(log(d)/2 - 1/2, 1)`: longer in more dimensions, which keeps the complexity of the model the same
///   (Hvarfner, Hellsten, Nardi 2024, arXiv:2402.02229; the two numbers are those that served test functions best);
/// - `s ~ Gamma(2, 1)`, noise variance `~ Gamma(1.1, 300)`, not below 1e-8.
///
/// The gradient of the log likelihood is `1/2 tr((a a^T - K^-1) dK)` with `a = K^-1 y` (Rasmussen and Williams 2006,
/// eq. 5.9). Two starts; the better end is used.
struct GaussianProcess: Sendable {
    /// Features of the data, row-major.
    private var inputs: [Double]
    private(set) var values: [Double]
    let featureCount: Int
    /// Axis of every feature.
    let groups: [Int]
    /// Weights by feature.
    private(set) var weights: [Double]
    private(set) var scale: Double
    private(set) var noise: Double
    private var factor: Cholesky
    private var solved: [Double]

    private static let smallestNoise = 1e-8

    /// A process fitted to data; `nil` without data or when no kernel matrix can be factored.
    ///
    /// - Parameters:
    ///   - rows: features of every point.
    ///   - values: standardised.
    ///   - groups: axis of every feature, 0, 1, ...
    init?(_ rows: [[Double]], _ values: [Double], groups: [Int]) {
        guard let first = rows.first, let axes = groups.max().map({ $0 + 1 }) else { return nil }
        featureCount = first.count
        self.groups = groups
        inputs = rows.flatMap(\.self)
        self.values = values
        let prior = Prior(axes: axes)
        let distances = Self.distances(rows, groups: groups, axes: axes)
        let bounds =
            [ClosedRange<Double>](repeating: log(1e-4)...log(1e4), count: axes) + [
                log(1e-3)...log(1e2), log(Self.smallestNoise)...log(1.0),
            ]
        var best: (point: [Double], value: Double)?
        for (length, noise) in [(prior.lengthStart, 1e-3), (0.3, 1e-2)] {
            let start = [Double](repeating: -2 * log(length), count: axes) + [0, log(noise)]
            let found = BoxMinimizer(iterations: 40, tolerance: 1e-3).minimize(start, bounds: bounds) {
                Self.loss($0, distances, values, axes: axes, prior)
            }
            if found.value.isFinite, found.value < best?.value ?? .infinity { best = found }
        }
        guard let best else { return nil }
        weights = groups.map { exp(best.point[$0]) }
        scale = exp(best.point[axes])
        noise = exp(best.point[axes + 1])
        guard let factor = Cholesky([1], count: 1) else { return nil }
        self.factor = factor
        solved = []
        guard refactor() else { return nil }
    }

    /// Beliefs about the hyperparameters.
    private struct Prior {
        var mean: Double
        var variance = 1.0
        var lengthStart: Double { exp(min(mean, 0)) }

        init(axes: Int) { mean = 0.5 * log(Double(axes)) - 0.5 }
    }

    /// Adds a point at its own mean, as if it had turned out as expected: what is unknown there shrinks.
    mutating func believe(_ row: [Double]) {
        let mean = predict(row).mean
        inputs += row
        values.append(mean)
        if !refactor() {
            inputs.removeLast(row.count)
            values.removeLast()
            _ = refactor()
        }
    }

    /// Mean and variance of the function, without noise, at features.
    func predict(_ row: [Double]) -> (mean: Double, variance: Double) {
        let k = covariances(row).values
        let half = factor.forward(k)
        return (dot(k, solved), max(1e-12, scale - dot(half, half)))
    }

    /// Mean, variance and their slopes at features.
    func slopes(_ row: [Double]) -> (mean: Double, variance: Double, dMean: [Double], dVariance: [Double]) {
        let (k, steep) = covariances(row)
        let whole = factor.solve(k)
        var dMean = [Double](repeating: 0, count: featureCount)
        var dVariance = dMean
        for point in k.indices {
            // d k_i / d x_j = 2 w_j (x_j - x_ij) dk/dr^2
            for feature in 0..<featureCount {
                let part =
                    2 * weights[feature] * (row[feature] - inputs[point * featureCount + feature])
                    * steep[point]
                dMean[feature] += part * solved[point]
                dVariance[feature] -= 2 * part * whole[point]
            }
        }
        return (dot(k, solved), max(1e-12, scale - dot(k, whole)), dMean, dVariance)
    }

    /// The smallest mean over the data: the best value without its noise.
    var lowestMean: Double {
        (0..<values.count).map { point in
            // (K - noise I) K^-1 y = y - noise a
            values[point] - noise * solved[point]
        }.min() ?? 0
    }

    private func covariances(_ row: [Double]) -> (values: [Double], steep: [Double]) {
        var result: [Double] = [], steep: [Double] = []
        result.reserveCapacity(values.count)
        steep.reserveCapacity(values.count)
        for point in 0..<values.count {
            var square = 0.0
            for feature in 0..<featureCount {
                let difference = row[feature] - inputs[point * featureCount + feature]
                square += weights[feature] * difference * difference
            }
            let (value, slope) = Self.matern(square)
            result.append(scale * value)
            steep.append(scale * slope)
        }
        return (result, steep)
    }

    private mutating func refactor() -> Bool {
        let count = values.count
        for jitter in [0, 1e-8, 1e-6, 1e-4] {
            var matrix = [Double](repeating: 0, count: count * count)
            for row in 0..<count {
                for column in 0...row {
                    var square = 0.0
                    for feature in 0..<featureCount {
                        let difference =
                            inputs[row * featureCount + feature] - inputs[column * featureCount + feature]
                        square += weights[feature] * difference * difference
                    }
                    matrix[row * count + column] = scale * Self.matern(square).value
                }
                matrix[row * count + row] += noise + jitter
            }
            if let factor = Cholesky(matrix, count: count) {
                self.factor = factor
                solved = factor.solve(values)
                return true
            }
        }
        return false
    }

    /// Matern 5/2 and its slope in r^2.
    private static func matern(_ square: Double) -> (value: Double, slope: Double) {
        let root = (5 * square).squareRoot(), decay = exp(-root)
        return ((1 + root + 5 / 3 * square) * decay, -5 / 6 * (1 + root) * decay)
    }

    /// Squared distances by axis, lower triangle with diagonal, axis fastest.
    private static func distances(_ rows: [[Double]], groups: [Int], axes: Int) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(rows.count * (rows.count + 1) / 2 * axes)
        for row in rows.indices {
            for column in 0...row {
                var parts = [Double](repeating: 0, count: axes)
                for feature in groups.indices {
                    let difference = rows[row][feature] - rows[column][feature]
                    parts[groups[feature]] += difference * difference
                }
                result += parts
            }
        }
        return result
    }

    /// Negative log posterior of (log weights, log scale, log noise) and its gradient.
    private static func loss(
        _ parameters: [Double], _ distances: [Double], _ values: [Double], axes: Int, _ prior: Prior
    ) -> (Double, [Double]) {
        let count = values.count
        let weights = parameters[..<axes].map { exp($0) }
        let scale = exp(parameters[axes]), noise = exp(parameters[axes + 1])
        var matrix = [Double](repeating: 0, count: count * count)
        var steep = [Double](repeating: 0, count: count * (count + 1) / 2)
        distances.withUnsafeBufferPointer { distances in
            var place = 0
            for row in 0..<count {
                for column in 0...row {
                    var square = 0.0
                    for axis in 0..<axes { square += weights[axis] * distances[place * axes + axis] }
                    let (value, slope) = matern(square)
                    matrix[row * count + column] = scale * value
                    steep[place] = scale * slope
                    place += 1
                }
                matrix[row * count + row] += noise
            }
        }
        var gradient = [Double](repeating: 0, count: axes + 2)
        guard let factor = Cholesky(matrix, count: count) else { return (.infinity, gradient) }
        let solved = factor.solve(values), inverse = factor.inverse()
        var loss = 0.5 * dot(values, solved) + 0.5 * factor.logDeterminant
        distances.withUnsafeBufferPointer { distances in
            var place = 0
            for row in 0..<count {
                for column in 0...row {
                    // Half the trace, each pair off the diagonal twice.
                    let part =
                        (inverse[row * count + column] - solved[row] * solved[column])
                        * (row == column ? 0.5 : 1)
                    let own = matrix[row * count + column] - (row == column ? noise : 0)
                    gradient[axes] += part * own
                    for axis in 0..<axes {
                        gradient[axis] += part * steep[place] * weights[axis] * distances[place * axes + axis]
                    }
                    if row == column { gradient[axes + 1] += part * noise }
                    place += 1
                }
            }
        }
        for axis in 0..<axes {
            // log length = -1/2 log weight
            let away = -0.5 * parameters[axis] - prior.mean
            loss += 0.5 * away * away / prior.variance
            gradient[axis] -= 0.5 * away / prior.variance
        }
        loss -= parameters[axes] - scale
        gradient[axes] -= 1 - scale
        loss -= 0.1 * parameters[axes + 1] - 300 * noise
        gradient[axes + 1] -= 0.1 - 300 * noise
        return (loss, gradient)
    }
}

/// Inner product.
private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
}
