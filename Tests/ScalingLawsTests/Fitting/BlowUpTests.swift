import Foundation
import Testing

@testable import ScalingLaws

/// Runs that blew up without becoming NaN.
@Suite struct BlowUpTests {
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
    private let budgets = [1e6, 4e6, 1.6e7, 6.4e7]
    private let truth = SyntheticLaw(curvature: 0.1)

    private func fit(_ samples: [LossSample]) throws(LawFitError) -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior, seed: 1)
    }

    /// Runs at factors of the best rate; from `cliff` on they blow up to a loss of 7 to 8.
    private func cell(
        _ factors: [Double], _ budget: Double, cliff: Double, noise: Double = 0.003
    ) -> [LossSample] {
        var random = TestRandom(seed: UInt64(budget))
        return factors.map { factor in
            let rate: Double = truth.optimum(budget) * factor
            let smooth: Double = truth.loss(rate, budget) * exp(noise * random.normal())
            return LossSample(
                values: [.learningRate: rate], tokenBudget: budget,
                loss: factor >= cliff ? 7 + random.uniform(0, 1) : smooth)
        }
    }

    private func sweep(_ factors: [Double], cliff: Double) -> [LossSample] {
        budgets.flatMap { cell(factors, $0, cliff: cliff) }
    }

    private func blownUp(_ samples: [LossSample]) throws -> Int {
        let request = LawFitRequest(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
        return try FitTable(request).blownUp.count
    }

    @Test("runs far above the best at higher rates are bounds and named with the worst of them")
    func aCliffIsNamed() throws {
        let samples = sweep([0.25, 0.5, 1, 2, 4, 8], cliff: 4)
        #expect(try blownUp(samples) == 8)
        let law = try fit(samples)
        let warning = try #require(law.warnings.first { $0.code == .blownUp })
        #expect(warning.text.contains("8 runs blew up without becoming NaN in 4 cells"), "\(warning.text)")
        #expect(warning.text.contains("64M tokens"), "\(warning.text)")
        let asked = RecommendationQuery(tokenBudget: 6.4e7)
        #expect(abs(log(law.optimum(of: .learningRate, at: asked) / truth.optimum(6.4e7))) < 0.2)
    }

    @Test("a smooth curve has no blow-ups, however skewed or coarse")
    func smoothCurvesAreLeftAlone() throws {
        for skew in [-0.3, 0.001, 0.3, 0.6] {
            for (step, curvature) in [(2.0, 0.5), (4, 0.2), (10, 0.1)] where skew * log(step) < 1 {
                let smooth = SyntheticLaw(curvature: curvature, skew: skew)
                for shift in [-0.49, -0.2, 0, 0.2, 0.49] {
                    let samples = budgets.flatMap { budget in
                        (-2...2).map { i in
                            let rate: Double = smooth.optimum(budget) * pow(step, Double(i) + shift)
                            return LossSample(
                                values: [.learningRate: rate], tokenBudget: budget,
                                loss: smooth.loss(rate, budget))
                        }
                    }
                    #expect(try blownUp(samples) == 0, "skew \(skew), step \(step), shift \(shift)")
                }
            }
        }
    }

    @Test("excess risk over decades up to the stability limit is smooth")
    func excessRiskIsLeftAlone() throws {
        let samples = StreamingLeastSquares().sweep(rates: logSpaced(1e-3, 3, 9), noise: 0.02, seed: 11)
        #expect(try blownUp(samples) <= samples.count / 50)
    }

    @Test("a rate that was too low is an ordinary run")
    func lowRatesAreOrdinary() throws {
        let samples = budgets.flatMap { budget in
            cell([0.5, 1, 2], budget, cliff: 4)
                + [
                    LossSample(
                        values: [.learningRate: truth.optimum(budget) / 1000], tokenBudget: budget, loss: 9)
                ]
        }
        #expect(try blownUp(samples) == 0)
    }

    @Test("the window of a cell with three rates is not measured by the one that blew up")
    func threeRatesKeepASoundWindow() throws {
        let samples =
            budgets.dropLast().flatMap { cell([0.25, 0.5, 1, 2, 4], $0, cliff: 5) }
            + cell([0.4, 1.2, 3.6], 6.4e7, cliff: 3)
        #expect(try blownUp(samples) == 1)
        let request = LawFitRequest(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
        let builder = SurfaceBuilder(
            table: try FitTable(request), configuration: LawFitConfiguration(), axes: [.learningRate])
        let problem = builder.problem(FormMember(form: .plain), noise: 0)
        let group = try #require(problem.groups.last)
        #expect(group.rows.count == 2)
        #expect(group.bounds.count == 1)
        let law = try fit(samples)
        let asked = RecommendationQuery(tokenBudget: 6.4e7)
        let clean = try fit(samples.filter { ($0.loss ?? 0) < 6 })
        let error: Double = abs(log(law.optimum(of: .learningRate, at: asked) / truth.optimum(6.4e7)))
        let without: Double = abs(log(clean.optimum(of: .learningRate, at: asked) / truth.optimum(6.4e7)))
        #expect(error < without + 0.1, "\(error) with the blow-up, \(without) without")
    }

    @Test("a metric with a sign has blow-ups where the order has a gap")
    func gapsWithoutALogarithm() throws {
        let samples = budgets.flatMap { budget in
            [0.25, 0.5, 1, 2, 4].map { factor in
                let x: Double = log(factor)
                return LossSample(
                    values: [.learningRate: truth.optimum(budget) * factor], tokenBudget: budget,
                    loss: factor == 4 ? -0.1 : -0.9 + 0.01 * x * x)
            }
        }
        #expect(try blownUp(samples) == 4)
    }

    @Test(
        "beside a cliff the answer lies below the foot of the curve and below what blew up",
        arguments: [1.2, 1.6, 2.5])
    func answersKeepOffACliff(cliff: Double) throws {
        let samples = budgets.flatMap { cell([0.25, 0.4, 0.63, 1, 1.6, 2.5], $0, cliff: cliff) }
        let law = try fit(samples)
        let largest = try #require(budgets.last)
        let lost = samples.filter { $0.tokenBudget == largest && ($0.loss ?? 0) > 6 }
        let first = try #require(lost.compactMap { $0.values[.learningRate] }.min())
        for budget in [largest, 4 * largest, 64 * largest] {
            let asked = RecommendationQuery(tokenBudget: budget)
            let found = try #require(law.recommend(asked).values[.learningRate]?.value)
            #expect(found < first, "\(budget): \(found) of \(first)")
            let foot = law.optimum(of: .learningRate, at: asked)
            if budget == largest { #expect(found < foot) }
        }
    }

    @Test("a rate that grows with the budget is not followed above what blew up")
    func growingRatesStop() throws {
        let growing = SyntheticLaw(exponent: 0.3, curvature: 0.2)
        var random = TestRandom(seed: 3)
        let samples = budgets.flatMap { budget in
            [0.25, 0.5, 1, 1.5].map { factor in
                let rate: Double = growing.optimum(budget) * factor
                let loss: Double = growing.loss(rate, budget) * exp(0.003 * random.normal())
                return LossSample(
                    values: [.learningRate: rate], tokenBudget: budget, loss: factor > 1 ? 8 : loss)
            }
        }
        let law = try fit(samples)
        let answer = law.recommend(RecommendationQuery(tokenBudget: 1e10)).values[.learningRate]
        #expect(try #require(answer?.value) < 1.5 * growing.optimum(6.4e7))
    }
}
