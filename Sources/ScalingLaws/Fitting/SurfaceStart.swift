import Foundation

/// Where solvers start: rough answers that need no iteration.
enum SurfaceStart {
    /// Coordinate of the best run of every group that has one.
    static func bestCoordinates(_ problem: SurfaceProblem, slot: Int) -> [Double] {
        problem.groups.compactMap { best($0, problem).map { problem.rows[$0].point.coordinates[slot] } }
    }

    private static func best(_ group: SurfaceGroup, _ problem: SurfaceProblem) -> Int? {
        group.rows.min { problem.rows[$0].response < problem.rows[$1].response }
    }

    /// Rough `d^2 response / d x^2`: the median of `2 gap / distance^2` over the runs in the windows.
    static func curvature(_ problem: SurfaceProblem, slot: Int) -> Double {
        var estimates: [Double] = []
        for group in problem.groups {
            guard let b = best(group, problem) else { continue }
            for r in group.rows where problem.rows[r].weight > 0 {
                let distance: Double =
                    problem.rows[r].point.coordinates[slot] - problem.rows[b].point.coordinates[slot]
                let gap: Double = problem.rows[r].response - problem.rows[b].response
                if abs(distance) > 0.05, gap > 0 { estimates.append(2 * gap / (distance * distance)) }
            }
        }
        return max(estimates.median ?? 0.1, 1e-8)
    }

    /// Starts of a problem: best runs regressed on the variables, prior means, and random ones between.
    static func starts(_ problem: SurfaceProblem, random count: Int, seed: UInt64) -> [[Double]] {
        var generator = FitRandom(seed: seed)
        let base = problem.priors.map(\.mean)
        let regressed = regression(problem, base)
        // Ceilings start where rates are highest, and with a batch dependence inside the tried range or below it.
        func withCeiling(_ parameters: [Double], limit: Double, half: Double) -> [Double] {
            var result = parameters
            for term in problem.terms where term.form != .plain {
                let rates = bestCoordinates(problem, slot: term.slot)
                result[term.limitIndex] = (rates.max() ?? result[term.limitIndex]) + limit
                if term.form == .batchCeiling { result[term.halfBatchIndex] += half }
                result[term.coefficientIndex] += 0.2
            }
            return result
        }
        var result = [
            withCeiling(regressed, limit: 0.1, half: -2), withCeiling(base, limit: 0.3, half: 0),
        ]
        if problem.terms.contains(where: { $0.form != .plain }) {
            result.append(withCeiling(regressed, limit: 0.7, half: 1))
            result.append(withCeiling(base, limit: 0, half: -3))
        }
        for _ in 0..<count {
            var start = regressed
            for term in problem.terms {
                for i in 0..<term.variables.count {
                    start[term.exponentIndex(i)] += 0.25 * generator.normal()
                }
            }
            result.append(
                withCeiling(start, limit: 0.5 * generator.normal(), half: 1.5 * generator.normal()))
        }
        return result
    }

    /// Ridge regression of the best runs on the variables, three times as loose as the priors.
    private static func regression(_ problem: SurfaceProblem, _ base: [Double]) -> [Double] {
        var result = base
        for term in problem.terms {
            let n = 1 + term.variables.count
            var matrix = [Double](repeating: 0, count: n * n)
            var right = [Double](repeating: 0, count: n)
            for i in 0..<n {
                let prior = problem.priors[term.start + i]
                let weight: Double = 0.1 / (prior.deviation * prior.deviation)
                matrix[i * n + i] = weight
                right[i] = weight * prior.mean
            }
            for group in problem.groups {
                guard let b = best(group, problem) else { continue }
                let row = [1] + term.variables.map { problem.rows[b].point.covariates[$0] }
                for i in 0..<n {
                    right[i] += 10 * row[i] * problem.rows[b].point.coordinates[term.slot]
                    for j in 0..<n { matrix[i * n + j] += 10 * row[i] * row[j] }
                }
            }
            guard let solution = DenseCholesky(matrix, order: n)?.solve(right) else { continue }
            for i in 0..<n { result[term.start + i] = solution[i] }
        }
        return result
    }
}
