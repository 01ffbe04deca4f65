import Foundation
import ScalingLaws
import Testing

@Suite("Probes and layer smoothness") struct ProbeTests {
    private let seed: UInt64 = 5

    @Test func noiseFromPairsIsThatOfOneToken() {
        // Gradients of one number with deviation 3: s = 3 E|z|, for any batch size.
        var random = TestRandom(seed: seed)
        for batch in [4.0, 64] {
            let norms = (0..<4000).map { _ in
                abs(random.normal() - random.normal()) * 3 / batch.squareRoot()
            }
            let noise = ProbeEstimators.noise(differenceNorms: norms, batchSize: batch)
            let expected = 3 * (2 / Double.pi).squareRoot()
            #expect(
                noise.map { abs($0.value - expected) < 5 * $0.standardError && $0.standardError < 0.05 }
                    == true,
                "seed \(seed)")
        }
        #expect(ProbeEstimators.noise(differenceNorms: [], batchSize: 4) == nil)
        #expect(ProbeEstimators.noise(differenceNorms: [.nan], batchSize: 4) == nil)
        #expect(ProbeEstimators.noise(differenceNorms: [1], batchSize: 4)?.standardError == .infinity)
    }

    @Test func secantsAreMediansAndSkipEmptySteps() {
        let value = ProbeEstimators.secantSmoothness(
            gradientDifferences: [1, 2, 30, 5], stepLengths: [1, 1, 1, 0])
        #expect(value == 2)
        #expect(ProbeEstimators.secantSmoothness(gradientDifferences: [1], stepLengths: [0]) == nil)
    }

    @Test func extrapolationRemovesTheBatchPart() {
        func smoothness(_ batch: Double) -> Double { (9 + 40 / batch).squareRoot() }
        let fit = ProbeEstimators.extrapolatedSmoothness((128, smoothness(128)), (32, smoothness(32)))
        #expect(fit.map { abs($0.value - 3) < 1e-12 && $0.isReliable } == true)
        #expect(ProbeEstimators.extrapolatedSmoothness((8, 1), (128, 2))?.isReliable == false)
        let steep = ProbeEstimators.extrapolatedSmoothness((8, 10), (128, 1))
        #expect(steep?.isReliable == false && steep?.value == 1)
        #expect(ProbeEstimators.extrapolatedSmoothness((8, 10), (8, 1)) == nil)
    }

    @Test func noiseExponentFindsPowerAndShift() {
        let batches = [8.0, 32, 128, 512, 2048]
        for (power, shift) in [(0.9, 90.0), (1.1, 35), (1, 0)] {
            let fit = NoiseExponent.fit(
                batchSizes: batches, variances: batches.map { 7 * pow($0 + shift, -power) })
            #expect(fit.map { abs($0.power - power) < 1e-5 && abs($0.shift - shift) < 1e-2 } == true)
            #expect(fit?.isUnusual == false)
        }
        let tails = NoiseExponent.fit(batchSizes: batches, variances: batches.map { pow($0, -0.6) })
        #expect(tails?.isUnusual == true)
        #expect(NoiseExponent.fit(batchSizes: [8, 8], variances: [1, 2]) == nil)
    }

    @Test func probePredictionCentresTheFirstSweep() {
        let constants = LMOConstants(gap: 2, smoothness: 5, noise: 30)
        let guess = ProbePrediction(constants, batchSize: 64, tokenBudget: 6.4e5)
        #expect(abs(guess.learningRate.value - 0.0013639886789409469) < 1e-12)
        #expect(abs(guess.largestBatch.value - constants.criticalBatch(tokenBudget: 6.4e5)) < 1e-9)
        #expect(abs(guess.sweepRange.upperBound / guess.sweepRange.lowerBound - 100) < 1e-9)
        let limited = ProbePrediction(
            constants, batchSize: 64, tokenBudget: 6.4e5, stabilityLimit: 2 * guess.learningRate.value)
        #expect(limited.sweepRange.upperBound == 2 * guess.learningRate.value)
        #expect(guess.learningRate.range.contains(guess.learningRate.value * pow(10, 0.68)))
        #expect(!guess.learningRate.range.contains(guess.learningRate.value * pow(10, 0.7)))
    }

    @Test func hingeFitIsTheMinimiserOnRandomData() {
        var random = TestRandom(seed: seed)
        for _ in 0..<20 {
            let g = (0..<12).map { _ in random.uniform(0.1, 2) }
            let (a, b) = (random.uniform(-1, 2), random.uniform(-1, 3))
            let y = g.map { max(0, a + b * $0 + 0.4 * random.normal()) }
            guard let fit = HingeSmoothnessFit.fit(secants: y, gradientNorms: g) else {
                Issue.record("no fit, seed \(seed)")
                return
            }
            func objective(_ c: Double, _ p: Double) -> Double {
                zip(g, y).reduce(0) { sum, point in
                    let r = point.1 - c - p * point.0
                    return sum + r * r * (r > 0 ? 11 : 1)
                }
            }
            let best = objective(fit.constant, fit.proportional)
            for (dc, dp) in [(1e-4, 0.0), (-1e-4, 0), (0, 1e-4), (0, -1e-4), (1e-4, -1e-4), (-1e-4, 1e-4)] {
                let (c, p) = (fit.constant + dc, fit.proportional + dp)
                if c >= 0, p >= 0 { #expect(objective(c, p) >= best - 1e-12, "seed \(seed)") }
            }
        }
        #expect(HingeSmoothnessFit.fit(secants: [], gradientNorms: []) == nil)
        #expect(HingeSmoothnessFit.fit(secants: [1, .nan], gradientNorms: [1, 1]) == nil)
        let constant = HingeSmoothnessFit.fit(secants: [2, 2], gradientNorms: [0, 0])
        #expect(constant == LayerSmoothness(constant: 2, proportional: 0))
    }

    @Test func layerRatiosHaveGeometricMeanOne() {
        let layers = [70.0, 70, 1.3].map { LayerSmoothness(constant: 0, proportional: $0) }
        let ratios = LayerSmoothness.learningRateRatios(layers) ?? []
        #expect(ratios.count == 3 && abs(ratios.reduce(1, *) - 1) < 1e-12)
        #expect(abs(ratios[2] / ratios[0] - 70 / 1.3) < 1e-9)
        #expect(LayerSmoothness.learningRateRatios([LayerSmoothness(constant: 1, proportional: 0)]) == nil)
        #expect(LayerSmoothness(constant: 0, proportional: 2).radius(gradientNorm: 0) == 0)
    }

    @Test func complexityOfLayersAddsTheirParts() {
        // m = mean(1/2, 1/4) = 3/8; 2 D sum/(eps m)^2 = 2 (1/4) / (0.0375)^2 = 355.6, 2 D/(eps m) = 53.3.
        let layers = [
            LayerSmoothness(constant: 1, proportional: 2), LayerSmoothness(constant: 0, proportional: 4),
        ]
        #expect(LayerSmoothness.steps(layers, gap: 1, target: 0.1) == 409)
        #expect(LayerSmoothness.steps([], gap: 1, target: 0.1) == nil)
    }
}
