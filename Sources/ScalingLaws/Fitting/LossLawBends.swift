import Foundation

/// The bends of one set of cells: their covariance under each setting, and draws of them.
struct LossLawBends {
    private let fit: LossLawFit
    private let distances: (tokens: [Double], model: [Double])
    /// Fall of the loss per factor e at the end, in units of `fit.unit`, and its growth below.
    private let slopes: (tokens: (Double, Double), model: (Double, Double))
    /// Standard errors and shared errors of the cells' losses, and their covariance, in units of `fit.unit`.
    private let errors: [Double]
    private let shared: [[Double]]
    private let errorCovariance: [Double]

    /// Takes the slopes from the best law without bends; `nil` when no law explains the cells.
    init?(_ fit: LossLawFit, generator: inout FitRandom) {
        self.fit = fit
        let unit = fit.unit
        errors = fit.cells.map { max(LossLawFit.errorStretch * $0.error * abs($0.loss) / unit, 1e-300) }
        let largest = fit.cells.map(\.tokenBudget).max() ?? 1
        let largestModel = fit.cells.compactMap(\.modelSize).max() ?? 1
        distances = (
            fit.cells.map { log(largest / $0.tokenBudget) },
            fit.modelReference == nil
                ? fit.cells.map { _ in 0 }
                : fit.cells.map { log(largestModel / ($0.modelSize ?? largestModel)) }
        )
        let count = errors.count
        shared = fit.cells.map { cell in cell.shared.map { $0 * cell.loss / unit } }
        var errorCovariance = [Double](repeating: 0, count: count * count)
        for i in 0..<count {
            for j in 0..<count {
                var sum: Double = i == j ? errors[i] * errors[i] : 0
                for (a, b) in zip(shared[i], shared[j]) { sum += a * b }
                errorCovariance[i * count + j] = sum
            }
        }
        self.errorCovariance = errorCovariance
        guard let covariance = DenseCholesky(errorCovariance, order: count) else { return nil }
        let best = [true, false].flatMap {
            LossLawGrid(fit, covariance: covariance, floorKnown: $0)
                .points(nodes: fit.modelReference == nil ? 48 : 14, generator: &generator)
        }.max { $0.logWeight < $1.logWeight }
        guard let best else { return nil }
        let law = fit.law(best.exponents, best.coefficients)
        func end(_ amplitude: Double, _ exponent: Double, _ reference: Double, _ last: Double) -> (
            Double, Double
        ) {
            (exponent * amplitude * pow(last / reference, -exponent) / unit, min(exponent, 1.5))
        }
        slopes = (
            end(law.amplitude, law.exponent, law.reference, largest),
            law.modelTerm.map { end($0.amplitude, $0.exponent, $0.reference, largestModel) } ?? (0, 0)
        )
    }

    /// Of the cells' losses, in units of `fit.unit`, errors and bends together.
    func covariance(_ setting: LossLawBend.Setting) -> DenseCholesky? {
        let count = errors.count
        var matrix = errorCovariance
        if setting.rate > 0 {
            let rows = weights(setting, places: false)
            let variance: Double = setting.rate * setting.rate
            for (w, _) in [rows.tokens, rows.model] {
                for i in 0..<count {
                    for j in 0...i {
                        var sum = 0.0
                        for k in w[i].indices { sum += w[i][k] * w[j][k] }
                        matrix[i * count + j] += variance * sum
                        if i != j { matrix[j * count + i] += variance * sum }
                    }
                }
            }
        }
        return DenseCholesky(matrix, order: count)
    }

    /// What draws under one setting need.
    struct Prepared {
        fileprivate let setting: LossLawBend.Setting
        fileprivate let covariance: DenseCholesky?
        fileprivate let rows: (tokens: Rows, model: Rows)
    }

    /// Prepares draws under one setting.
    func prepared(_ index: Int) -> Prepared {
        let setting = LossLawBend.settings[index]
        return Prepared(
            setting: setting, covariance: covariance(setting), rows: weights(setting, places: true))
    }

    /// A law with bends that explain what it leaves of the cells (a draw corrected by what it misses; Matheron's rule).
    func draw(
        law: LossLaw, _ prepared: Prepared, errorScale: Double, generator: inout FitRandom
    ) -> LossLawDraw {
        var drawn = LossLawDraw(law: law)
        let setting = prepared.setting
        guard setting.rate > 0, let covariance = prepared.covariance else { return drawn }
        let size: Double = setting.rate * errorScale
        // Student-t: what comes beyond the runs is now and then a break.
        func further() -> Double {
            size * generator.normal()
                * (LossLawBend.breakFreedom / generator.chiSquare(LossLawBend.breakFreedom)).squareRoot()
        }
        drawn.bend = further()
        if fit.modelReference != nil { drawn.modelBend = further() }
        let rows = prepared.rows
        let unit = fit.unit
        let walks = [rows.tokens, rows.model].map { rows in
            (0..<(rows.cells.map(\.count).max() ?? 0)).map { _ in size * generator.normal() }
        }
        func along(_ row: [Double], _ walk: [Double]) -> Double {
            var sum = 0.0
            for k in row.indices { sum += row[k] * walk[k] }
            return sum
        }
        let common = (0..<(shared.map(\.count).max() ?? 0)).map { _ in errorScale * generator.normal() }
        let missed = fit.cells.indices.map { i -> Double in
            let cell = fit.cells[i]
            let left: Double =
                (cell.loss - law.loss(tokenBudget: cell.tokenBudget, modelSize: cell.modelSize)) / unit
            return left - along(rows.tokens.cells[i], walks[0]) - along(rows.model.cells[i], walks[1])
                - along(shared[i], common) - errorScale * errors[i] * generator.normal()
        }
        let pull = covariance.solve(missed)
        func bends(_ rows: (cells: [[Double]], places: [[Double]]), _ walk: [Double]) -> [Double] {
            var corrected = walk
            for k in walk.indices {
                var sum = 0.0
                for i in pull.indices { sum += rows.cells[i][k] * pull[i] }
                corrected[k] += setting.rate * setting.rate * sum
            }
            return rows.places.map { unit * along($0, corrected) }
        }
        drawn.tokenBends = bends(rows.tokens, walks[0])
        if fit.modelReference != nil { drawn.modelBends = bends(rows.model, walks[1]) }
        return drawn
    }

    fileprivate typealias Rows = (cells: [[Double]], places: [[Double]])

    private func weights(_ setting: LossLawBend.Setting, places: Bool) -> (tokens: Rows, model: Rows) {
        func rows(_ distances: [Double], _ slope: (Double, Double), _ count: Int) -> Rows {
            let kept = places ? LossLawBend.places(count, to: distances.max() ?? 0) : []
            let all = LossLawBend.weights(
                distances + kept, slope: { slope.0 * exp(slope.1 * $0) }, early: setting.early)
            return (Array(all.prefix(distances.count)), Array(all.dropFirst(distances.count)))
        }
        return (
            rows(distances.tokens, slopes.tokens, LossLawBend.tokenPlaces),
            rows(distances.model, slopes.model, LossLawBend.modelPlaces)
        )
    }
}
