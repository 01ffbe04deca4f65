import Foundation

/// What the rows of a fit say and what they do not.
struct LossLawRegime {
    var fit: ChinchillaFit
    var minimum: PowerSumSolver.Minimum
    var model: PowerSumModel
    /// Groups of rows that were resampled together.
    var clusters: Int

    /// Mean relative error in the rows themselves from which the form is called wrong. Tuned public sweeps
    /// show 0.3 to 1.7 %, sweeps with one schedule for all sizes 2.2 to 6 %.
    private static let poorError = 0.02
    /// Patterns in smaller errors than this are not worth a word.
    private static let patternError = 0.01
    private static let patternShare = 0.25

    func warnings() -> [LossLawWarning] {
        rows() + edges() + undecided() + misfit()
    }

    private func rows() -> [LossLawWarning] {
        var found: [LossLawWarning] = []
        if fit.rowsDropped > 0 {
            found.append(
                LossLawWarning(.rowsDropped, "\(fit.rowsDropped) rows without a finite loss were left out"))
        }
        let wanted = 3 * fit.parameters.count
        if fit.rowsUsed < wanted {
            found.append(
                LossLawWarning(
                    .fewRows,
                    "\(fit.rowsUsed) rows for \(fit.parameters.count) coefficients: intervals are too "
                        + "narrow; \(wanted) or more make them reliable"))
        }
        if clusters < 8 && clusters < fit.rowsUsed {
            found.append(
                LossLawWarning(
                    .fewClusters,
                    "\(clusters) clusters of rows: intervals over so few are too narrow"
                        + (clusters == 1 ? ", and over one there are none" : "")))
        }
        if !minimum.converged {
            found.append(
                LossLawWarning(
                    .notConverged,
                    "the search stopped at a gradient of \(String(format: "%.1e", minimum.gradient))"))
        }
        return found
    }

    private func edges() -> [LossLawWarning] {
        var found: [LossLawWarning] = []
        let values = fit.parameters.map(\.estimate.value)
        if model.hasFloor && values[0] == 0 {
            found.append(
                LossLawWarning(
                    .floorAtZero,
                    "the best floor E is 0: the rows show no bend, so losses predicted far ahead are too low "
                        + "if there is a floor"))
        }
        for slot in stride(from: 2, to: values.count, by: 2) {
            let (amplitude, exponent) = (fit.parameters[slot - 1].name, fit.parameters[slot].name)
            let range = PowerSumModel.exponentRange
            if values[slot - 1] == 0 {
                found.append(
                    LossLawWarning(
                        .termAtZero,
                        "the best \(amplitude) is 0: the loss does not fall with that size, and "
                            + "\(exponent) means nothing"))
            } else if values[slot] <= range.lowerBound || values[slot] >= range.upperBound {
                found.append(
                    LossLawWarning(
                        .exponentAtLimit,
                        "\(exponent) is at the end of its range, \(values[slot]): the term is not a power "
                            + "law of that size"))
            }
        }
        return found
    }

    private func undecided() -> [LossLawWarning] {
        guard fit.replicates > 0 else { return [] }
        return fit.parameters.enumerated().compactMap { i, parameter in
            let isExponent = i > 0 && i % 2 == 0
            guard !parameter.identified, isExponent || i == 0 && model.hasFloor else { return nil }
            let ends =
                parameter.estimate.interval95.map { String(format: " [%.3g, %.3g]", $0[0], $0[1]) } ?? ""
            return LossLawWarning(
                .notIdentified,
                "the rows hardly tell \(parameter.name): "
                    + String(format: "%.3g", parameter.estimate.value) + ends)
        }
    }

    private func misfit() -> [LossLawWarning] {
        let error = fit.quality.meanRelativeError
        let share = fit.quality.structuredShare ?? 0
        let percent = String(format: "%.1f %%", 100 * error)
        let pattern = String(format: "%.0f %%", 100 * share)
        var found: [LossLawWarning] = []
        if error > Self.poorError {
            found.append(
                LossLawWarning(
                    .poorFit,
                    "the law misses its own rows by \(percent) on average: either they are that noisy, or "
                        + "the form is wrong (rates or schedules not tuned for each size do this); do not "
                        + "extrapolate"))
        }
        let rows = Double(fit.rowsUsed)
        let chance: Double = (share / 5) / max((1 - share) / max(rows - 6, 1), 1e-300)
        if error > Self.patternError, share > Self.patternShare, chance > 4 {
            found.append(
                LossLawWarning(
                    .structuredResiduals,
                    "\(pattern) of what the law misses follows a pattern in the sizes, so it is not noise"
                ))
        }
        return found
    }

    /// Share of the squared residuals explained by `1, x, z, x^2, x z, z^2` (`1, x, x^2, x^3` for one term).
    static func structuredShare(_ model: PowerSumModel, _ residuals: [Double]) -> Double? {
        let order = model.hasSecond ? 6 : 4
        guard residuals.count >= 3 * order else { return nil }
        func features(_ i: Int) -> [Double] {
            let x = model.x[i]
            guard model.hasSecond else { return [1, x, x * x, x * x * x] }
            let z = model.z[i]
            return [1, x, z, x * x, x * z, z * z]
        }
        var gram = [Double](repeating: 0, count: order * order)
        var right = [Double](repeating: 0, count: order)
        var total = 0.0
        for i in residuals.indices {
            let row = features(i)
            total += residuals[i] * residuals[i]
            for j in 0..<order {
                right[j] += row[j] * residuals[i]
                for k in 0..<order { gram[j * order + k] += row[j] * row[k] }
            }
        }
        guard total > 0, let factor = DenseCholesky(gram, order: order) else { return nil }
        let explained: Double = zip(factor.solve(right), right).reduce(0) { $0 + $1.0 * $1.1 }
        return min(max(explained / total, 0), 1)
    }
}
