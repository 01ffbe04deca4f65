import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Every row of the golden file of the LMO theory: recomputed by id.
@Suite("LMO golden values") struct LMOGoldenTests {
    struct Row: Decodable {
        var id: String
        var quantity: String
        var expected: [Double]
        var tol: String

        enum CodingKeys: String, CodingKey { case id, quantity, expected, tol }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            quantity = try container.decode(String.self, forKey: .quantity)
            tol = try container.decode(String.self, forKey: .tol)
            if let value = try? container.decode(Double.self, forKey: .expected) {
                expected = [value]
            } else {
                expected = try container.decode([Double].self, forKey: .expected)
            }
        }

        /// `1e-10 rel`, `abs 1e-12`, `2e-3`, `exact (boundary)`.
        var tolerance: (value: Double, isRelative: Bool) {
            let words = tol.split(whereSeparator: { " ;(".contains($0) }).map(String.init)
            return (words.lazy.compactMap { Double($0) }.first ?? 0, words.contains("rel"))
        }
    }

    @Test func everyRowIsReproduced() throws {
        let rows = try JSONDecoder().decode(
            [Row].self, from: goldenData("lmo-golden.json", in: Bundle.module))
        #expect(rows.count == 101)
        for row in rows {
            guard let compute = Self.covered[row.id] else {
                Issue.record("\(row.id) is not covered")
                continue
            }
            let actual = compute()
            #expect(actual.count == row.expected.count, "\(row.id)")
            let (tolerance, isRelative) = row.tolerance
            for (value, expected) in zip(actual, row.expected) {
                let allowed = tolerance * (isRelative ? abs(expected) : 1)
                #expect(
                    abs(value - expected) <= allowed, "\(row.id) \(row.quantity): \(value) for \(expected)")
            }
        }
        #expect(Self.covered.count == rows.count)
    }

    // MARK: The values by id

    static let constants = LMOConstants(gap: 2, smoothness: 5, noise: 30)
    /// u = w = Fs = 1, so that tau = T and b = B.
    private static let natural = LMOConstants(stepScale: 1, batchScale: 1)
    private static let anchored = LMOPoint(
        learningRate: 0.001, momentumComplement: 0.1, batchSize: 64, steps: 10_000)

    private static let covered: [String: @Sendable () -> [Double]] = {
        var table = bounds
        for part in [
            regimeA, regimeB, regimeC, regimeD, transfers, schedules, program, kl, cost, oracle, gluon,
            sharpness,
            published,
        ] {
            table.merge(part) { _, new in new }
        }
        return table
    }()

    private static let bounds: [String: @Sendable () -> [Double]] = [
        "V01": { [LMOBound.standard.value(constants, at: anchored)] },
        "V02": { [LMOBound.refined.value(constants, at: anchored)] },
        "V03": { [LMOBound.refinedClosed.value(constants, at: anchored)] },
        "V04": {
            [constants.stepScale, constants.batchScale, constants.naturalBatch, constants.gradientScale]
        },
        "V05": { [LMOBound.dimensionless(step: 0.01, momentumComplement: 0.1, batch: 0.5, steps: 10_000)] },
        "V06": {
            let scaled = LMOBound.dimensionless(
                step: 0.001 / constants.stepScale.squareRoot(), momentumComplement: 0.1,
                batch: 64 / constants.naturalBatch, steps: 10_000)
            return [LMOBound.standard.value(constants, at: anchored) / constants.gradientScale / scaled - 1]
        },
    ]

    /// d log(quantity) / d log(variable) between two points.
    static func slopes(_ low: Double, _ high: Double, _ quantities: (Double) -> [Double]) -> [Double] {
        zip(quantities(low), quantities(high)).map { log($1 / $0) / log(high / low) }
    }

    private static let regimeA: [String: @Sendable () -> [Double]] = [
        "A01": { [rateA(tokens: 640_000, batch: 64)] },
        "A02": { slopes(1e4, 1e6) { [rateA(tokens: 64 * $0, batch: 64)] } },
        "A03": { slopes(1e6, 1e8) { [rateA(tokens: $0, batch: 64)] } },
        "A04": { slopes(8, 512) { [rateA(tokens: 1e4 * $0, batch: $0)] } },
        "A05": { slopes(8, 512) { [rateA(tokens: 1e7, batch: $0)] } },
        "A06": { [constants.noiseFloor(batchSize: 64, momentumComplement: 0.1)] },
        "A07": { [constants.stepsToNoiseFloor(batchSize: 64, momentumComplement: 0.1)] },
    ]

    private static func rateA(tokens: Double, batch: Double) -> Double {
        constants.optimum(
            .learningRate(batchSize: batch, momentumComplement: 0.1), tokenBudget: tokens
        ).point.learningRate
    }

    private static let regimeB: [String: @Sendable () -> [Double]] = [
        "B01": { [leadingB(tokens: 6.4e7, batch: 64)[1]] },
        "B02": { [leadingB(tokens: 6.4e7, batch: 64)[0]] },
        "B03": { [leadingB(tokens: 6.4e7, batch: 64)[2]] },
        "B04": { fullB(constants, tokens: 6.4e7, batch: 64) },
        "B05": { [slopes(1e4, 1e6) { leadingB(tokens: 64 * $0, batch: 64) }[1]] },
        "B06": { [slopes(1e4, 1e6) { leadingB(tokens: 64 * $0, batch: 64) }[0]] },
        "B07": { [slopes(1e4, 1e6) { leadingB(tokens: 64 * $0, batch: 64) }[2]] },
        "B08": { [slopes(8, 512) { leadingB(tokens: 1e6 * $0, batch: $0) }[1]] },
        "B09": { [slopes(8, 512) { leadingB(tokens: 1e6 * $0, batch: $0) }[0]] },
        "B10": { [slopes(8, 512) { leadingB(tokens: 1e9, batch: $0) }[1]] },
        "B11": { [slopes(8, 512) { leadingB(tokens: 1e9, batch: $0) }[0]] },
        "B12": { [slopes(8, 512) { leadingB(tokens: 1e9, batch: $0) }[2]] },
        "B13": { [constants.stepsToSaturation(batchSize: 6400)] },
        "B14": { [constants.criticalBatch(tokenBudget: 1e8)] },
        "B15": { [slopes(990, 1010) { fullB(natural, tokens: $0, batch: 1) }[1]] },
        "B16": { [slopes(9900, 10_100) { fullB(natural, tokens: 0.01 * $0, batch: 0.01) }[1]] },
        "B17": {
            let slope = slopes(1e6, 1e8) { fullB(natural, tokens: 1e-6 * $0, batch: 1e-6) }
            return [slope[1], slope[0], slope[2]]
        },
        "B18": { [LMOConstants.burnInMomentumComplement(steps: 1000)] },
        "E01": { [fullB(natural, tokens: 1e8, batch: 1e5)[2] / (4 * pow(1e8, -0.25))] },
        "E02": { [fullB(natural, tokens: 1e8, batch: 100)[2] / (4 * pow(1e8, -0.25))] },
        "Y01": {
            let valley = constants.valley(tokenBudget: 1e8)
            return [valley.memoryTokens, valley.pathLength]
        },
    ]

    private static func leadingB(tokens: Double, batch: Double) -> [Double] {
        let optimum = constants.leadingOptimum(
            .learningRateAndMomentum(batchSize: batch), tokenBudget: tokens)
        return [optimum.point.learningRate, optimum.point.momentumComplement, optimum.value]
    }

    private static func fullB(_ constants: LMOConstants, tokens: Double, batch: Double) -> [Double] {
        let optimum = constants.optimum(.learningRateAndMomentum(batchSize: batch), tokenBudget: tokens)
        return [optimum.point.learningRate, optimum.point.momentumComplement, optimum.value]
    }

    private static let regimeC: [String: @Sendable () -> [Double]] = [
        "C01": {
            batchTuned(constants.optimum(.learningRateAndBatch(momentumComplement: 0.1), tokenBudget: 1e8))
        },
        "C02": {
            batchTuned(
                constants.leadingOptimum(.learningRateAndBatch(momentumComplement: 0.1), tokenBudget: 1e8))
        },
        "C03": {
            slopes(1e8, 1e10) {
                batchTuned(
                    constants.leadingOptimum(.learningRateAndBatch(momentumComplement: 0.1), tokenBudget: $0))
            }
        },
        "C04": {
            batchTuned(constants.optimum(.learningRateAndBatch(momentumComplement: 1), tokenBudget: 1e8))
        },
        "C05": { [constants.budgetOfUnitBatch(momentumComplement: 0.1)] },
    ]

    private static func batchTuned(_ optimum: LMOOptimum) -> [Double] {
        [optimum.point.learningRate, optimum.point.batchSize, optimum.value]
    }

    private static let regimeD: [String: @Sendable () -> [Double]] = [
        "D01": { joint(constants.optimum(.joint, tokenBudget: 1e8)) },
        "D02": { joint(constants.leadingOptimum(.joint, tokenBudget: 1e8)) },
        "D03": { slopes(1e12, 1e20) { joint(constants.optimum(.joint, tokenBudget: 45 * $0)) } },
        "D04": { [refinedJoint(1e4).momentumComplement] },
        "D05": { [refinedJoint(1e6).batchSize / natural.criticalBatch(tokenBudget: 1e6)] },
        "D06": { [batchOverJoint(alpha: 1, tau: 1e8)] },
        "D07": { [batchOverJoint(alpha: 0.1, tau: 1e6)] },
    ]

    private static func joint(_ optimum: LMOOptimum) -> [Double] {
        [
            optimum.point.learningRate, optimum.point.momentumComplement, optimum.point.batchSize,
            optimum.value,
        ]
    }

    /// In natural units a batch may be far below one.
    private static func refinedJoint(_ tau: Double) -> LMOPoint {
        natural.optimum(.joint, tokenBudget: tau, bound: .refinedClosed, batchRange: 1e-9...1e9).point
    }

    private static func batchOverJoint(alpha: Double, tau: Double) -> Double {
        let range = 1e-9...1e12
        let batch = natural.optimum(
            .learningRateAndBatch(momentumComplement: alpha), tokenBudget: tau, batchRange: range)
        return batch.value / natural.optimum(.joint, tokenBudget: tau, batchRange: range).value
    }

    private static let transfers: [String: @Sendable () -> [Double]] = [
        "G01": { [transferred(16, .learningRate).learningRate] },
        "G02": {
            let point = transferred(16, .learningRateAndMomentum)
            return [point.learningRate, point.momentumComplement]
        },
        "G03": {
            let point = transferred(16, .learningRateAndBatch)
            return [point.learningRate, point.batchSize]
        },
        "G04": {
            let point = transferred(64, .joint)
            return [point.learningRate, point.momentumComplement, point.batchSize]
        },
        "G05": {
            let point = transferred(16, .valley(batchSize: 4))
            return [point.learningRate, point.momentumComplement]
        },
        "G06": {
            let anchor = LMOPoint(learningRate: 0.01, momentumComplement: 0.5, batchSize: 8, tokenBudget: 1e6)
            let point = BudgetTransfer(anchor: anchor)
                .setting(tokenBudget: 16e6, mode: .valley(batchSize: 128))
            return [point.learningRate, point.momentumComplement]
        },
        "G07": {
            let anchor = LMOPoint(
                learningRate: 2e-3, momentumComplement: 0.1, batchSize: 256, tokenBudget: 2.56e6)
            let scales = LMOCalibration.leading(anchor, tuned: .learningRateAndMomentum)
            return [scales.stepScale, scales.batchScale ?? .nan]
        },
    ]

    /// From a setting of ones, so that the answer is the factors.
    private static func transferred(_ ratio: Double, _ mode: BudgetTransfer.Mode) -> LMOPoint {
        let anchor = LMOPoint(learningRate: 1, momentumComplement: 1, batchSize: 1, steps: 1000)
        return BudgetTransfer(anchor: anchor).setting(tokenBudget: 1000 * ratio, mode: mode)
    }

    private static let schedules: [String: @Sendable () -> [Double]] = [
        "S01": { factors(.linear) }, "S02": { factors(.cosine) },
        "S03": { factors(.wsd(decayFraction: 0.28)) },
    ]

    private static func factors(_ shape: ScheduleFactors.Shape) -> [Double] {
        let factors = ScheduleFactors(shape)
        return [factors.peakFactor, factors.valueFactor]
    }

    private static let program: [String: @Sendable () -> [Double]] = [
        "L01": { ExponentProgram(ExponentProgram.kovalevTerms()).levels().map(\.rate) },
        "L02": { ExponentProgram(ExponentProgram.kovalevTerms()).levels()[0].ranges.flatMap(ends) },
        "L03": { ExponentProgram(ExponentProgram.kovalevTerms()).levels()[1].ranges.map(\.lowerBound) },
        "L04": {
            let levels = ExponentProgram(
                ExponentProgram.kovalevTerms(noisePower: 0.45), fixesMomentum: true
            ).levels()
            return [levels[0].ranges[0].lowerBound, levels[0].ranges[2].lowerBound, levels[0].rate]
        },
        "L05": {
            // Noise and smoothness of the KL bound; contraction, up to logarithms: eta K >= 1.
            let terms: [ExponentProgram.Term] = [
                .init(learningRate: 1, momentumComplement: -1, batchSize: -0.5, budget: 0),
                .init(learningRate: 0, momentumComplement: 0.5, batchSize: -0.5, budget: 0),
                .init(learningRate: 1, momentumComplement: 0, batchSize: 0, budget: 0),
                .init(learningRate: 1, momentumComplement: -1, batchSize: 0, budget: 0),
            ]
            let contracts = ExponentProgram.Term(
                learningRate: -1, momentumComplement: 0, batchSize: 1, budget: -1)
            let levels = ExponentProgram(terms, conditions: [contracts]).levels()
            return levels.map(\.rate) + levels[1].ranges.map(\.lowerBound)
        },
        "L06": {
            // Second-order smooth: the lag enters as (eta/alpha)^2.
            let terms: [ExponentProgram.Term] = [
                .init(learningRate: -1, momentumComplement: 0, batchSize: 1, budget: -1),
                .init(learningRate: 0, momentumComplement: -1, batchSize: 0.5, budget: -1),
                .init(learningRate: 0, momentumComplement: 0.5, batchSize: -0.5, budget: 0),
                .init(learningRate: 1, momentumComplement: 0, batchSize: 0, budget: 0),
                .init(learningRate: 2, momentumComplement: -2, batchSize: 0, budget: 0),
            ]
            let level = ExponentProgram(terms, fixesBatch: true).levels()[0]
            return [level.ranges[0].lowerBound, level.ranges[1].lowerBound, level.rate]
        },
    ]

    private static func ends(_ range: ClosedRange<Double>) -> [Double] {
        [range.lowerBound, range.upperBound]
    }
}
