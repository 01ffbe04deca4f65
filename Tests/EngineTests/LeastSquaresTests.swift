import Foundation
import Testing

@testable import Engine

@Suite struct LeastSquaresTests {
    private let constant = LearningRateSchedule(shape: .constant)

    @Test func recursionEqualsAPlainLoop() throws {
        let metrics = try completed(
            job("stream-least-squares", rate: 0.1, batch: 4, budget: 4000, schedule: constant))
        let l = (1...256).map { pow(Double($0), -1.5) }
        var m = (1...256).map { pow(Double($0), -0.8) }
        for _ in 0..<1000 {
            let s = zip(l, m).reduce(0) { $0 + $1.0 * $1.1 }
            for i in 0..<256 {
                m[i] =
                    m[i] * (1 - 2 * 0.1 * l[i] + 0.01 * l[i] * l[i] * (1 + 1 / 4.0))
                    + (0.01 * l[i] / 4) * (s + 1)
            }
        }
        let expected = zip(l, m).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs((metrics["excess_risk"] ?? 0) / expected - 1) < 1e-12)
        #expect(metrics["validation_loss"] == metrics["excess_risk"])
        #expect(metrics["model_size"] == 256)
    }

    /// SGD on sampled Gaussian data: the mean of 4000 runs has a standard error near 1 %.
    @Test func recursionIsTheMeanOfSampledRuns() throws {
        let (modes, batch, steps, rate) = (3, 2, 8, 0.3)
        let metrics = try completed(
            job(
                "stream-least-squares", ["modes": .integer(modes)], rate: rate, batch: batch,
                budget: batch * steps,
                schedule: constant))
        let l = (1...modes).map { pow(Double($0), -1.5) }
        var generator = SplitMix64(11)
        var total = 0.0
        let runs = 20_000
        for _ in 0..<runs {
            var error = (1...modes).map { pow(Double($0), -0.4) }
            for _ in 0..<steps {
                var gradient = [Double](repeating: 0, count: modes)
                for _ in 0..<batch {
                    let x = l.map { $0.squareRoot() * generator.normal() }
                    let residual = zip(x, error).reduce(0) { $0 + $1.0 * $1.1 } - generator.normal()
                    for i in 0..<modes { gradient[i] += residual * x[i] / Double(batch) }
                }
                for i in 0..<modes { error[i] -= rate * gradient[i] }
            }
            for i in 0..<modes { total += l[i] * error[i] * error[i] / Double(runs) }
        }
        #expect(abs(total / (metrics["excess_risk"] ?? 0) - 1) < 0.05)
    }

    @Test func aLongRunIsQuick() throws {
        let clock = ContinuousClock()
        let time = try clock.measure {
            _ = try completed(
                job("stream-least-squares", rate: 0.05, batch: 4, budget: 1 << 18, schedule: constant))
        }
        #expect(time < .seconds(1))
    }

    @Test func aLargeRateDiverges() throws {
        let outcome = try Trainer.run(
            job("stream-least-squares", rate: 3, batch: 4, budget: 40_000, schedule: constant),
            optimizer: TestSGDFactory(), observe: { _ in .proceed })
        guard case .diverged(let step, let metrics) = outcome else {
            Issue.record("ended as \(outcome)")
            return
        }
        #expect(step < 100)
        #expect(metrics["tokens"] == Double(4 * step))
    }

    @Test func momentumIsRefused() {
        #expect(throws: EngineError.self) {
            try completed(
                job("stream-least-squares", rate: 0.1, batch: 4, budget: 400, momentum: 0.9))
        }
    }

    @Test func reportNoiseHasTheAskedSizeAndTheSeedDecidesIt() throws {
        let options: [String: HyperparameterValue] = ["report_noise": .real(0.1)]
        var ratios: [Double] = []
        for seed in 0..<400 {
            let metrics = try completed(
                job("stream-least-squares", options, rate: 0.1, batch: 4, budget: 16, seed: UInt64(seed)))
            ratios.append((metrics["validation_loss"] ?? 0) / (metrics["excess_risk"] ?? 1))
        }
        let mean = ratios.reduce(0, +) / 400
        let deviation = (ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399).squareRoot()
        #expect(abs(mean - 1) < 0.02)
        #expect(abs(deviation - 0.1) < 0.015)
        let again = try completed(
            job("stream-least-squares", options, rate: 0.1, batch: 4, budget: 16, seed: 7))
        #expect((again["validation_loss"] ?? 0) / (again["excess_risk"] ?? 1) == ratios[7])
    }

    @Test func theDefaultScheduleIsConstant() throws {
        let registry = WorkloadRegistry.builtIn
        #expect(try registry.descriptor(named: "stream-least-squares").defaultSchedule.shape == .constant)
        #expect(try registry.descriptor(named: "char-gpt").defaultSchedule.shape == .cosine)
    }
}
