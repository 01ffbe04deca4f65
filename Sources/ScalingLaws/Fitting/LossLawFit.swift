import Foundation

/// Fits `floor + amplitude (T/T0)^-e + amplitude' (N/N0)^-e'` to the losses at the fitted optima.
///
/// For given exponents the rest is a least-squares problem with non-negative coefficients, solved by trying every
/// subset of them; the exponents are searched on a grid. Residuals are relative, since losses may be excess risks over
/// decades. Exponents have the weak prior 0.3 +- 0.2 (language models: 0.28 in tokens, Hoffmann et al. 2022, arXiv
/// 2203.15556; bounds 1/4): without it three budgets leave floor and exponent free to trade against each other. Do not
/// believe the floor itself before the loss has come within a factor of two of it.
struct LossLawFit {
    struct Cell {
        var tokenBudget: Double
        var modelSize: Double?
        var loss: Double
        /// Relative standard error.
        var error: Double
    }

    var lossFloor: Double
    var reference: Double
    var modelReference: Double?

    private static let exponentPrior = (mean: 0.3, deviation: 0.2)
    private static let grid: [Double] = stride(from: 0.02, through: 1.5, by: 0.02).map { $0 }

    /// The best law over a grid of exponents.
    ///
    /// - Parameters:
    ///   - cells: losses at the optima.
    ///   - modelExponent: fixes the model exponent, for draws; `nil` searches it.
    ///   - coarse: looks at every third exponent only, for draws.
    /// - Returns: The law, or `nil` when no positive combination exists.
    func fit(_ cells: [Cell], modelExponent: Double? = nil, coarse: Bool = false) -> LossLaw? {
        var best: (cost: Double, law: LossLaw)?
        let candidates =
            coarse ? stride(from: 0, to: Self.grid.count, by: 3).map { Self.grid[$0] } : Self.grid
        let modelGrid: [Double?]
        if modelReference == nil {
            modelGrid = [nil]
        } else if let modelExponent {
            modelGrid = [modelExponent]
        } else {
            modelGrid = stride(from: 0.05, through: 1.2, by: 0.05).map { $0 }
        }
        for exponent in candidates {
            for modelExponent in modelGrid {
                guard let trial = solve(cells, exponent, modelExponent) else { continue }
                if best.map({ trial.cost < $0.cost }) ?? true { best = trial }
            }
        }
        return best?.law
    }

    private func solve(
        _ cells: [Cell], _ exponent: Double, _ modelExponent: Double?
    ) -> (cost: Double, law: LossLaw)? {
        var columns: [[Double]] = [
            cells.map { _ in 1 }, cells.map { pow($0.tokenBudget / reference, -exponent) },
        ]
        if let modelExponent, let modelReference {
            columns.append(
                cells.map { pow(($0.modelSize ?? modelReference) / modelReference, -modelExponent) })
        }
        let weights = cells.map { 1 / max(abs($0.loss) * $0.error, 1e-300) }
        let targets = cells.map { $0.loss - lossFloor }
        guard let found = Self.nonNegative(columns, targets, weights) else { return nil }
        let prior = Self.exponentPrior
        var cost: Double = found.cost + pow((exponent - prior.mean) / prior.deviation, 2)
        if let modelExponent { cost += pow((modelExponent - prior.mean) / prior.deviation, 2) }
        let c = found.coefficients
        let term = modelExponent.flatMap { e in
            modelReference.map { LossLaw.ModelTerm(amplitude: c[2], exponent: e, reference: $0) }
        }
        return (
            cost,
            LossLaw(
                floor: lossFloor + c[0], amplitude: c[1], exponent: exponent, reference: reference,
                modelTerm: term)
        )
    }

    /// Weighted least squares with non-negative coefficients over at most three columns.
    private static func nonNegative(
        _ columns: [[Double]], _ targets: [Double], _ weights: [Double]
    ) -> (cost: Double, coefficients: [Double])? {
        var best: (cost: Double, coefficients: [Double])?
        for subset in 1..<(1 << columns.count) {
            let used = columns.indices.filter { subset >> $0 & 1 == 1 }
            let n = used.count
            var matrix = [Double](repeating: 0, count: n * n)
            var right = [Double](repeating: 0, count: n)
            for (i, a) in used.enumerated() {
                for row in targets.indices {
                    let w: Double = weights[row] * weights[row] * columns[a][row]
                    right[i] += w * targets[row]
                    for (j, b) in used.enumerated() { matrix[i * n + j] += w * columns[b][row] }
                }
            }
            guard let solution = DenseCholesky(matrix, order: n)?.solve(right),
                solution.allSatisfy({ $0 >= 0 })
            else { continue }
            var coefficients = [Double](repeating: 0, count: columns.count)
            for (i, a) in used.enumerated() { coefficients[a] = solution[i] }
            var cost = 0.0
            for row in targets.indices {
                var predicted = 0.0
                for a in columns.indices { predicted += coefficients[a] * columns[a][row] }
                cost += pow(weights[row] * (targets[row] - predicted), 2)
            }
            if best.map({ cost < $0.cost }) ?? true { best = (cost, coefficients) }
        }
        return best
    }
}
