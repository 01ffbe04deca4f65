import Foundation
import ScalingLaws
import Testing

@Suite struct ChinchillaFitTests {
    private func exact(_ law: SyntheticLosses = SyntheticLosses()) -> [LossLawPoint] {
        var random = TestRandom(seed: 1)
        return law.sweep(sizes: 6, tokens: 6, noise: 0, random: &random)
    }

    @Test func exactLossesGiveTheirLawBack() throws {
        let fit = try ChinchillaFit.fit(LossLawRequest(points: exact(), replicates: 0))
        for (name, value) in [("E", 1.8), ("A", 400), ("alpha", 0.34), ("B", 1500), ("beta", 0.36)] {
            #expect(try abs(#require(fit.value(name)) / value - 1) < 1e-5, "\(name)")
        }
        #expect(fit.objective < 1e-14)
        #expect(fit.form == .modelSizeAndTokens)
        let loss = try #require(fit.loss(modelSize: 7e10, tokens: 1.4e12))
        #expect(abs(loss / SyntheticLosses().loss(7e10, 1.4e12) - 1) < 1e-5)
    }

    @Test func anyTwoSizesGiveTheThird() throws {
        let byTokens = exact()
        let byCompute = byTokens.map { point in
            var point = point
            point.compute = 6 * (point.modelSize ?? 0) * (point.tokens ?? 0)
            point.tokens = nil
            return point
        }
        let first = try ChinchillaFit.fit(LossLawRequest(points: byTokens, replicates: 0))
        let second = try ChinchillaFit.fit(LossLawRequest(points: byCompute, replicates: 0))
        #expect(try abs(#require(first.value("beta")) - #require(second.value("beta"))) < 1e-7)
        let one = try #require(first.loss(modelSize: 1e9, tokens: 2e10))
        let other = try #require(second.loss(modelSize: 1e9, compute: 1.2e20))
        #expect(abs(one - other) < 1e-7)
    }

    @Test func theUnitOfTheLossScalesTheLaw() throws {
        var random = TestRandom(seed: 4)
        let points = SyntheticLosses().sweep(sizes: 6, tokens: 6, noise: 0.01, random: &random)
        let bits = points.map { point in
            var point = point
            point.loss = point.loss.map { $0 / log(2.0) * 1e6 }
            return point
        }
        let nats = try ChinchillaFit.fit(LossLawRequest(points: points, replicates: 100, seed: 2))
        let other = try ChinchillaFit.fit(LossLawRequest(points: bits, replicates: 100, seed: 2))
        #expect(try abs(#require(nats.value("alpha")) - #require(other.value("alpha"))) < 1e-7)
        #expect(try abs(#require(other.value("E")) / #require(nats.value("E")) * log(2.0) / 1e6 - 1) < 1e-7)
        let (a, b) = (nats.parameters[2].estimate.interval80, other.parameters[2].estimate.interval80)
        #expect(try abs(#require(a)[0] - #require(b)[0]) < 1e-6)
    }

    @Test func theSameSeedGivesTheSameIntervals() throws {
        var random = TestRandom(seed: 5)
        let points = SyntheticLosses().sweep(sizes: 6, tokens: 7, noise: 0.005, random: &random)
        let request = LossLawRequest(points: points, replicates: 60, seed: 8)
        #expect(try ChinchillaFit.fit(request) == ChinchillaFit.fit(request))
        var other = request
        other.seed = 9
        #expect(try ChinchillaFit.fit(request).parameters != ChinchillaFit.fit(other).parameters)
    }

    @Test func singleBadRunsHardlyMoveTheLaw() throws {
        var points = exact()
        points[7].loss = points[7].loss.map { $0 * 3 }
        points[20].loss = points[20].loss.map { $0 * 0.7 }
        let fit = try ChinchillaFit.fit(LossLawRequest(points: points, replicates: 0))
        #expect(try abs(#require(fit.value("E")) - 1.8) < 0.02)
        #expect(try abs(#require(fit.value("alpha")) - 0.34) < 0.01)
    }

    @Test func theBestSplitBeatsItsNeighbours() throws {
        let fit = try ChinchillaFit.fit(LossLawRequest(points: exact(), replicates: 40))
        let best = try #require(fit.allocation(compute: 1e21))
        let (n, d) = (best.modelSize.value, best.tokens.value)
        #expect(abs(6 * n * d / 1e21 - 1) < 1e-12)
        let least = try #require(fit.loss(modelSize: n, tokens: d))
        #expect(abs(least - best.prediction.loss.value) < 1e-12)
        for factor in [0.9, 1.1] {
            let other = try #require(fit.loss(modelSize: n * factor, tokens: d / factor))
            #expect(other > least)
        }
        let exponent = try #require(fit.modelSizeExponent)
        #expect(abs(exponent.value - 0.36 / 0.70) < 1e-5)
        let larger = try #require(fit.allocation(compute: 1e23)?.modelSize.value)
        #expect(abs(log(larger / n) / log(100.0) - exponent.value) < 1e-9)
    }

    /// 80 % intervals over resampled rows hold the truth nearly as often as they say.
    @Test func intervalsHoldTheTruth() throws {
        let seed: UInt64 = 31
        var random = TestRandom(seed: seed)
        var inside = [0.0, 0, 0, 0]
        var inside95 = [0.0, 0, 0, 0]
        let sets = 100
        for i in 0..<sets {
            let law = SyntheticLosses.random(&random)
            let points = law.sweep(sizes: 8, tokens: 8, noise: 0.004, random: &random)
            let fit = try ChinchillaFit.fit(
                LossLawRequest(points: points, replicates: 120, seed: UInt64(i)))
            // A new run at four times the largest size and tokens.
            let (n, d) = (2e7 * 512, 4e8 * pow(2.2, 7) * 4)
            let run = law.loss(n, d) * exp(0.004 * random.normal())
            let truths = [law.floor, law.modelTerm.exponent, law.tokenTerm.exponent, run]
            let estimates = try [
                fit.parameters[0].estimate, fit.parameters[2].estimate, fit.parameters[4].estimate,
                #require(fit.prediction(modelSize: n, tokens: d)).loss,
            ]
            for (k, (truth, estimate)) in zip(truths, estimates).enumerated() {
                let narrow = try #require(estimate.interval80)
                let wide = try #require(estimate.interval95)
                if narrow[0] <= truth && truth <= narrow[1] { inside[k] += 1 / Double(sets) }
                if wide[0] <= truth && truth <= wide[1] { inside95[k] += 1 / Double(sets) }
            }
        }
        for k in 0..<3 {
            #expect((0.7...0.9).contains(inside[k]), "80 %: \(inside), seed \(seed)")
            #expect(inside95[k] >= 0.88, "95 %: \(inside95), seed \(seed)")
        }
        // Predictions allow for a drift that exact laws do not have.
        #expect(inside[3] >= 0.75 && inside95[3] >= 0.9, "\(inside) \(inside95), seed \(seed)")
    }

    @Test func predictionsWidenWithDistance() throws {
        var random = TestRandom(seed: 6)
        let points = SyntheticLosses().sweep(sizes: 7, tokens: 7, noise: 0.004, random: &random)
        let fit = try ChinchillaFit.fit(LossLawRequest(points: points, replicates: 200))
        func width(_ factor: Double) throws -> Double {
            let answer = try #require(fit.prediction(modelSize: 1.28e9 * factor, tokens: 4e10 * factor))
            let ends = try #require(answer.loss.interval80)
            #expect(ends[0] < answer.loss.value && answer.loss.value < ends[1])
            return log(ends[1] / ends[0])
        }
        #expect(try width(4) > width(1) && width(64) > width(4))
        let near = try #require(fit.prediction(modelSize: 1e8, tokens: 1e10))
        #expect(near.extrapolationFactor == 1 && near.warnings.isEmpty)
        let far = try #require(fit.prediction(modelSize: 1.28e9 * 20, tokens: 4e10))
        #expect(abs(far.extrapolationFactor - 20) < 1e-9 || far.extrapolationFactor > 20)
        #expect(far.warnings.map(\.code) == [.wideExtrapolation])
        #expect(fit.prediction(modelSize: 1e9) == nil)
        #expect(fit.prediction(modelSize: -1, tokens: 1e10) == nil)
        #expect(fit.prediction(modelSize: .nan, tokens: 1e10) == nil)
    }

    /// Errors that a sweep shares are seen only when its rows are drawn together.
    @Test func clustersWidenIntervals() throws {
        var random = TestRandom(seed: 12)
        let law = SyntheticLosses()
        var points: [LossLawPoint] = []
        for (i, shift) in (0..<12).map({ ($0, 0.01 * random.normal()) }) {
            for j in 0..<6 {
                let (n, d) = (2e7 * pow(1.6, Double(i)), 4e8 * pow(2.2, Double(j)))
                points.append(
                    LossLawPoint(
                        modelSize: n, tokens: d, loss: law.loss(n, d) * exp(shift + 0.001 * random.normal()),
                        cluster: "sweep \(i)"))
            }
        }
        let together = try ChinchillaFit.fit(LossLawRequest(points: points, replicates: 200))
        let apart = try ChinchillaFit.fit(
            LossLawRequest(
                points: points.map {
                    LossLawPoint(modelSize: $0.modelSize, tokens: $0.tokens, loss: $0.loss)
                }, replicates: 200))
        let wide = try #require(together.parameters[0].estimate.standardError)
        let narrow = try #require(apart.parameters[0].estimate.standardError)
        #expect(wide > 1.3 * narrow, "\(wide) and \(narrow)")
    }

    @Test func theAnswerSurvivesJSON() throws {
        var random = TestRandom(seed: 3)
        let points = SyntheticLosses().sweep(sizes: 5, tokens: 5, noise: 0.01, random: &random)
        let fit = try ChinchillaFit.fit(LossLawRequest(points: points, replicates: 30))
        let data = try JSONEncoder().encode(fit)
        #expect(try JSONDecoder().decode(ChinchillaFit.self, from: data) == fit)
        let text = String(decoding: data, as: UTF8.self)
        for key in ["model_size_exponent", "interval_95", "rows_used", "huber_delta", "mean_relative_error"] {
            #expect(text.contains("\"\(key)\""))
        }
    }
}
