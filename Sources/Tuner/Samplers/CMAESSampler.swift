import Engine
import Foundation

/// Evolution strategy with covariance matrix adaptation.
///
/// Trials come in generations of `lambda = 4 + 3 ln d` by their number, drawn from `N(mean, sigma^2 C)` in coordinates
/// of 0...1, and moved to the nearest point of the box. When all of a generation are finished, the better half moves
/// the mean, the step size by its cumulated path, and C by the ranks one and mu, with the default constants of Hansen
/// 2016 (arXiv:1604.00772). What is learnt from is the point that was tried, not the draw: points clipped to the box or
/// rounded to whole numbers, and points asked for before the generation before them had finished, are treated as
/// injected ones, their distance bounded (Hansen 2011, arXiv:1110.4181).
///
/// The first generation is evenly spread and the mean starts at its best point. When the distribution has shrunk below what the axes resolve, it starts again
/// with full width from a random mean and twice the generation (Auger and Hansen 2005). Failed trials rank last. With
/// several objectives ranks are those of the non-dominated fronts.
struct CMAESSampler: Sampler {
    private static let firstStep = 0.25
    private static let smallestStep = 1e-9

    private let problem: SamplerProblem
    private let dimension: Int
    private var start: SobolSampler
    private var waiting: [Int: SampledTrial] = [:]
    /// First trial of the generation that is collected.
    private var first = 0
    private var generation = 0
    private var restarts = 0
    private var mean: [Double]
    private var sigma = Self.firstStep
    private var pathC: [Double]
    private var pathSigma: [Double]
    /// C = B diag(scales^2) B^T, B row-major with eigenvectors as columns.
    private var covariance: [Double]
    private var vectors: [Double]
    private var scales: [Double]

    init(_ problem: SamplerProblem) {
        self.problem = problem
        dimension = problem.space.axes.count
        start = SobolSampler(problem)
        mean = [Double](repeating: 0.5, count: dimension)
        pathC = [Double](repeating: 0, count: dimension)
        pathSigma = pathC
        covariance = Self.identity(dimension)
        vectors = covariance
        scales = [Double](repeating: 1, count: dimension)
    }

    /// Trials of a generation.
    private var size: Int {
        (4 + Int(3 * log(Double(dimension)))) << min(restarts, 6)
    }

    mutating func propose(_ number: Int) -> [Double]? {
        guard generation > 0 else { return start.propose(number) }
        var generator = SplitMix64.stream(problem.seed ^ 0xC3A_E5, number)
        // A few draws until one lies in the box; the last is clipped.
        var draw = mean
        for _ in 0..<10 {
            let normal = generator.normals(dimension)
            draw = (0..<dimension).map { row in
                mean[row] + sigma
                    * (0..<dimension).reduce(0) {
                        $0 + vectors[row * dimension + $1] * scales[$1] * normal[$1]
                    }
            }
            if draw.allSatisfy({ (0...1).contains($0) }) { break }
        }
        return draw.map { min(max($0, 0), 1) }
    }

    mutating func finished(_ trial: SampledTrial) {
        waiting[trial.number] = trial
        while (first..<first + size).allSatisfy({ waiting[$0] != nil }) {
            let numbers = first..<first + size
            let trials = numbers.compactMap { waiting.removeValue(forKey: $0) }
            first = numbers.upperBound
            let ranked = ParetoRanking.order(trials).map { trials[$0.index] }
            if generation == 0 {
                mean = ranked[0].point.coordinates
            } else {
                update(ranked.map(\.point.coordinates))
            }
            generation += 1
        }
    }

    /// One generation, the best first.
    private mutating func update(_ ranked: [[Double]]) {
        let n = Double(dimension), parents = ranked.count / 2
        let raw = (0..<parents).map { log(Double(parents) + 0.5) - log(Double($0) + 1) }
        let total = raw.reduce(0, +)
        let weights = raw.map { $0 / total }
        let effective = 1 / weights.reduce(0) { $0 + $1 * $1 }
        let cSigma = (effective + 2) / (n + effective + 5)
        let damping = 1 + 2 * max(0, ((effective - 1) / (n + 1)).squareRoot() - 1) + cSigma
        let cC = (4 + effective / n) / (n + 4 + 2 * effective / n)
        let c1 = 2 / ((n + 1.3) * (n + 1.3) + effective)
        let cMu = min(1 - c1, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective))
        let expected = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))

        let limit = n.squareRoot() + 2 * n / (n + 2)
        let steps = ranked.prefix(parents).map { point in
            let step = point.indices.map { (point[$0] - mean[$0]) / sigma }
            let length = Self.norm(whitened(step))
            return step.map { $0 * min(1, limit / max(length, 1e-300)) }
        }
        var move = [Double](repeating: 0, count: dimension)
        for (step, weight) in zip(steps, weights) {
            for axis in move.indices { move[axis] += weight * step[axis] }
        }
        mean = mean.indices.map { min(max(mean[$0] + sigma * move[$0], 0), 1) }
        let white = whitened(move)
        let gain = (cSigma * (2 - cSigma) * effective).squareRoot()
        pathSigma = pathSigma.indices.map { (1 - cSigma) * pathSigma[$0] + gain * white[$0] }
        let length = Self.norm(pathSigma)
        let settled = (1 - pow(1 - cSigma, 2 * Double(generation + 1))).squareRoot()
        let isSteady = length / settled < (1.4 + 2 / (n + 1)) * expected
        let gainC = isSteady ? (cC * (2 - cC) * effective).squareRoot() : 0
        pathC = pathC.indices.map { (1 - cC) * pathC[$0] + gainC * move[$0] }
        let kept = 1 - c1 - cMu + (isSteady ? 0 : c1 * cC * (2 - cC))
        for row in 0..<dimension {
            for column in 0..<dimension {
                var entry = kept * covariance[row * dimension + column] + c1 * pathC[row] * pathC[column]
                for (step, weight) in zip(steps, weights) { entry += cMu * weight * step[row] * step[column] }
                covariance[row * dimension + column] = entry
            }
        }
        sigma = min(1, sigma * exp(min(1, cSigma / damping * (length / expected - 1))))
        decompose()
    }

    private mutating func decompose() {
        let found = SymmetricEigen(covariance, count: dimension)
        let largest = found.values.max() ?? 1
        scales = found.values.map { max($0, 1e-14 * largest).squareRoot() }
        vectors = found.vectors
        guard sigma.isFinite, largest.isFinite, sigma * largest.squareRoot() > Self.smallestStep else {
            restarts += 1
            sigma = Self.firstStep
            var generator = SplitMix64.stream(problem.seed ^ 0xC3A_0E57, restarts)
            mean = mean.map { _ in generator.uniform() }
            pathC = pathC.map { _ in 0 }
            pathSigma = pathC
            covariance = Self.identity(dimension)
            vectors = covariance
            scales = scales.map { _ in 1 }
            return
        }
    }

    /// `C^(-1/2) step`.
    private func whitened(_ step: [Double]) -> [Double] {
        let turned = (0..<dimension).map { column in
            (0..<dimension).reduce(0) { $0 + vectors[$1 * dimension + column] * step[$1] } / scales[column]
        }
        return (0..<dimension).map { row in
            (0..<dimension).reduce(0) { $0 + vectors[row * dimension + $1] * turned[$1] }
        }
    }

    private static func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    private static func identity(_ count: Int) -> [Double] {
        (0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 }
    }
}

/// Eigenvalues and vectors of a small symmetric matrix, by cyclic Jacobi rotations.
struct SymmetricEigen {
    /// Eigenvalues, in no order.
    private(set) var values: [Double]
    /// Eigenvectors as columns, row-major.
    private(set) var vectors: [Double]

    init(_ matrix: [Double], count: Int) {
        var a = matrix
        vectors = (0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 }
        for _ in 0..<50 {
            var off = 0.0, all = 0.0
            for row in 0..<count {
                for column in 0..<count {
                    let square = a[row * count + column] * a[row * count + column]
                    all += square
                    if row != column { off += square }
                }
            }
            if !(off > 1e-28 * all) { break }
            for p in 0..<count {
                for q in (p + 1)..<max(count, p + 1) where a[p * count + q] != 0 {
                    let theta = (a[q * count + q] - a[p * count + p]) / (2 * a[p * count + q])
                    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot(), s = t * c
                    for k in 0..<count {
                        let x = a[k * count + p], y = a[k * count + q]
                        a[k * count + p] = c * x - s * y
                        a[k * count + q] = s * x + c * y
                    }
                    for k in 0..<count {
                        let x = a[p * count + k], y = a[q * count + k]
                        a[p * count + k] = c * x - s * y
                        a[q * count + k] = s * x + c * y
                        let u = vectors[k * count + p], v = vectors[k * count + q]
                        vectors[k * count + p] = c * u - s * v
                        vectors[k * count + q] = s * u + c * v
                    }
                }
            }
        }
        values = (0..<count).map { a[$0 * count + $0] }
    }
}
