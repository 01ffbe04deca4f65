import Foundation
import Testing

@testable import ScalingLaws

/// Which runs are made next, against laws whose truth is known.
@Suite struct RunDesignTests {
    private static let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])

    private static func space(_ budgets: [Double] = [1000, 2000, 4000, 8000, 16_000]) -> DesignSpace {
        DesignSpace(
            cells: budgets.map { DesignCell(tokenBudget: $0, cost: $0) }, conditions: [[:]],
            learningRates: 1e-5...1, targets: [DesignCell(tokenBudget: 1e6, cost: 1e6)], prior: prior)
    }

    /// `log loss = -0.1 log T + 0.05 (log rate - log(0.01 (T/1000)^e))^2`, with 0.5 % of noise.
    private static func loss(_ run: DesignRun, exponent: Double, _ random: inout FitRandom) -> Double? {
        guard let rate = run.values[.learningRate] else { return nil }
        let x = log(rate / (0.01 * pow(run.cell.tokenBudget / 1000, exponent)))
        return x > 4 ? nil : exp(-0.1 * log(run.cell.tokenBudget) + 0.05 * x * x + 0.005 * random.normal())
    }

    private static func play(
        exponent: Double, limits: DesignLimits = DesignLimits(), seed: UInt64
    ) throws -> (law: Law, samples: [LossSample], cost: Double, last: RunDesign) {
        var random = FitRandom(seed: seed)
        var samples: [LossSample] = []
        var cost = 0.0
        func make(_ runs: [DesignRun]) {
            for run in runs {
                cost += run.cell.cost
                samples.append(
                    LossSample(
                        values: run.values, tokenBudget: run.cell.tokenBudget,
                        loss: loss(run, exponent: exponent, &random)))
            }
        }
        var round = 0
        while case let runs = OpeningDesign(space: space(), samples: samples).runs(round: round),
            !runs.isEmpty
        {
            make(runs)
            round += 1
        }
        while true {
            let law = try LawFitter().fit(
                samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior,
                seed: seed)
            let left = DesignLimits(
                runs: limits.runs.map { $0 - samples.count }, cost: limits.cost.map { $0 - cost })
            let design = RunDesigner(law: law, samples: samples, space: space(), limits: left).design(
                atLeast: 2)
            if design.runs.isEmpty || samples.count > 150 { return (law, samples, cost, design) }
            make(design.runs)
        }
    }

    @Test(arguments: [(-0.5, 1), (-0.2, 2), (0.1, 3), (-0.4, 4)] as [(Double, UInt64)])
    func itEndsByItselfNearTheOptimumForAFractionOfATargetRun(exponent: Double, seed: UInt64) throws {
        let end = try Self.play(exponent: exponent, seed: seed)
        let rate = end.law.optimum(of: .learningRate, at: RecommendationQuery(tokenBudget: 1e6))
        let x = log(rate / (0.01 * pow(1000, exponent)))
        #expect(0.05 * x * x < 0.03, "gives \(0.05 * x * x) of the loss away, seed \(seed)")
        #expect(end.samples.count < 130)
        #expect(end.cost < 0.4e6)
        #expect(end.last.bestGain < end.last.threshold || end.last.bestGain == 0)
        #expect(Set(end.samples.map(\.tokenBudget)).count >= 3)
    }

    @Test func capsAreNeverExceeded() throws {
        let byRuns = try Self.play(exponent: -0.3, limits: DesignLimits(runs: 12), seed: 5)
        #expect(byRuns.samples.count <= 12)
        let byCost = try Self.play(exponent: -0.3, limits: DesignLimits(cost: 20_000), seed: 5)
        #expect(byCost.cost <= 20_000)
    }

    /// Six runs of the smallest budget, and the law over them.
    private static func opened(seed: UInt64) throws -> (samples: [LossSample], law: Law) {
        var random = FitRandom(seed: seed)
        let cell = space().cells[0]
        let samples = [1e-4, 1e-3, 4e-3, 1e-2, 4e-2, 1e-1].map { rate in
            let run = DesignRun(values: [.learningRate: rate], cell: cell)
            return LossSample(
                values: run.values, tokenBudget: cell.tokenBudget,
                loss: loss(run, exponent: -0.3, &random))
        }
        let law = try LawFitter().fit(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior)
        return (samples, law)
    }

    @Test func runsUnderWayAreNotAskedForAgain() throws {
        let (samples, law) = try Self.opened(seed: 9)
        let first = RunDesigner(law: law, samples: samples, space: Self.space()).design(atLeast: 2)
        let second = RunDesigner(
            law: law, samples: samples, pending: first.runs, space: Self.space()
        ).design(atLeast: 2)
        #expect(!first.runs.isEmpty)
        #expect(Set(first.runs).isDisjoint(with: second.runs))
        #expect(abs(second.regret - first.regretAfter) < 0.2 * first.regret)
        #expect(first.regretAfter < first.regret)
    }

    @Test func aRunLowersTheRegretByTheSquaredCovarianceOverItsVariance() {
        // Two draws make exact covariances: var q = 2, var y = 8, cov = 4.
        var covariance = DesignCovariance(
            asked: [[-1, 1]],
            reports: .init(values: [[-2, 2]], noise: [8], floor: [nil], byRun: [[0]]))
        #expect(abs(covariance.regret - 2) < 1e-12)
        covariance.observe(0)
        #expect(abs(covariance.regret - (2 - 16.0 / 16)) < 1e-12)
    }

    @Test func severalReportsOfARunLowerItAsTheirJointNormalDoes() {
        // C and V by hand: cov(q, y) = (1, 2), var y = [[2, 1], [1, 3]], V with correlation 1/2 of variances 2 and 8.
        let draws =
            [[-1, 1, 0, 0.5, -0.5], [0.3, 1, -1, 0.2, -0.5], [-1, 0.4, 0.9, 0.2, -0.5]] as [[Double]]
        let noise = [2.0, 8]
        func covariance(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / 4
        }
        let (q, y, z) = (draws[0], draws[1], draws[2])
        let (s, t) = (covariance(y, y) + noise[0], covariance(z, z) + noise[1])
        let u = covariance(y, z) + RunCorrelation.believed * (noise[0] * noise[1]).squareRoot()
        let (c, d) = (covariance(q, y), covariance(q, z))
        let explained = (t * c * c - 2 * u * c * d + s * d * d) / (s * t - u * u)
        var joint = DesignCovariance(
            asked: [q], reports: .init(values: [y, z], noise: noise, floor: [nil, nil], byRun: [[0, 1]]))
        let before = joint.regret
        #expect(abs(before - covariance(q, q)) < 1e-12)
        joint.observe(0)
        #expect(abs(before - joint.regret - explained) < 1e-12)
    }

    @Test func aRunThatContainsShorterOnesIsWorthMoreThanOneThatDoesNot() throws {
        let plain = Self.space()
        var containing = plain
        containing.cells = plain.cells.map { cell in
            var cell = cell
            cell.shorterBudgets = plain.cells.map(\.tokenBudget).filter { $0 < cell.tokenBudget }
            return cell
        }
        let (samples, law) = try Self.opened(seed: 21)
        func design(_ space: DesignSpace) -> RunDesign {
            RunDesigner(law: law, samples: samples, space: space, limits: DesignLimits(cost: 40_000))
                .design(atLeast: 1)
        }
        let (alone, inside) = (design(plain), design(containing))
        #expect(!alone.runs.isEmpty && !inside.runs.isEmpty)
        #expect(inside.bestGain / inside.cost > alone.bestGain / alone.cost)
        #expect(
            (inside.runs.map(\.cell.tokenBudget).max() ?? 0)
                >= (alone.runs.map(\.cell.tokenBudget).max() ?? 0))
    }

    @Test func aSingleRunInANewCellTeachesNextToNothing() {
        // The cell's floor is unknown: the first report is spent on it, the second places the optimum.
        let draws = (0..<200).map { sin(Double($0) * 2.399) }
        func reports(_ slope: Double) -> [Double] { draws.map { slope * $0 } }
        var covariance = DesignCovariance(
            asked: [draws],
            reports: .init(
                values: [reports(-0.05), reports(0.05)], noise: [1e-6, 1e-6], floor: [0, 0],
                floorVariances: [1], byRun: [[0], [1]]))
        let alone = covariance.gain(of: 0)
        covariance.observe(0)
        #expect(alone < 0.02 * covariance.regret)
        #expect(covariance.gain(of: 1) > 0.9 * covariance.regret)
    }
}
