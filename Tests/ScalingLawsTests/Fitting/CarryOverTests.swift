import Foundation
import Testing

@testable import ScalingLaws

/// What moves an answer from the best run of the largest cell, and the parts of the law behind it.
@Suite("Carry-over, bends and brevity") struct CarryOverTests {
    private func draws(around centre: Double, deviation: Double) -> [Double] {
        // Evenly spread quantiles of a normal distribution, near enough for its 10 and 90 % points.
        (1..<200).map { centre + deviation * 2.5 * (Double($0) / 100 - 1) * 0.641 }
    }

    @Test("a law that is no surer than its distance from the run reuses the run; a sure one is followed")
    func sureness() {
        let unsure = draws(around: 1, deviation: 2)
        #expect(CarryOver.answer(run: 0, law: 1, samples: unsure, widening: 1) == 0)
        let sure = draws(around: 1, deviation: 0.05)
        #expect(abs(CarryOver.answer(run: 0, law: 1, samples: sure, widening: 1) - 1) < 0.01)
        let between = CarryOver.answer(run: 0, law: 1, samples: draws(around: 1, deviation: 0.5), widening: 1)
        #expect(between > 0.3 && between < 0.95)
        // What only the prior is sure of counts less.
        #expect(
            CarryOver.answer(run: 0, law: 1, samples: draws(around: 1, deviation: 0.5), widening: 1.5)
                < between)
    }

    @Test("within what was run, and with two budgets, nothing is carried over")
    func whereItApplies() throws {
        var random = TestRandom(seed: 3)
        let truth = SyntheticLaw(coefficient: 0.01, exponent: -0.3, curvature: 0.2)
        func law(_ budgets: [Double]) throws -> Law {
            try LawFitter().fit(
                samples: truth.sweep(budgets: budgets, perBudget: 5, step: 2, noise: 0.01, random: &random),
                searchedAxes: [.learningRate], regime: [.learningRate],
                prior: .theory(.none, geometry: .normalized, tunedAxes: [.learningRate]), seed: 1)
        }
        let three = try law([1e6, 2e6, 4e6])
        #expect(three.recommend(RecommendationQuery(tokenBudget: 4e6)).carryOver == nil)
        let far = three.recommend(RecommendationQuery(tokenBudget: 3.2e7))
        let run = try #require(far.carryOver)
        #expect(run.tokenBudget == 4e6)
        #expect(run.values == three.cells.last?.best)
        #expect(try #require(far.expectedRegret) >= 0)
        let two = try law([1e6, 2e6])
        #expect(two.recommend(RecommendationQuery(tokenBudget: 3.2e7)).carryOver == nil)
    }

    @Test("bends stand between the ends, and few enough of them")
    func knots() throws {
        #expect(SurfaceBends.knots([0, 1]) == nil)
        let three = try #require(SurfaceBends.knots([0, 0.7, 1.4]))
        #expect(three.inner == [0.7] && three.ends == 0...1.4)
        let many = try #require(SurfaceBends.knots((0..<500).map { 0.01 * Double($0) }))
        #expect(many.inner.count <= SurfaceBends.mostKnots)
        #expect(many.inner.allSatisfy { $0 > many.ends.lowerBound && $0 < many.ends.upperBound })
        #expect(SurfaceBends.wandering(over: -1) == 0)
        #expect(SurfaceBends.wandering(over: 2) > SurfaceBends.wandering(over: 1))
    }

    @Test("runs of few steps count less, and nothing is said where the batch size is not told")
    func brevity() {
        func weight(_ steps: Double) -> Double {
            Brevity.weight(LossSample(values: [.batchSize: 64], tokenBudget: 64 * steps, loss: 1))
        }
        #expect(weight(80) == 0.5)
        #expect(weight(16) < 0.01 && weight(1000) > 0.99)
        #expect(Brevity.weight(LossSample(values: [:], tokenBudget: 100, loss: 1)) == 1)
        #expect(Brevity.log(tokenBudget: 1e6, batchSize: nil) == nil)
    }

    @Test("an axis that was stored before laws could bend is read, without bends")
    func storedBefore() throws {
        let bent = AxisLaw(
            axis: .learningRate, coefficient: 0.01,
            deviations: [
                LawDeviation(
                    variable: .tokenBudget, knots: [1e6, 4e6], values: [0.2, 0], largest: 8e6, scale: 0.1)
            ], triedRange: [1e-3, 1e-1])
        let data = try JSONEncoder().encode(bent)
        #expect(try JSONDecoder().decode(AxisLaw.self, from: data) == bent)
        var fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(fields.removeValue(forKey: "deviations") != nil)
        let old = try JSONSerialization.data(withJSONObject: fields)
        #expect(try JSONDecoder().decode(AxisLaw.self, from: old).deviations.isEmpty)
    }
}
