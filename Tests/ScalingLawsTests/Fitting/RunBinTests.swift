import Foundation
import Testing

@testable import ScalingLaws

/// Large tables, whose runs are joined before they are fitted.
@Suite struct RunBinTests {
    private let prior = LawPrior.theory(.lmo, geometry: .normalized, tunedAxes: [.learningRate])

    /// `count` random rates at each of four budgets.
    private func samples(_ count: Int, noise: Double = 0.01) -> [LossSample] {
        var random = TestRandom(seed: 12)
        let truth = SyntheticLaw(exponent: -0.3, curvature: 0.05)
        return [1e6, 4e6, 1.6e7, 6.4e7].flatMap { budget in
            (0..<count).map { _ in
                let rate: Double = truth.optimum(budget) * exp(random.uniform(-2, 2))
                return LossSample(
                    values: [.learningRate: rate], tokenBudget: budget,
                    loss: truth.loss(rate, budget) * exp(noise * random.normal()))
            }
        }
    }

    private func request(_ samples: [LossSample], least: Int) -> LawFitRequest {
        var request = LawFitRequest(
            samples: samples, searchedAxes: [.learningRate], regime: [.learningRate], prior: prior, seed: 1)
        request.leastBinned = least
        return request
    }

    // Widths scatter by a tenth between two ways to estimate the noise of 3200 runs; from 16,000 runs on they agree to that.
    @Test("a law of joined runs is that of single ones: exponents to 0.01, intervals to a seventh")
    func joinedRunsGiveTheSameLaw() throws {
        let runs = samples(800)
        let single = try LawFitter().fit(request(runs, least: .max))
        let joined = try LawFitter().fit(request(runs, least: 100))
        let (a, b) = (
            try #require(single.axes[0].exponents[.tokenBudget]),
            try #require(joined.axes[0].exponents[.tokenBudget])
        )
        #expect(abs(a.value - b.value) < 0.01, "\(a.value) and \(b.value)")
        for asked in [6.4e7, 1e9].map({ RecommendationQuery(tokenBudget: $0) }) {
            let widths = try [single, joined].map { law in
                let interval = try #require(law.recommend(asked).values[.learningRate]?.interval)
                return log(interval[1] / interval[0])
            }
            #expect(abs(log(widths[1] / widths[0])) < 0.15, "\(widths) at \(asked.tokenBudget)")
        }
        #expect(single.cells.map(\.best) == joined.cells.map(\.best))
        #expect(joined.runs == runs.count)
    }

    @Test("small tables have a row for every setting, large ones no more than make a difference")
    func largeTablesAreThinned() throws {
        func rows(_ count: Int) throws -> Int {
            let builder = SurfaceBuilder(
                table: try FitTable(request(samples(count), least: RunBins.least)),
                configuration: LawFitConfiguration(), axes: [.learningRate])
            return builder.problem(FormMember(form: .plain), noise: 0.01).rows.count
        }
        #expect(try rows(500) == 2000)
        #expect(try rows(10_000) < 1000)
    }

    @Test("cells beyond a few hundred are joined with their neighbours for the law of the loss")
    func manyCellsAreJoined() {
        let cells = (0..<40).flatMap { i in
            (0..<40).map { j in
                let (tokens, size) = (1e8 * pow(1.1, Double(i)), 1e7 * pow(1.1, Double(j)))
                return LossLawFit.Cell(
                    tokenBudget: tokens, modelSize: size,
                    loss: pow(tokens / 1e8, -0.1) * pow(size / 1e7, -0.2), error: 0.01, shared: [0.001])
            }
        }
        let joined = LossLawFit.Cell.joined(cells)
        #expect(joined.count <= 256)
        for cell in joined {
            let exact: Double = pow(cell.tokenBudget / 1e8, -0.1) * pow((cell.modelSize ?? 0) / 1e7, -0.2)
            #expect(abs(cell.loss / exact - 1) < 1e-9)
            #expect(abs((cell.shared.first ?? 0) - 0.001) < 1e-12)
        }
        let weight: Double = joined.reduce(0) { $0 + 1 / ($1.error * $1.error) }
        #expect(abs(weight / (1600 / 1e-4) - 1) < 1e-9)
        #expect(LossLawFit.Cell.joined(Array(cells.prefix(9))).count == 9)
    }
}
