import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Descent on `cosh(x) - 1` from x = 8, where the gradient is 1490: curvature grows with the gradient.
@Suite("Relaxed smoothness") struct RelaxedSmoothnessTests {
    struct Golden: Decodable {
        struct Row: Decodable {
            var rule: Rule
            var factor: Double
            var diverged: Double
            var median: Double

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                rule = try values.decode(Rule.self)
                factor = try values.decode(Double.self)
                diverged = try values.decode(Double.self)
                _ = try values.decode(Double?.self)
                median = try values.decode(Double.self)
            }
        }
        var cosh: [Row]
        var cosh_t: [Row]
    }

    enum Rule: String, Decodable {
        case const, decay, norm, sign
    }

    /// Four workers, omega = 3, noise of scale `sqrt(1/4 + g^2/4)`: normal or Student-t 1.2. |x| > 40 is lost.
    private func run(_ row: Golden.Row, heavy: Bool, chains: Int, seed: UInt64)
        -> (diverged: Double, median: Double)
    {
        var generator = Xoshiro256StarStar(seed: seed)
        // k0 of the golden runs is not recorded; their medians fit 40.
        let schedule = RelaxedSmoothnessSchedule(
            smoothness: 1, relativeSmoothness: 1,
            stability: StabilityFactor(workers: 4, compression: 3, relativeNoise: 0.5), factor: row.factor,
            holdSteps: 40)
        let rule = row.rule
        var losses: [Double] = [], lost = 0
        for _ in 0..<chains {
            var x = 8.0
            for k in 0..<3000 {
                guard abs(x) < 40 else { break }
                let gradient = sinh(x)
                let scale = 0.5 * (1 + gradient * gradient).squareRoot()
                var mean = 0.0
                for _ in 0..<4 {
                    if rule != .sign, generator.unit() > 0.25 { continue }
                    let draw = heavy ? studentT(1.2, &generator) : generator.normal()
                    let g = gradient + scale * draw
                    mean += rule == .sign ? (g > 0 ? 0.25 : -0.25) : g
                }
                switch rule {
                case .const: x -= row.factor * mean
                case .norm: x -= schedule.learningRate(step: k, gradientNorm: abs(gradient)) * mean
                case .decay, .sign:
                    x -= RelaxedSmoothnessSchedule.signLearningRate(step: k, factor: row.factor) * mean
                }
            }
            if !(abs(x) < 40) { lost += 1 }
            losses.append(abs(x) < 40 ? cosh(x) - 1 : .infinity)
        }
        return (Double(lost) / Double(chains), losses.sorted()[chains / 2])
    }

    private func studentT(_ nu: Double, _ generator: inout Xoshiro256StarStar) -> Double {
        // Bailey's polar form.
        while true {
            let u = 2 * generator.unit() - 1, v = 2 * generator.unit() - 1
            let w = u * u + v * v
            guard w < 1, w > 0 else { continue }
            return u * (nu * (pow(w, -2 / nu) - 1) / w).squareRoot()
        }
    }

    private static let chains = 80

    /// A share of runs to four of its deviations (of both simulations); a median to a third where less than half is lost.
    private func check(_ row: Golden.Row, heavy: Bool) {
        let found = run(row, heavy: heavy, chains: Self.chains, seed: 71)
        let p = min(0.98, max(0.02, row.diverged))
        let deviation = (p * (1 - p) / Double(Self.chains)).squareRoot()
        let note: Comment = "seed 71, \(row), \(found)"
        #expect(abs(found.diverged - row.diverged) < 4.5 * deviation, note)
        // At rule `norm` with heavy noise a few runs decide the median.
        if row.diverged < 0.3, !(heavy && row.rule == .norm) {
            #expect(abs(log(found.median / row.median)) < 0.4, note)
        }
        if row.diverged > 0.6 { #expect(found.median == .infinity, note) }
    }

    @Test func onlyRatesThatKnowTheGradientSurviveAffineNoise() throws {
        let rows = try otherGolden("l0l1", as: Golden.self).cosh
        #expect(rows.count == 16)
        for row in rows { check(row, heavy: false) }
    }

    @Test func onlySignsSurviveInfiniteVariance() throws {
        let rows = try otherGolden("l0l1", as: Golden.self).cosh_t
        #expect(rows.count == 7)
        for row in rows {
            check(row, heavy: true)
            if row.rule == .sign { #expect(row.diverged == 0) }
            if row.rule == .norm { #expect(row.diverged > 0) }
        }
    }

    @Test func rateFollowsItsFormula() {
        let schedule = RelaxedSmoothnessSchedule(
            smoothness: 2, relativeSmoothness: 3,
            stability: StabilityFactor(workers: 4, compression: 3, relativeNoise: 0.5), factor: 0.5,
            holdSteps: 10)
        #expect(schedule.stability.value == 2)
        #expect(agree(schedule.learningRate(step: 0, gradientNorm: 4), 0.5 / (14 * 2)))
        #expect(agree(schedule.learningRate(step: 30, gradientNorm: 4), 0.25 / (14 * 2)))
        #expect(schedule.learningRate(step: 0, gradientNorm: .infinity) == 0)
        #expect(RelaxedSmoothnessSchedule.signLearningRate(step: 3, factor: 0.5) == 0.25)
    }
}
