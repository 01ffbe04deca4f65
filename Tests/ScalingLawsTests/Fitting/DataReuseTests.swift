import Foundation
import ScalingLaws
import Testing

/// Data that run out: flagged, and beyond four passes no slope is claimed.
@Suite struct DataReuseTests {
    private let truth = SyntheticLaw(curvature: 0.2)

    /// Runs at four budgets up to 8e6 tokens, on so many tokens of data; `nil`: without end.
    private func law(dataSize: Double?) throws -> Law {
        var random = TestRandom(seed: 5)
        let budgets = [1e6, 2e6, 4e6, 8e6]
        let samples = truth.sweep(budgets: budgets, perBudget: 6, step: 1.6, noise: 0.003, random: &random)
            .map { sample in
                var sample = sample
                sample.epochs = dataSize.map { sample.tokenBudget / $0 } ?? 1
                return sample
            }
        return try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate],
            prior: .theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate]), seed: 1)
    }

    private func answer(_ law: Law, _ budget: Double) -> LawRecommendation {
        law.recommend(RecommendationQuery(tokenBudget: budget))
    }

    @Test("data without end have no size, and slopes go on")
    func endless() throws {
        let law = try law(dataSize: nil)
        #expect(law.dataSize == nil && law.slopeEnd == nil)
        let far = answer(law, 1e8)
        #expect(!far.warnings.contains { $0.code == .dataReused })
        #expect(far.values[.learningRate]?.exponent != nil && far.loss != nil)
    }

    @Test("fresh runs, an answer of two passes: said, and the slope holds")
    func twoPasses() throws {
        let law = try law(dataSize: 3.2e7)
        #expect(abs((law.dataSize ?? 0) - 3.2e7) < 1)
        #expect(!law.warnings.contains { $0.code == .dataReused })
        #expect(answer(law, 3e7).warnings.isEmpty)
        let found = answer(law, 6.4e7)
        let warning = try #require(found.warnings.first { $0.code == .dataReused })
        #expect(warning.text.contains("2.0 passes over"))
        #expect(found.values[.learningRate]?.exponent != nil && found.loss != nil)
    }

    @Test("beyond four passes values stay, intervals hold both readings, and no loss is predicted")
    func manyPasses() throws {
        let law = try law(dataSize: 8e6)
        #expect(law.slopeEnd == 3.2e7)
        let end = try #require(answer(law, 3.2e7).values[.learningRate])
        let found = answer(law, 1e9)
        let value = try #require(found.values[.learningRate])
        #expect(value.value == end.value && value.exponent == nil && found.loss == nil)
        #expect(found.warnings.contains { $0.code == .dataReused && $0.text.contains("no slope is claimed") })
        let endless = try #require(answer(try self.law(dataSize: nil), 1e9).values[.learningRate])
        let interval = try #require(value.interval)
        #expect(interval[0] <= endless.value && end.value <= interval[1])
        #expect(interval[0] < (end.interval ?? [])[0])
    }

    @Test("runs that passed over their data more than four times: no exponent even within what was run")
    func reusedRuns() throws {
        let law = try law(dataSize: 1e6)
        #expect(law.warnings.contains { $0.code == .dataReused && $0.text.contains("8.0 times") })
        let within = answer(law, 4e6)
        #expect(within.values[.learningRate]?.exponent == nil)
        #expect(abs(log((within.values[.learningRate]?.value ?? 0) / truth.optimum(4e6))) < 0.2)
        #expect(answer(law, 8e6).loss != nil && answer(law, 9e6).loss == nil)
    }

    @Test("a held value stays held where no slope is claimed")
    func heldStays() throws {
        let law = try law(dataSize: 8e6)
        let found = law.recommend(RecommendationQuery(tokenBudget: 1e9, held: [.learningRate: 0.5]))
        #expect(found.values[.learningRate]?.value == 0.5 && found.values[.learningRate]?.source == .fixed)
    }
}
