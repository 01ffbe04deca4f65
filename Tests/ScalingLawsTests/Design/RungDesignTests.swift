import Foundation
import Testing

@testable import ScalingLaws

/// What a sweep runs whatever it is expected to be worth, and with what it ends.
@Suite struct RungDesignTests {
    private static let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])

    private static func space(_ budgets: [Double]) -> DesignSpace {
        DesignSpace(
            cells: budgets.map { DesignCell(tokenBudget: $0, cost: $0) }, conditions: [[:]],
            learningRates: 1e-5...1, targets: [DesignCell(tokenBudget: 1e6, cost: 1e6)], prior: prior)
    }

    private static func doubling(_ count: Int) -> [Double] { (0..<count).map { 1000 * pow(2, Double($0)) } }

    /// A sweep of so many runs of which none is made.
    private static func rungs(_ budgets: [Double], runs: Int? = nil, cost: Double? = nil) -> RungDesign {
        RungDesign(
            space: space(budgets), samples: [], pending: [], limits: DesignLimits(runs: runs, cost: cost),
            made: 0, costCap: cost)
    }

    /// `log loss = -0.1 log T + 0.05 (log rate - log best)^2`.
    private static func sample(_ rate: Double, at budget: Double, best: Double) -> LossSample {
        let x: Double = log(rate / best)
        return LossSample(
            values: [.learningRate: rate], tokenBudget: budget,
            loss: exp(-0.1 * log(budget) + 0.05 * x * x))
    }

    private static func law(_ samples: [LossSample]) throws -> Law {
        try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
    }

    @Test("the rungs reach from the smallest budget to the largest, with as many between as the runs allow")
    func rungsAreSpread() {
        #expect(Self.rungs(Self.doubling(4), runs: 40).rungs == [1000, 2000, 4000, 8000])
        #expect(Self.rungs(Self.doubling(4), runs: 10).rungs == [1000, 2000, 8000])
        #expect(Self.rungs(Self.doubling(9), runs: 60).rungs == [1000, 4000, 16_000, 64_000, 256_000])
        #expect(Self.rungs(Self.doubling(1)).rungs == [1000])
    }

    @Test("a budget whose rung would take most of the cost is no rung")
    func costEndsTheClimb() {
        #expect(Self.rungs(Self.doubling(9), cost: 64_000).rungs == [1000, 2000, 4000])
    }

    @Test("the smallest of three budgets or more gets a third of the runs and no more")
    func smallestShare() {
        #expect(Self.rungs(Self.doubling(4), runs: 40).mostAtSmallest == 13)
        #expect(Self.rungs(Self.doubling(2), runs: 40).mostAtSmallest == 20)
        #expect(Self.rungs(Self.doubling(1), runs: 40).mostAtSmallest == 40)
        #expect(!Self.rungs(Self.doubling(4), runs: 40).leavesSmallest(13))
    }

    @Test("each rung is climbed with runs within one budget, the next one when it has its own")
    func climb() throws {
        var samples = [1e-4, 1e-3, 1e-2, 1e-1].map { Self.sample($0, at: 1000, best: 0.01) }
        var climbed: [Double: Int] = [:]
        var order: [Double] = []
        for _ in 0..<12 {
            let design = RungDesign(
                space: Self.space(Self.doubling(4)), samples: samples, pending: [],
                limits: DesignLimits(runs: 24 - samples.count), made: samples.count)
            let runs = design.runs(law: try Self.law(samples))
            guard let budget = runs.first?.cell.tokenBudget else { break }
            #expect(runs.allSatisfy { $0.cell.tokenBudget == budget })
            climbed[budget, default: 0] += runs.count
            order.append(budget)
            samples += runs.map { Self.sample($0.values[.learningRate] ?? 0, at: budget, best: 0.01) }
        }
        #expect(order == order.sorted())
        #expect(Set(order) == [2000, 4000, 8000] && climbed.values.allSatisfy { $0 >= 3 })
    }

    @Test("replicates of one setting are no rung")
    func replicates() throws {
        let small = [1e-4, 1e-3, 1e-2, 1e-1].map { Self.sample($0, at: 1000, best: 0.01) }
        let samples = small + [1e-2, 1e-2, 1e-2].map { Self.sample($0, at: 2000, best: 0.01) }
        let design = RungDesign(
            space: Self.space(Self.doubling(4)), samples: samples, pending: [],
            limits: DesignLimits(runs: 12),
            made: 5)
        let runs = design.runs(law: try Self.law(samples))
        #expect(runs.count >= 2 && runs.allSatisfy { $0.cell.tokenBudget == 2000 })
    }

    @Test("where the best of a rung is its outermost, one further out follows, and never beyond the range")
    func outward() throws {
        let budgets: [Double] = [1000, 2000]
        let low = [1e-4, 1e-3, 1e-2, 1e-1].map { Self.sample($0, at: 1000, best: 0.01) }
        func next(_ rates: [Double], best: Double) throws -> [DesignRun] {
            let samples = low + rates.map { Self.sample($0, at: 2000, best: best) }
            let design = RungDesign(
                space: Self.space(budgets), samples: samples, pending: [], limits: DesignLimits(runs: 2),
                made: samples.count)
            return design.runs(law: try Self.law(samples))
        }
        let up = try next([0.001, 0.003, 0.01, 0.02, 0.03], best: 0.2)
        #expect(up.map { $0.values[.learningRate] ?? 0 } == [0.075])
        #expect(try next([0.001, 0.003, 0.01, 0.02, 0.03], best: 0.005).isEmpty)
        #expect(try next([0.1, 0.2, 0.5, 0.7, 1], best: 5).isEmpty)
    }

    @Test("a law whose optimum was not run next to at the largest budget is confirmed there")
    func confirms() throws {
        let small = [1e-4, 1e-3, 1e-2, 1e-1].map { Self.sample($0, at: 1000, best: 0.01) }
        func confirming(_ rates: [Double], runs: Int = 5) throws -> DesignRun? {
            let samples = small + rates.map { Self.sample($0, at: 2000, best: 0.01) }
            return ConfirmingDesign(
                law: try Self.law(samples), space: Self.space([1000, 2000]), samples: samples, pending: [],
                limits: DesignLimits(runs: runs)
            ).atOptimum
        }
        let run = try #require(try confirming([1e-3, 3e-3, 3e-2, 1e-1]))
        #expect(run.cell.tokenBudget == 2000)
        #expect(abs(log((run.values[.learningRate] ?? 0) / 0.01)) < 0.3)
        #expect(try confirming([1e-3, 3e-3, 1e-2, 3e-2, 1e-1]) == nil)
        #expect(try confirming([1e-3, 3e-3, 3e-2, 1e-1], runs: 0) == nil)
    }

    @Test("two best runs that noise may have ordered are repeated together, once")
    func repeats() throws {
        var random = FitRandom(seed: 3)
        func noisy(_ rate: Double, _ budget: Double) -> LossSample {
            var sample = Self.sample(rate, at: budget, best: 0.01)
            sample.loss = sample.loss.map { $0 * exp(0.02 * random.normal()) }
            return sample
        }
        var samples = [1000.0, 2000, 4000].flatMap { budget in
            [1e-3, 3e-3, 7e-3, 1e-2, 1.4e-2, 3e-2, 1e-1].map { noisy($0, budget) }
        }
        func repeated(_ samples: [LossSample], runs: Int = 5) throws -> [DesignRun] {
            ConfirmingDesign(
                law: try Self.law(samples), space: Self.space([1000, 2000, 4000]), samples: samples,
                pending: [],
                limits: DesignLimits(runs: runs)
            ).repeated
        }
        let pair = try repeated(samples)
        let best = samples.filter { $0.tokenBudget == 4000 }.sorted { ($0.loss ?? 9) < ($1.loss ?? 9) }
        #expect(pair.map(\.values) == best.prefix(2).map(\.values))
        #expect(try repeated(samples, runs: 1).isEmpty)
        samples += pair.map { noisy($0.values[.learningRate] ?? 0, 4000) }
        #expect(try repeated(samples).isEmpty)
    }
}
