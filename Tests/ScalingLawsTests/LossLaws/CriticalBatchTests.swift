import Foundation
import ScalingLaws
import Testing

@Suite struct CriticalBatchTests {
    private let batches = (6...14).map { pow(2, Double($0)) }

    private func points(
        scales: [Double], exponent: Double, noise: Double, random: inout TestRandom
    ) -> [CriticalBatchPoint] {
        scales.flatMap { scale -> [CriticalBatchPoint] in
            let law = StepsToTarget(
                leastSteps: random.uniform(800, 4000), criticalBatch: 3000 * pow(scale / 2e8, exponent))
            return batches.map {
                CriticalBatchPoint(
                    scale: scale, batchSize: $0,
                    steps: law.steps(batchSize: $0) * exp(noise * random.normal()))
            }
        }
    }

    @Test func stepsAndSamplesTradeOff() {
        let law = StepsToTarget(leastSteps: 1000, criticalBatch: 2000)
        #expect(law.steps(batchSize: 2000) == 2000)
        #expect(law.samples(batchSize: 2000) == 2 * law.leastSamples)
        #expect(law.batchSize(sampleOverhead: 0.2) == 400)
        for batch in [1.0, 300, 1e6] {
            let product: Double =
                (law.steps(batchSize: batch) / law.leastSteps - 1)
                * (law.samples(batchSize: batch) / law.leastSamples - 1)
            #expect(abs(product - 1) < 1e-9)
        }
    }

    @Test func exactStepsGiveTheirLawBack() throws {
        var random = TestRandom(seed: 1)
        let rows = points(scales: [1e8, 2e8, 4e8, 8e8], exponent: 0.4, noise: 0, random: &random)
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, prior: nil, replicates: 50))
        #expect(abs(fit.exponent.value - 0.4) < 1e-6)
        #expect(try abs(#require(fit.criticalBatch(scale: 3.2e9)).value / (3000 * pow(16, 0.4)) - 1) < 1e-5)
        #expect(fit.scales.map(\.rows) == [9, 9, 9, 9])
        #expect(fit.warnings.isEmpty)
        let data = try JSONEncoder().encode(fit)
        #expect(try JSONDecoder().decode(CriticalBatchFit.self, from: data) == fit)
    }

    /// Exponents drawn from the prior itself, rows with the scatter of measured ones.
    @Test func intervalsHoldTheTruth() throws {
        let seed: UInt64 = 5
        var random = TestRandom(seed: seed)
        var (slope, ahead) = (0.0, 0.0)
        let sets = 200
        for i in 0..<sets {
            let exponent = 0.5 + 0.1 * random.normal()
            let rows = points(
                scales: [1e8, 2e8, 4e8, 8e8], exponent: exponent, noise: 0.06, random: &random)
            let fit = try CriticalBatchFit.fit(
                CriticalBatchRequest(points: rows, replicates: 100, seed: UInt64(i)))
            let ends = try #require(fit.exponent.interval80)
            if ends[0] <= exponent && exponent <= ends[1] { slope += 1 / Double(sets) }
            let wide = try #require(fit.criticalBatch(scale: 1.6e9)?.interval80)
            let truth = 3000 * pow(8, exponent)
            if wide[0] <= truth && truth <= wide[1] { ahead += 1 / Double(sets) }
        }
        #expect(
            (0.7...0.95).contains(slope) && (0.7...0.95).contains(ahead), "\(slope) \(ahead), seed \(seed)")
    }

    @Test func rowsThatSayEnoughForgetThePrior() throws {
        var random = TestRandom(seed: 3)
        let rows = points(
            scales: (0..<8).map { 1e8 * pow(2, Double($0)) }, exponent: 0.1, noise: 0.03, random: &random)
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, replicates: 0))
        #expect(abs(fit.exponent.value - 0.1) < 0.05)
        let few = try CriticalBatchFit.fit(
            CriticalBatchRequest(
                points: points(scales: [1e8, 1.3e8], exponent: 0.1, noise: 0.1, random: &random),
                replicates: 0))
        #expect(few.warnings.map(\.code).contains(.priorDecides))
        #expect(few.warnings.map(\.code).contains(.fewLevels))
    }

    @Test func scalesThatScatterWidenThePrediction() throws {
        var random = TestRandom(seed: 8)
        let scales = (0..<6).map { 1e8 * pow(2, Double($0)) }
        let smooth = points(scales: scales, exponent: 0.5, noise: 0.02, random: &random)
        let rough = smooth.map { row in
            // Every other scale has twice the batch sizes, hence twice the critical one.
            var row = row
            if Int(log2(row.scale / 1e8).rounded()) % 2 == 0 { row.batchSize *= 2 }
            return row
        }
        func fit(_ rows: [CriticalBatchPoint]) throws -> CriticalBatchFit {
            try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, replicates: 300))
        }
        let (even, uneven) = (try fit(smooth), try fit(rough))
        #expect(uneven.scaleScatter > 0.2 && even.scaleScatter < 0.05)
        func width(_ fit: CriticalBatchFit) throws -> Double {
            let ends = try #require(fit.criticalBatch(scale: 1e10)?.interval80)
            return log(ends[1] / ends[0])
        }
        #expect(try width(uneven) > 2 * width(even))
    }

    @Test func aBadRowHardlyMovesTheLaw() throws {
        var random = TestRandom(seed: 2)
        var rows = points(scales: [1e8], exponent: 0.5, noise: 0, random: &random)
        rows[4].steps = rows[4].steps.map { $0 * 5 }
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, replicates: 0))
        #expect(abs(fit.scales[0].law.criticalBatch / (3000 * pow(0.5, 0.5)) - 1) < 0.15)
        #expect(fit.criticalBatch(scale: 2e8) == nil, "one scale gives no law")
    }

    @Test func batchesOnOneSideAreABound() throws {
        let law = StepsToTarget(leastSteps: 100, criticalBatch: 1e6)
        let rows = (0..<6).map { i -> CriticalBatchPoint in
            let batch = 8 * pow(2, Double(i))
            return CriticalBatchPoint(
                scale: 1e8, batchSize: batch, steps: law.steps(batchSize: batch).rounded())
        }
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, replicates: 30))
        #expect(fit.warnings.map(\.code).contains(.notBracketed))
        #expect(fit.scales[0].law.criticalBatch.isFinite)
        _ = try JSONEncoder().encode(fit)
    }

    @Test func unusableRowsAreNamed() {
        func error(_ rows: [CriticalBatchPoint], prior: CriticalBatchPrior? = nil) -> LossLawError? {
            do {
                _ = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows, prior: prior, replicates: 0))
                return nil
            } catch {
                return error
            }
        }
        let good = [8.0, 16, 32].map { CriticalBatchPoint(scale: 1, batchSize: $0, steps: 100 + 1000 / $0) }
        #expect(error(good) == nil)
        #expect(error(good + [CriticalBatchPoint(scale: 2, batchSize: 1, steps: nil)]) == nil)
        #expect(error([])?.code == "too-few-rows")
        #expect(error(Array(good.prefix(2)))?.code == "too-few-rows")
        #expect(
            error(good + [CriticalBatchPoint(scale: 1, batchSize: 0, steps: 5)])?.code == "unusable-value")
        #expect(
            error(good + [CriticalBatchPoint(scale: 1, batchSize: 4, steps: -5)])?.code == "unusable-value")
        #expect(error(good, prior: CriticalBatchPrior(mean: 0.5, deviation: 0))?.code == "unusable-setting")
    }
}

/// Steps to a target loss over nine batch sizes and five models (Zhang et al. 2024), where they are at hand.
@Suite(.enabled(if: PublicSweep.folder != nil)) struct PublicCriticalBatchTests {
    private func rows(test: Bool) throws -> [CriticalBatchPoint] {
        let folder = try #require(PublicSweep.folder)
        let text = try String(contentsOf: folder.appendingPathComponent("zhang_cbs.csv"), encoding: .utf8)
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        func column(_ name: String) -> Int { lines[0].firstIndex(of: name) ?? 0 }
        let (size, batch, steps, split) = (
            column("N"), column("batch_seqs"), column("steps"), column("split")
        )
        return try lines.dropFirst().filter { test || $0[split] != "test" }.map {
            try CriticalBatchPoint(
                scale: #require(Double($0[size])), batchSize: #require(Double($0[batch])),
                steps: Double($0[steps]))
        }
    }

    @Test func everyModelHasItsCriticalBatch() throws {
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows(test: true), prior: nil))
        let measured = [2235.0, 3303, 5433, 7907, 11140]
        for (scale, expected) in zip(fit.scales, measured) {
            #expect(abs(scale.law.criticalBatch / expected - 1) < 0.02)
        }
        #expect(abs(fit.exponent.value - 0.61) < 0.02)
    }

    @Test func smallModelsPredictTheLargeOne() throws {
        let fit = try CriticalBatchFit.fit(CriticalBatchRequest(points: rows(test: false)))
        let predicted = try #require(fit.criticalBatch(scale: 1.2e9))
        #expect(abs(predicted.value / 11140 - 1) < 0.1, "\(predicted.value)")
        let ends = try #require(predicted.interval80)
        #expect(ends[0] < 11140 && 11140 < ends[1])
    }
}
