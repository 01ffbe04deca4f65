import Foundation

extension ChinchillaFit {
    /// Most draws that are kept for predictions.
    private static let keptDraws = 500

    /// Fits a loss law.
    ///
    /// - Parameter request: rows and settings.
    /// - Returns: The law with intervals and warnings; the same for the same request, on every machine.
    /// - Throws: `LossLawError` when sizes are missing or unusable, a loss is not positive, or the rows are
    ///   fewer than the coefficients.
    public static func fit(_ request: LossLawRequest) throws(LossLawError) -> ChinchillaFit {
        let table = try LossLawTable(request)
        guard let minimum = PowerSumSearch().minimise(table.model), minimum.value.isFinite else {
            throw .notSolvable(rows: table.model.y.count)
        }
        let bootstrap = LossLawBootstrap(
            model: table.model, clusters: table.clusters, full: minimum, replicates: request.replicates,
            seed: request.seed)
        let outcome = bootstrap.run()
        let centre = table.coefficients(minimum.point)
        guard centre.allSatisfy(\.isFinite) else { throw .notSolvable(rows: table.model.y.count) }
        let draws = outcome.points.map(table.coefficients).filter { $0.allSatisfy(\.isFinite) }
        let step = max(1, Double(draws.count) / Double(keptDraws))
        let kept = (0..<min(keptDraws, draws.count)).map { draws[Int(Double($0) * step)] }
        var fit = ChinchillaFit(
            form: table.form, parameters: parameters(table, centre, draws), objective: minimum.value,
            gradient: minimum.gradient, huberDelta: request.huberDelta, modelSizeExponent: nil,
            quality: quality(table, minimum.point),
            drift: LossLawHindcast.drift(table.model) ?? LossLawHindcast.usual, ranges: ranges(table),
            rowsUsed: table.model.y.count, rowsDropped: table.dropped, replicates: draws.count,
            replicatesSearched: outcome.searched, influence: influence(table, minimum), warnings: [],
            draws: kept)
        if table.form.hasTwoTerms, centre[1] > 0, centre[3] > 0 {
            fit.modelSizeExponent = IntervalEstimate(
                centre[4] / (centre[2] + centre[4]),
                resampled: draws.map { $0[1] > 0 && $0[3] > 0 ? $0[4] / ($0[2] + $0[4]) : .nan })
        }
        let regime = LossLawRegime(
            fit: fit, minimum: minimum, model: table.model, clusters: bootstrap.members().count)
        fit.warnings = table.warnings + regime.warnings()
        return fit
    }

    private static func parameters(
        _ table: LossLawTable, _ centre: [Double], _ draws: [[Double]]
    ) -> [Parameter] {
        let estimates = centre.indices.map { i in
            IntervalEstimate(centre[i], resampled: draws.map { $0[i] })
        }
        let range = PowerSumModel.exponentRange
        func told(_ exponent: Int) -> Bool {
            guard let ends = estimates[exponent].interval95 else { return false }
            return ends[0] > 1.01 * range.lowerBound && ends[1] < 0.99 * range.upperBound
                && ends[1] < 2.5 * ends[0] && centre[exponent - 1] > 0
        }
        return zip(table.form.parameterNames, estimates).enumerated().map { i, entry in
            let identified =
                i == 0 ? (entry.1.interval95?[0] ?? 0) > 0 : told(i % 2 == 0 ? i : i + 1)
            return Parameter(name: entry.0, estimate: entry.1, identified: identified)
        }
    }

    private static func influence(
        _ table: LossLawTable, _ minimum: PowerSumSolver.Minimum
    ) -> Influence? {
        guard let found = LossLawInfluence(model: table.model, full: minimum).decisive() else { return nil }
        let coefficients = table.coefficients(found.point)
        // Every second coefficient after the floor is an exponent.
        let names = zip(table.form.parameterNames, coefficients).enumerated().filter {
            $0.offset > 0 && $0.offset % 2 == 0
        }
        return Influence(
            rows: found.rows.map { table.places[$0] },
            exponents: Dictionary(uniqueKeysWithValues: names.map { ($0.element.0, $0.element.1) }))
    }

    private static func quality(_ table: LossLawTable, _ point: PowerSumModel.Vector) -> Quality {
        let residuals = table.model.residuals(point)
        let relative = residuals.map { abs(exp($0) - 1) }
        let sizes = residuals.map { abs($0) }
        return Quality(
            meanRelativeError: relative.reduce(0, +) / Double(relative.count),
            largestRelativeError: relative.max() ?? 0, scatter80: sizes.quantile(0.8) ?? 0,
            scatter95: sizes.quantile(0.95) ?? 0,
            structuredShare: LossLawRegime.structuredShare(table.model, residuals))
    }

    private static func ranges(_ table: LossLawTable) -> Ranges {
        func range(_ slot: Int) -> [Double]? {
            let ends = [exp(table.low[slot]), exp(table.high[slot])]
            return ends.allSatisfy(\.isFinite) ? ends : nil
        }
        return Ranges(modelSize: range(0), tokens: range(1), compute: range(2))
    }
}
