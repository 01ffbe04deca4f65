import Foundation
import Testing

@testable import ScalingLaws

@Suite struct LossScreenTests {
    private let good = (0..<40).map { 3 + 0.01 * Double($0 * 7 % 40) }

    @Test func aMarkOfAFailureIsFoundAmongGoodLosses() {
        #expect(LossScreen.notPositive(good + [0]) == [40])
        #expect(LossScreen.notPositive(good + [nil, -1, -1]) == [41, 42])
        #expect(LossScreen.notPositive([3, 3.1, 0, 3.2, 3.3, 3.1]) == [2])
        #expect(LossScreen.notPositive(good).isEmpty)
        #expect(LossScreen.notPositive([nil, nil]).isEmpty)
    }

    @Test func aMetricWithASignKeepsItsRuns() {
        #expect(LossScreen.notPositive(good.map { $0 - 3.1 }).isEmpty)
        #expect(LossScreen.notPositive(good.map { -$0 }).isEmpty)
    }

    @Test func slipsOfAPointAreFound() {
        #expect(LossScreen.farBelow(good + [0.03]) == [40])
        #expect(LossScreen.farBelow([1e-6] + good + [nil]) == [0])
        #expect(LossScreen.offTheLaw([0.01, -0.02, 0.01, nil, 2.3, 0, 0.02, 0.01, -0.01, 0.3]) == [4])
        #expect(LossScreen.offTheLaw([0.1, -0.2, 0.3, -0.1, 0.9, -0.8, 0.2, 0.1, 0.4]).isEmpty)
        #expect(LossScreen.farBelow(good + [2.5]).isEmpty, "a good run is no slip")
    }

    @Test func lossesThatSpanDecadesAreLeftAlone() {
        let falling = (0..<12).map { pow(0.3, Double($0)) }
        #expect(LossScreen.farBelow(falling).isEmpty)
        let bowl = [4.0, 1, 0.01, 1, 4, 9, 16, 25, 36, 2, 3]
        #expect(LossScreen.farBelow(bowl).isEmpty)
        #expect(LossScreen.farBelow([1, 1, 1, 0.001]).isEmpty, "too few to say")
    }

    @Test func aSweepLeavesOutOneLossOfZeroAndSaysSo() throws {
        var random = TestRandom(seed: 3)
        let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
        let samples = SyntheticLaw().sweep(
            budgets: [1e6, 2e6, 4e6, 8e6], perBudget: 7, step: 1.6, noise: 1e-3, random: &random)
        func fit(_ samples: [LossSample]) throws -> Law {
            try LawFitter().fit(
                samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
        }
        var wrong = samples[3]
        wrong.values[.learningRate] = 1e-3
        wrong.loss = 0
        let law = try fit(samples + [wrong])
        #expect(law.warnings.contains { $0.code == .lossLeftOut })
        #expect(law.axes == (try fit(samples)).axes)
        #expect(law.lossScale == .logarithm)
    }
}

@Suite struct LabelledCellTests {
    /// Two settings of one budget: the second ends 5 % higher. Their best rates are those of one law.
    @Test func cellsOfOneBudgetHaveFloorsOfTheirOwn() throws {
        var random = TestRandom(seed: 5)
        let truth = SyntheticLaw(curvature: 0.2)
        let budgets: [Double] = [1e6, 2e6, 4e6, 8e6]
        let samples = ["dense", "sparse"].flatMap { name in
            truth.sweep(budgets: budgets, perBudget: 5, step: 1.6, noise: 1e-3, random: &random).map {
                var sample = $0
                sample.cell = name
                if name == "sparse" { sample.loss? *= 1.05 }
                return sample
            }
        }
        let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])
        let law = try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
        #expect(law.cells.map(\.name) == budgets.flatMap { _ in ["dense", "sparse"] })
        for pair in stride(from: 0, to: law.cells.count, by: 2) {
            let (dense, sparse) = (law.cells[pair], law.cells[pair + 1])
            #expect(dense.tokenBudget == sparse.tokenBudget)
            #expect(abs(sparse.fittedLoss / dense.fittedLoss - 1.05) < 0.005, "\(dense) \(sparse)")
        }
        let exponent = try #require(law.axes[0].exponents[.tokenBudget])
        #expect(abs(exponent.value - truth.exponent) < 0.1)
        #expect(!law.warnings.contains { $0.code == .poorFit })
    }

    @Test func labelsAreWrittenAndReadAndMayBeAbsent() throws {
        var sample = LossSample(values: [.learningRate: 0.1], tokenBudget: 1e6, loss: 2)
        let bare = try JSONEncoder().encode(sample)
        #expect(try JSONDecoder().decode(LossSample.self, from: bare) == sample)
        #expect(!String(decoding: bare, as: UTF8.self).contains("cell"))
        sample.cell = "dense"
        #expect(try JSONDecoder().decode(LossSample.self, from: JSONEncoder().encode(sample)) == sample)
    }
}

@Suite struct BootstrapMemoryTests {
    /// Beyond so many draws resamples are drawn one by one; the intervals are the same up to the resampling's own noise.
    @Test func resamplesOfALargeTableAreDrawnOneByOne() throws {
        var random = TestRandom(seed: 2)
        let points = SyntheticLosses().sweep(sizes: 16, tokens: 16, noise: 0.01, random: &random)
        let table = try LossLawTable(LossLawRequest(points: points))
        let full = try #require(PowerSumSearch().minimise(table.model))
        func spread(_ most: Int) -> Double {
            let bootstrap = LossLawBootstrap(
                model: table.model, clusters: table.clusters, full: full, replicates: 300, seed: 1,
                mostBalanced: most)
            let values = bootstrap.run().points.map { $0[PowerSumModel.Slot.firstExponent] }
            return (values.quantile(0.9) ?? 0) - (values.quantile(0.1) ?? 0)
        }
        let balanced = spread(1 << 22)
        #expect(balanced > 0)
        #expect(abs(spread(0) / balanced - 1) < 0.25)
        #expect(spread(0) == spread(0), "the same seed gives the same resamples")
    }
}
