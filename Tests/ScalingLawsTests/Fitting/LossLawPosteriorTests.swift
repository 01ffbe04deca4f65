import Foundation
import Testing

@testable import ScalingLaws

/// The grids of the loss law against answers found another way.
@Suite struct LossLawPosteriorTests {
    /// Cells of an exact law with errors of `noise`.
    private func cells(
        sizes: [Double], budgets: [Double], noise: Double, seed: UInt64
    ) -> [LossLawFit.Cell] {
        var random = TestRandom(seed: seed)
        return sizes.flatMap { size in
            budgets.map { budget in
                let loss: Double =
                    1.8 + 0.7 * pow(budget / 4e9, -0.36)
                    + (sizes.count > 1 ? 0.8 * pow(size / 1e8, -0.34) : 0)
                return LossLawFit.Cell(
                    tokenBudget: budget, modelSize: sizes.count > 1 ? size : nil,
                    loss: loss * (1 + noise * random.normal()), error: noise / LossLawFit.errorStretch)
            }
        }
    }

    private func covariance(_ fit: LossLawFit) throws -> DenseCholesky {
        let count = fit.cells.count
        var matrix = [Double](repeating: 0, count: count * count)
        for (i, cell) in fit.cells.enumerated() {
            let error: Double = LossLawFit.errorStretch * cell.error * cell.loss / fit.unit
            matrix[i * count + i] = error * error
        }
        return try #require(DenseCholesky(matrix, order: count))
    }

    /// Log density of the cells under a law, the errors' factor integrated out, up to a constant.
    private func logLikelihood(_ fit: LossLawFit, _ law: LossLaw) -> Double {
        let misfit: Double = fit.cells.reduce(0) {
            let z: Double =
                ($1.loss - law.loss(tokenBudget: $1.tokenBudget, modelSize: $1.modelSize))
                / (LossLawFit.errorStretch * $1.error * $1.loss)
            return $0 + z * z
        }
        let freedom = LossLawFit.errorFreedom
        return -(freedom + Double(fit.cells.count)) / 2 * log((freedom + misfit) / 2)
    }

    private struct Moments {
        var weight = 0.0
        var first = 0.0
        var second = 0.0
        mutating func add(_ value: Double, _ w: Double) {
            weight += w
            first += w * value
            second += w * value * value
        }
        var mean: Double { first / weight }
        var deviation: Double { max(0, second / weight - mean * mean).squareRoot() }
    }

    /// One size: quadrature over exponent, share and level, both forms, and their odds.
    @Test(arguments: [0.005, 0.02])
    func oneSizeAgreesWithQuadrature(noise: Double) throws {
        let seed: UInt64 = 5
        let fit = LossLawFit(
            cells: cells(sizes: [1e8], budgets: [1e9, 2e9, 4e9, 8e9, 1.6e10], noise: noise, seed: seed),
            lossFloor: 0, reference: 4e9)
        let factor = try covariance(fit)
        var generator = FitRandom(seed: 1)
        var ratio: [Bool: Double] = [:]
        for known in [true, false] {
            var grid = Moments()
            for point in LossLawGrid(fit, covariance: factor, floorKnown: known)
                .points(nodes: 600, generator: &generator)
            {
                grid.add(
                    fit.law(point.exponents, point.coefficients).loss(tokenBudget: 1.6e11),
                    exp(point.logWeight))
            }
            var exact = Moments()
            let top = 2.5
            let levels = (0..<80).map { top * (1 + 10 * noise * (Double($0) / 40 - 1)) }
            let step: Double = levels[1] - levels[0]
            for i in 0..<500 {
                let exponent: Double = exp(log(0.01) + log(400) * (Double(i) + 0.5) / 500)
                for j in 0..<(known ? 1 : 200) {
                    let share: Double = known ? 0 : (Double(j) + 0.5) / 200
                    for level in levels {
                        let law = fit.law(
                            (exponent, 0),
                            LossLawFit.Coefficients(floor: level * share, amplitude: level * (1 - share)))
                        let density: Double =
                            logLikelihood(fit, law) + LossLawFit.logPrior(exponent: exponent)
                        exact.add(
                            law.loss(tokenBudget: 1.6e11),
                            exp(density) / level * step * log(400) / 500 / (known ? 1 : 200))
                    }
                }
            }
            ratio[known] = grid.weight / exact.weight
            #expect(
                abs(grid.mean - exact.mean) < 0.15 * exact.deviation,
                "mean \(grid.mean), exactly \(exact.mean) ± \(exact.deviation), seed \(seed)")
            #expect(abs(grid.deviation / exact.deviation - 1) < 0.12, "seed \(seed)")
        }
        let odds: Double = try #require(ratio[true]) / #require(ratio[false])
        // The constant of the likelihood, Gamma and powers of 2 pi, is common to both forms.
        #expect(abs(log(odds)) < 0.1, "odds of the forms off by \(odds), seed \(seed)")
    }

    /// Two sizes and more: a long random walk over all five coefficients.
    @Test(arguments: [0.0005, 0.005])
    func twoTermsAgreeWithALongChain(noise: Double) throws {
        let seed: UInt64 = 9
        let fit = LossLawFit(
            cells: cells(
                sizes: [5e7, 1e8, 2e8], budgets: [1e9, 2e9, 4e9, 8e9, 1.6e10], noise: noise, seed: seed),
            lossFloor: 0, reference: 4e9, modelReference: 1e8)
        let factor = try covariance(fit)
        var generator = FitRandom(seed: 2)
        var grid = Moments()
        for point in LossLawGrid(fit, covariance: factor, floorKnown: false)
            .points(nodes: 60, generator: &generator)
        {
            grid.add(
                fit.law(point.exponents, point.coefficients).loss(tokenBudget: 6.4e10, modelSize: 1e9),
                exp(point.logWeight))
        }
        // Coordinates: log e, log g, E, and the two slopes e A and g B, which hardly correlate with the exponents.
        func density(_ x: [Double]) -> (Double, Double) {
            let e: Double = exp(x[0])
            let g: Double = exp(x[1])
            let c = LossLawFit.Coefficients(floor: x[2], amplitude: x[3] / e, modelAmplitude: x[4] / g)
            guard c.floor > 0, c.amplitude > 0, c.modelAmplitude > 0,
                e > LossLawFit.exponentRange.low, g > LossLawFit.exponentRange.low
            else { return (-.infinity, 0) }
            let law = fit.law((e, g), c)
            let belief: Double =
                LossLawFit.logPrior(exponent: e) + LossLawFit.logPrior(exponent: g)
                + fit.logPrior(c, floorKnown: false) - x[0] - x[1]
            return (logLikelihood(fit, law) + belief, law.loss(tokenBudget: 6.4e10, modelSize: 1e9))
        }
        var random = TestRandom(seed: seed)
        var x = [log(0.36), log(0.34), 1.8, 0.36 * 0.7, 0.34 * 0.8]
        var here = density(x)
        var mean = x
        var spread = (0..<5).map { i in
            (0..<5).map { i == $0 ? pow([0.1, 0.1, 0.1, 0.003, 0.003][i], 2) * noise / 0.005 : 0 }
        }
        var chain = Moments()
        let steps = 400_000
        for step in 0..<steps {
            let matrix = spread.flatMap { $0 }
            let proposal =
                DenseCholesky(matrix, order: 5)?.multiplied((0..<5).map { _ in random.normal() }) ?? []
            guard proposal.count == 5 else { break }
            let next = zip(x, proposal).map { $0 + 0.9 * $1 }
            let there = density(next)
            if log(random.uniform()) < there.0 - here.0 { (x, here) = (next, there) }
            // The first quarter learns the covariance (Haario, Saksman and Tamminen 2001) and is thrown away.
            if step < steps / 4 {
                let rate: Double = 1 / (Double(step) + 200)
                for i in 0..<5 {
                    for j in 0..<5 {
                        spread[i][j] += rate * ((x[i] - mean[i]) * (x[j] - mean[j]) - spread[i][j])
                    }
                    spread[i][i] += 1e-12
                }
                for i in 0..<5 { mean[i] += rate * (x[i] - mean[i]) }
            } else {
                chain.add(here.1, 1)
            }
        }
        #expect(
            abs(grid.mean - chain.mean) < 0.15 * chain.deviation,
            "mean \(grid.mean), chain \(chain.mean) ± \(chain.deviation), seed \(seed)")
        #expect(abs(grid.deviation / chain.deviation - 1) < 0.15, "\(grid.deviation), seed \(seed)")
    }

    /// Points enough in every case that collapsed a random sampler: nearly exact cells, two sizes, three budgets.
    @Test(arguments: [1e-5, 1e-3, 3e-2])
    func enoughPointsCount(noise: Double) throws {
        for sizes in [[1e8], [1e8, 2e8], [5e7, 1e8, 2e8, 4e8]] {
            for budgets in [[1e9, 2e9, 4e9], [1e9, 2e9, 4e9, 8e9, 1.6e10, 3.2e10, 6.4e10]] {
                let fit = LossLawFit(
                    cells: cells(sizes: sizes, budgets: budgets, noise: noise, seed: 3), lossFloor: 0,
                    reference: 4e9, modelReference: sizes.count > 1 ? 1e8 : nil)
                var generator = FitRandom(seed: 4)
                let start = ContinuousClock.now
                let posterior = try #require(
                    LossLawPosterior(fit, floorKnownOdds: 0.2, generator: &generator))
                let middle = ContinuousClock.now
                _ = posterior.draws(256, generator: &generator)
                let taken = ContinuousClock.now - start
                print(
                    "posterior of \(fit.cells.count) cells, noise \(noise): \(taken), draws \(ContinuousClock.now - middle), \(posterior.effectivePoints) points"
                )
                #expect(posterior.effectivePoints > 100, "\(sizes.count) sizes, \(budgets.count) budgets")
            }
        }
    }

    @Test func truncatedNormalsHaveTheirMean() {
        var generator = FitRandom(seed: 8)
        for low in [-3.0, -0.5, 0.3, 1, 4, 30] {
            let draws = (0..<20_000).map { _ in generator.normal(above: low) }
            // phi(x) / (1 - Phi(x)), the inverse Mills ratio.
            let expected: Double = exp(
                -low * low / 2 - 0.5 * log(2 * .pi) - SpecialFunctions.logNormalCDF(-low))
            #expect(draws.allSatisfy { $0 >= low })
            #expect(abs(draws.reduce(0, +) / 20_000 - expected) < 0.02, "above \(low)")
        }
    }

    /// A bent law: kept bends bring the draws back to the cells.
    @Test func bendsFollowTheCells() throws {
        let budgets = (0..<6).map { 1e9 * pow(2.0, Double($0)) }
        let losses = [3.2, 2.9, 2.74, 2.65, 2.45, 2.3]
        let fit = LossLawFit(
            cells: zip(budgets, losses).map { LossLawFit.Cell(tokenBudget: $0, loss: $1, error: 0.001) },
            lossFloor: 0, reference: 4e9)
        var generator = FitRandom(seed: 6)
        let posterior = try #require(LossLawPosterior(fit, floorKnownOdds: 0.2, generator: &generator))
        let draws = posterior.draws(256, generator: &generator)
        #expect(posterior.meanRate > 0.1)
        let range = LossLawDraw.Range(tokens: (budgets[0], budgets[5]))
        for (budget, loss) in zip(budgets, losses) {
            let values = draws.map { $0.loss(RecommendationQuery(tokenBudget: budget), range: range) }
            let middle = try #require(values.median)
            #expect(abs(middle - loss) < 0.05, "\(budget): \(middle) for \(loss)")
        }
    }
}
