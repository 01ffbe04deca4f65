import Foundation
import ScalingLaws
import Testing

/// Constants of the bound from losses that follow it.
@Suite struct LMOBoundFitTests {
    private let truth = LMOConstants(stepScale: 0.04, batchScale: 8)

    private func loss(_ point: LMOPoint) -> Double {
        let shape = LMOBound.dimensionless(
            step: point.learningRate / truth.stepScale.squareRoot(),
            momentumComplement: point.momentumComplement,
            batch: point.batchSize / (truth.batchScale * truth.batchScale), steps: point.steps)
        return 1.5 + 3 * shape
    }

    private func sweep(batches: [Double], noise: Double, seed: UInt64 = 9) -> [BoundSample] {
        var random = TestRandom(seed: seed)
        return [1e5, 4e5].flatMap { (budget: Double) -> [BoundSample] in
            batches.flatMap { batch in
                (0..<6).map { i in
                    let rate: Double = 3e-4 * pow(2, Double(i))
                    let point = LMOPoint(
                        learningRate: rate, momentumComplement: 0.1, batchSize: batch, steps: budget / batch)
                    return BoundSample(point: point, loss: loss(point) * exp(noise * random.normal()))
                }
            }
        }
    }

    @Test func constantsAreFoundAgainWithoutNoise() throws {
        let fit = try #require(LMOBoundFit.fit(sweep(batches: [8, 32, 128], noise: 0)))
        #expect(abs(log(fit.constants.stepScale / truth.stepScale)) < 1e-3)
        #expect(abs(log(fit.constants.batchScale / truth.batchScale)) < 1e-2)
        #expect(abs(fit.floor - 1.5) < 1e-3 && abs(fit.scale - 3) < 1e-2)
        #expect(fit.batchScaleIsIdentified)
        let point = LMOPoint(learningRate: 0.002, momentumComplement: 0.1, batchSize: 16, steps: 5e4)
        #expect(abs(fit.loss(at: point) / loss(point) - 1) < 1e-3)
    }

    @Test func noiseMovesTheBestRateLittle() throws {
        let fit = try #require(LMOBoundFit.fit(sweep(batches: [8, 32, 128], noise: 0.005)))
        #expect(abs(log(fit.constants.stepScale / truth.stepScale)) < 0.4, "seed 9")
        #expect(fit.residual < 0.01)
    }

    @Test func aWildRunIsNotFollowed() throws {
        var samples = sweep(batches: [8, 32, 128], noise: 0)
        samples[7].loss *= 3
        let fit = try #require(LMOBoundFit.fit(samples))
        #expect(abs(log(fit.constants.stepScale / truth.stepScale)) < 0.1)
    }

    @Test func tooLittleGivesNoFit() {
        let point = LMOPoint(learningRate: 0.01, momentumComplement: 0.1, batchSize: 8, steps: 100)
        #expect(LMOBoundFit.fit([]) == nil)
        #expect(LMOBoundFit.fit(Array(repeating: BoundSample(point: point, loss: 2), count: 9)) == nil)
        #expect(
            LMOBoundFit.fit(sweep(batches: [8], noise: 0).map { BoundSample(point: $0.point, loss: .nan) })
                == nil)
    }
}
