import Foundation
import ScalingLaws

/// Golden rows of the KL bound, oracle cost, inexact oracles, layer smoothness, sharpness and published laws.
extension LMOGoldenTests {
    private static let problem = KLConstants(gap: 5, smoothness: 2, sharpness: 1.5, noise: 12)
    private static let plateau = KLPlateau(problem)

    static let kl: [String: @Sendable () -> [Double]] = [
        "K01": { [plateau.leftEdge, plateau.rightEdge(tokenBudget: 1e9)] },
        "K02": {
            [plateau.leftEdge / 100, 1e4, 10 * plateau.rightEdge(tokenBudget: 1e9)].map {
                plateau.error(batchSize: $0, tokenBudget: 1e9)
            }
        },
        "K03": {
            [
                slopes(0.01, 0.1) { [plateau.error(batchSize: $0, tokenBudget: 1e9)] }[0],
                slopes(1e9, 1e10) { [plateau.error(batchSize: 1e4, tokenBudget: $0)] }[0],
                slopes(1e8, 1e9) { [plateau.error(batchSize: $0, tokenBudget: 1e9)] }[0],
            ]
        },
        "K04": {
            slopes(1e9, 1e11) { tokens in
                let transfer = KLTransfer(batchSize: 256, frankWolfeStep: 1e-3, tokenBudget: 1e9)
                let batch = transfer.batchSize(tokenBudget: tokens)
                let edge = plateau.rightEdge(tokenBudget: tokens)
                return [
                    batch, transfer.frankWolfeStep(batchSize: batch, tokenBudget: tokens),
                    plateau.error(batchSize: edge, tokenBudget: tokens),
                ]
            }
        },
        "K05": { KLPlateau(problem, decay: 1).terms(batchSize: 1e5, tokenBudget: 1e9) },
        "K06": {
            [
                NanoGPTConstants.smoothness(layers: 12, width: 768), NanoGPTConstants.sharpness(layers: 12),
                NanoGPTConstants.smoothness(layers: 18, width: 2048), NanoGPTConstants.sharpness(layers: 18),
            ]
        },
        "K07": {
            let transfer = KLTransfer(batchSize: 1, frankWolfeStep: 1, tokenBudget: 1)
            let ratios = NanoGPTConstants.Table.large.ratios(to: .small)
            let batch = transfer.batchSize(tokenBudget: 8.06, ratios: ratios)
            return [batch, transfer.frankWolfeStep(batchSize: batch, tokenBudget: 8.06)]
        },
        "K08": { [2, 4, 6].map { NanoGPTConstants.anchor.batchSize(tokenBudget: $0 * 1.3e9) } },
        "K09": {
            KLGrowthSchedule(from: NanoGPTConstants.anchor, batchMultiple: 32)
                .stages(cumulativeTokens: [2, 4, 6].map { $0 * 1.3e9 }).map(\.frankWolfeStep)
        },
        "K10": {
            [
                KLBound(problem).value(
                    effectiveStep: 1e-3, momentumComplement: 0.1, batchSize: 1000, steps: 1e5)
            ]
        },
        "K11": { klOptimum(batch: 1000, tokens: 1e12) },
        "K12": { slopes(1e2, 1e4) { klOptimum(batch: $0, tokens: 1e14) } },
    ]

    private static func klOptimum(batch: Double, tokens: Double) -> [Double] {
        let best = KLBound(problem).optimum(batchSize: batch, tokenBudget: tokens)
        return [best.effectiveStep, best.momentumComplement, best.value]
    }

    static let cost: [String: @Sendable () -> [Double]] = [
        "Q01": {
            let best = StochasticOracleCost(start: 1000, noise: 50, floor: 0.1).optimum(target: 0.6)
            return best.map { [$0.batchSize, $0.steps, $0.tokens] } ?? []
        },
        "Q02": {
            let best = constants.cheapest(target: 2, momentumComplement: 0.1)
            return [best.batchSize, best.tokens]
        },
    ]

    static let oracle: [String: @Sendable () -> [Double]] = [
        "I01": { momentumTuned(OracleQuality(progress: 0.9, size: 1.1)) },
        "I02": { momentumTuned(OracleQuality(progress: 0.8397, size: 1.1662)) },
        "I03": { momentumTuned(OracleQuality(progress: 0.5014, size: 0.7603)) },
        "I04": { momentumTuned(OracleQuality(additiveError: 0.1)) },
        "I05": {
            let factors = OracleCorrection(OracleQuality(additiveError: 0.1), regime: .deterministic)
            return [factors.learningRate, factors.value]
        },
        "N01": { [1, 3, 5].map { NewtonSchulzMap.quintic.iterate(0.125, steps: $0) } },
        "N02": { [NewtonSchulzMap.quintic(1)] },
        "N03": { [1, 5, 8].map { NewtonSchulzMap.cubic.iterate(0.125, steps: $0) } },
        "N04": { spectrum(.quintic) },
        "N05": { spectrum(.cubic) },
        "N06": {
            let band = NewtonSchulzMap.quintic.asymptoticBand()
            return [band.lowerBound, band.upperBound]
        },
    ]

    private static func momentumTuned(_ quality: OracleQuality) -> [Double] {
        let factors = OracleCorrection(quality, regime: .learningRateAndMomentum)
        return [factors.momentumComplement, factors.learningRate, factors.value]
    }

    private static func spectrum(_ map: NewtonSchulzMap) -> [Double] {
        map.quality(singularValues: [1, 0.5, 0.25, 0.1], steps: 5).map {
            [$0.spectralError, $0.frobeniusError, $0.oracle.progress, $0.oracle.size]
        } ?? []
    }

    static let gluon: [String: @Sendable () -> [Double]] = [
        "U01": {
            [(0.0, 70.0, 1.0), (1, 2, 0.5), (3, 0, 0.6)].map {
                LayerSmoothness(constant: $0.0, proportional: $0.1).radius(gradientNorm: $0.2)
            }
        },
        "U02": {
            let schedule = GluonSchedule(radius: 3)
            return [schedule.radius(step: 15) / 3, schedule.momentum(step: 15)]
        },
        "U03": { hinge(0) },
        "U04": { hinge(10) },
    ]

    private static func hinge(_ penalty: Double) -> [Double] {
        HingeSmoothnessFit.fit(
            secants: [3, 5.5, 10, 13], gradientNorms: [0.1, 0.2, 0.4, 0.5], penalty: penalty
        ).map { [$0.constant, $0.proportional] } ?? []
    }

    static let sharpness: [String: @Sendable () -> [Double]] = [
        "H01": { sharpnesses },
        "H02": { [SharpnessFixture.spectral()] },
        "H03": { sharpnesses.map { StabilityLimit.largestRate(sharpness: $0) } },
        "H04": { [StabilityLimit.largestRate(sharpness: sharpnesses[1], gradientNorm: 0.8)] },
    ]

    private static let sharpnesses: [Double] = {
        let hessian = [[2, -1, 0.5], [-1, 3, 1], [0.5, 1, 1.5]]
        return [
            SharpnessFixture.sharpness(of: hessian, ball: .euclidean),
            SharpnessFixture.sharpness(of: hessian, ball: .maximum),
        ]
    }()

    static let published: [String: @Sendable () -> [Double]] = [
        "X01": {
            let query = PublishedQuery(modelSize: 1e9, tokenBudget: 1e11)
            return values(PublishedLaws.stepLaw, [.learningRate, .batchSize], query)
        },
        "X02": {
            values(PublishedLaws.deepSeek, [.learningRate, .batchSize], PublishedQuery(compute: 1e20))
        },
        "X03": {
            let old = PublishedQuery(tokenBudget: 1e9, batchSizeTokens: 1e5)
            let new = PublishedQuery(tokenBudget: 4e9, batchSizeTokens: 2e5)
            return [PublishedLaws.filatov.ratio(.learningRate, from: old, to: new) ?? .nan]
        },
        "X04": {
            let ratio = PublishedLaws.bjorck.ratio(
                .learningRate, from: PublishedQuery(tokenBudget: 1e9), to: PublishedQuery(tokenBudget: 8e9))
            return [ratio ?? .nan]
        },
        "X05": {
            let setting = BatchScalingRule.Setting(learningRate: 1, secondDecay: 0.95)
            let small = BatchScalingRule.halfLife.setting(setting, from: 512, to: 1)
            return [small?.secondDecay ?? .nan]
        },
        "X06": {
            let query = PublishedQuery(
                modelSize: 5e8, tokenBudget: 1e10, batchSizeTokens: 5e5, learningRate: 1e-2)
            return values(PublishedLaws.powerLines, [.weightDecay], query)
        },
    ]

    private static func values(
        _ law: PublishedLaw, _ quantities: [PublishedLaw.Quantity], _ query: PublishedQuery
    ) -> [Double] {
        quantities.map { law.value($0, at: query) ?? .nan }
    }
}
