import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Masked training") struct MaskedTrainingTests {
    private struct Golden: Decodable { var mast_bern, mast_randk: [[Double]] }

    private func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: goldenData("other/misc.json", in: Bundle.module))
    }

    @Test func safeStepIsInsideTheMeasuredRangeAndTheExponentIsNearTwo() throws {
        let golden = try golden()
        for rows in [golden.mast_bern, golden.mast_randk] {
            #expect(rows.count == 4)
            for row in rows {
                let masked = MaskedTraining(smoothness: 1, strongConvexity: 0.01, keepFraction: row[0])
                #expect(masked.largestStep <= row[1])
                #expect(masked.diagonalStabilityLimit(curvature: 1) <= row[1] * 1.001)
            }
            let tail = log(rows[2][1] / rows[3][1]) / log(2)
            #expect(abs(tail - 1.99) < 0.01)
            let logs = rows.map { (log($0[0]), log($0[1])) }
            let (mx, my) = (logs.reduce(0) { $0 + $1.0 } / 4, logs.reduce(0) { $0 + $1.1 } / 4)
            let slope =
                logs.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
                / logs.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
            #expect(abs(slope - 1.837) < 0.002)
            let prior = KeepFractionRule.rescaledMasks.prior
            #expect(abs(slope - prior.mean) < prior.deviation && abs(tail - prior.mean) < prior.deviation)
        }
    }

    @Test func diagonalLimitIsWhereTheSecondMomentStopsShrinking() {
        let masked = MaskedTraining(smoothness: 1, strongConvexity: 1, keepFraction: 0.25)
        #expect(abs(masked.secondMomentFactor(step: 0.99 * 0.125, curvature: 1) - 0.9901) < 1e-12)
        #expect(abs(masked.secondMomentFactor(step: 1.01 * 0.125, curvature: 1) - 1.0101) < 1e-12)
        for p in [0.1, 0.5, 1] {
            for isRescaled in [true, false] {
                let masked = MaskedTraining(
                    smoothness: 3, strongConvexity: 1, keepFraction: p, isRescaled: isRescaled)
                let limit = masked.diagonalStabilityLimit(curvature: 3)
                #expect(abs(masked.secondMomentFactor(step: limit, curvature: 3) - 1) < 1e-12)
                // E(1 - gamma lambda m)^2 term by term.
                let gamma = 0.3 * limit
                let kept = 1 - gamma * 3 / (isRescaled ? p * p : 1)
                #expect(
                    abs(masked.secondMomentFactor(step: gamma, curvature: 3) - (1 - p + p * kept * kept))
                        < 1e-12)
            }
        }
    }

    @Test func safeStepShrinksSecondMomentsOnDenseHessians() {
        // All masks of three coordinates: the exact map of E x x', E S H S x x' S H S.
        let seed: UInt64 = 31
        var generator = Xoshiro256StarStar(seed: seed)
        for _ in 0..<20 {
            let vectors = (0..<3).map { _ in (0..<3).map { _ in generator.sym24() } }
            var hessian = 0.05 * SmallMatrix.identity(3)
            for vector in vectors { hessian = hessian + .outer(vector, vector) }
            let values = hessian.eigen().values
            for p in [0.2, 0.5, 0.8] {
                for isRescaled in [true, false] {
                    let masked = MaskedTraining(
                        smoothness: values[2], strongConvexity: values[0], keepFraction: p,
                        isRescaled: isRescaled)
                    var map = SmallMatrix(order: 9)
                    for mask in 0..<8 {
                        var chance = 1.0
                        var step = SmallMatrix.identity(3)
                        for i in 0..<3 { chance *= mask >> i & 1 == 1 ? p : 1 - p }
                        for i in 0..<3 where mask >> i & 1 == 1 {
                            for j in 0..<3 where mask >> j & 1 == 1 {
                                let weight = isRescaled ? 1 / (p * p) : 1
                                step[i, j] -= masked.largestStep * weight * hessian[i, j]
                            }
                        }
                        map = map + chance * .kronecker(step, step)
                    }
                    var moments = SmallMatrix.identity(3).entries
                    for _ in 0..<4000 { moments = map * moments }
                    #expect(moments[0] + moments[4] + moments[8] < 1, "seed \(seed)")
                }
            }
        }
    }

    @Test func boundContractsToItsFloor() {
        let masked = MaskedTraining(smoothness: 1, strongConvexity: 0.1, keepFraction: 0.5)
        #expect(masked.maskedSmoothness == 4 && agrees(masked.maskedConvexity, 0.2, 1e-14))
        #expect(agrees(masked.stepsPerFactor, 20, 1e-14))
        let floor = masked.bound(step: 0.25, steps: 1e6, squaredDistance: 9, maskingGap: 0.3)
        #expect(agrees(floor, 2 * 0.25 * 4 / 0.2 * 0.3, 1e-12))
        #expect(masked.bound(step: 0.25, steps: 0, squaredDistance: 9, maskingGap: 0) == 9)
        let plain = MaskedTraining(smoothness: 1, strongConvexity: 0.1, keepFraction: 0.5, isRescaled: false)
        #expect(plain.largestStep == 1 && plain.stepsPerFactor == masked.stepsPerFactor)
    }

    @Test func capsFollowTheKeptFraction() {
        #expect(KeepFractionRule.rescaledMasks.cap(0.4, from: 1, to: 0.5) == 0.1)
        #expect(KeepFractionRule.subnetworks.cap(0.4, from: 1, to: 0.25) == 0.1)
        #expect(KeepFractionRule.plainMasks.cap(0.4, from: 1, to: 0.25) == 0.4)
    }
}
