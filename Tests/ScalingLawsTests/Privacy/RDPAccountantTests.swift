import Foundation
import ScalingLaws
import TestSupport
import Testing

@Suite("Privacy accountant") struct RDPAccountantTests {
    struct Golden: Decodable {
        struct Step: Decodable {
            var q: Double
            var sigma: Double
            var alpha: Double
            var rdp: Double
        }
        struct Epsilon: Decodable {
            var q: Double
            var sigma: Double
            var steps: Int
            var delta: Double
            var eps_rdp: Double
            var order: Double
            var eps_rdp_int_only: Double
            var order_int: Double
            var dpacc_default: Double
            var dpacc_same_orders: Double
            var pld: Double
            var gdp_mu: Double
            var gdp_eps: Double
        }
        struct Multiplier: Decodable {
            var eps: Double
            var q: Double
            var steps: Int
            var delta: Double
            var z: Double
            var z_int_only: Double
            var dpacc_default: Double
            var pld: Double?
        }
        var rdp_step: [Step]
        var epsilon: [Epsilon]
        var noise_multiplier: [Multiplier]
        var gdp_delta: [[Double]]
    }

    private let golden: Golden

    init() throws { golden = try otherGolden("accountant") }

    @Test func lossOfOneStep() throws {
        #expect(golden.rdp_step.count == 36)
        for row in golden.rdp_step {
            let step = try SampledGaussian(samplingRate: row.q, noiseMultiplier: row.sigma)
            let loss = step.renyiLoss(order: row.alpha)
            // The golden numbers carry an absolute error of a few 1e-15 in ln A.
            #expect(abs(loss - row.rdp) <= max(1e-9 * row.rdp, 1e-14), "\(row)")
        }
    }

    /// q, z, alpha, loss by quadrature with 40 digits: here small losses have all their digits too.
    private static let exact: [[Double]] = [
        [0.01, 1.0, 1.5, 1.272537433274238e-04], [0.01, 1, 2, 1.718134220745306e-04],
        [0.01, 1, 2.5, 2.175753322818660e-04], [0.01, 1, 8, 8.936439076060220e-04],
        [0.01, 4, 1.5, 4.835493175607168e-06], [0.01, 4, 2, 6.449425094181862e-06],
        [0.01, 4, 2.5, 8.064409758481577e-06], [0.01, 4, 8, 2.589912301239437e-05],
        [256.0 / 60000, 1.1, 1.5, 1.747978446300239e-05], [256.0 / 60000, 1.1, 2.5, 2.935807028185130e-05],
        [256.0 / 60000, 1.1, 8, 9.834106177995573e-05], [0.1, 2, 1.5, 2.098934595710260e-03],
        [0.1, 2, 2.5, 3.594077199413274e-03], [0.5, 0.7, 1.5, 5.821492923457657e-01],
        [0.5, 0.7, 2.5, 1.493546127837303e+00], [0.001, 0.6, 1.5, 1.096467066281289e-05],
        [0.001, 0.6, 2, 1.508312692113045e-05], [0.001, 0.6, 2.5, 1.957791962951382e-05],
        [0.001, 0.6, 4, 4.141300252849167e-05], [0.001, 0.6, 8, 3.216537751710344e+00],
    ]

    @Test func smallLossesKeepTheirDigits() throws {
        for row in Self.exact {
            let step = try SampledGaussian(samplingRate: row[0], noiseMultiplier: row[1])
            #expect(agree(step.renyiLoss(order: row[2]), row[3], 1e-11), "\(row)")
        }
    }

    @Test func quadratureAndSumAgreeBetweenWholeOrders() throws {
        for (q, z) in [(0.01, 1.0), (0.3, 0.5), (0.9, 3), (1e-4, 0.4), (0.999, 1)] {
            let step = try SampledGaussian(samplingRate: q, noiseMultiplier: z)
            for alpha in [2.0, 3, 7, 20] {
                let close = step.renyiLoss(order: alpha * (1 + 1e-13))
                #expect(agree(close, step.renyiLoss(order: alpha), 1e-9), "\(q) \(z) \(alpha)")
            }
        }
    }

    @Test func lossGrowsWithOrderAndSamplingAndFallsWithNoise() throws {
        var generator = Xoshiro256StarStar(seed: 21)
        for _ in 0..<40 {
            let q = pow(10, -4 * generator.unit()) * 0.99, z = 0.3 * pow(10, 1.5 * generator.unit())
            let alpha = 1.1 + 10 * generator.unit()
            let loss = try SampledGaussian(samplingRate: q, noiseMultiplier: z).renyiLoss(order: alpha)
            let note: Comment = "seed 21, \(q) \(z) \(alpha)"
            #expect(loss > 0 && loss <= alpha / (2 * z * z), note)
            let step = try SampledGaussian(samplingRate: q, noiseMultiplier: z)
            #expect(step.renyiLoss(order: alpha + 0.3) > loss, note)
            let noisier = try SampledGaussian(samplingRate: q, noiseMultiplier: z * 1.1)
            #expect(noisier.renyiLoss(order: alpha) < loss, note)
            let rarer = try SampledGaussian(samplingRate: q * 0.9, noiseMultiplier: z)
            #expect(rarer.renyiLoss(order: alpha) < loss, note)
        }
    }

    @Test func edgesOfTheMechanism() throws {
        #expect(try SampledGaussian(samplingRate: 0, noiseMultiplier: 0).renyiLoss(order: 3) == 0)
        #expect(try SampledGaussian(samplingRate: 0.1, noiseMultiplier: 0).renyiLoss(order: 3) == .infinity)
        #expect(try SampledGaussian(samplingRate: 1, noiseMultiplier: 2).renyiLoss(order: 3) == 0.375)
        #expect(try SampledGaussian(samplingRate: 0.1, noiseMultiplier: .infinity).renyiLoss(order: 2.5) == 0)
        let silent = try SampledGaussian(samplingRate: 0.1, noiseMultiplier: 1e-200)
        #expect(silent.renyiLoss(order: 2.5) == .infinity)
        #expect(try SampledGaussian(samplingRate: 0.1, noiseMultiplier: 1e200).renyiLoss(order: 2) == 0)
        // Below 1000 z the next whole order answers, which is never less.
        let little = try SampledGaussian(samplingRate: 0.1, noiseMultiplier: 1e-3)
        #expect(little.renyiLoss(order: 2.5) == little.renyiLoss(order: 3))
        #expect(throws: PrivacyError.samplingRate(1.5)) {
            try SampledGaussian(samplingRate: 1.5, noiseMultiplier: 1)
        }
        #expect(throws: PrivacyError.self) { try SampledGaussian(samplingRate: .nan, noiseMultiplier: 1) }
        #expect(throws: PrivacyError.noiseMultiplier(-1)) {
            try SampledGaussian(samplingRate: 0.5, noiseMultiplier: -1)
        }
    }

    @Test func epsilonOfGoldenRuns() throws {
        #expect(golden.epsilon.count == 9)
        for row in golden.epsilon {
            let fine = try RDPAccountant.fine.guarantee(
                samplingRate: row.q, noiseMultiplier: row.sigma, steps: row.steps, delta: row.delta)
            #expect(agree(fine.epsilon, row.eps_rdp, 1e-9), "\(row)")
            #expect(fine.order == row.order)
            let whole = try RDPAccountant.whole.guarantee(
                samplingRate: row.q, noiseMultiplier: row.sigma, steps: row.steps, delta: row.delta)
            #expect(agree(whole.epsilon, row.eps_rdp_int_only, 1e-9), "\(row)")
            #expect(whole.order == row.order_int)
            #expect(whole.epsilon / fine.epsilon < 1.01)
            // An established package, where no fractional order is best; and never below the tight value.
            if row.order == row.order.rounded() {
                #expect(agree(fine.epsilon, row.dpacc_same_orders, 1e-11), "\(row)")
            }
            #expect(fine.epsilon > row.pld && fine.epsilon < 1.26 * row.pld)
            #expect(abs(fine.epsilon / row.dpacc_default - 1) < 0.025)
        }
    }

    @Test func noiseMultipliersOfGoldenRuns() throws {
        for row in golden.noise_multiplier {
            let fine = try RDPAccountant.fine.noiseMultiplier(
                epsilon: row.eps, delta: row.delta, samplingRate: row.q, steps: row.steps)
            #expect(agree(fine, row.z, 2e-6), "\(row)")
            let whole = try RDPAccountant.whole.noiseMultiplier(
                epsilon: row.eps, delta: row.delta, samplingRate: row.q, steps: row.steps)
            #expect(agree(whole, row.z_int_only, 2e-6), "\(row)")
            #expect(agree(fine, row.dpacc_default, 3e-3), "\(row)")
            if let tight = row.pld { #expect(fine > tight) }
            let reached = try RDPAccountant.fine.guarantee(
                samplingRate: row.q, noiseMultiplier: fine, steps: row.steps, delta: row.delta)
            #expect(reached.epsilon <= row.eps, "the answer is on the safe side")
        }
    }

    @Test func noiseExponentFallsAsEpsilonGrows() throws {
        let levels = [0.1, 0.5, 1, 2, 4, 8]
        let rows: [(Double, Int, [Double])] = [
            (0.01, 1000, [0.890, 0.772, 0.565, 0.396, 0.334]),
            (256.0 / 60000, 14040, [0.914, 0.862, 0.750, 0.557, 0.376]),
        ]
        for (q, steps, expected) in rows {
            for (i, exponent) in expected.enumerated() {
                let found = try RDPAccountant.fine.noiseExponent(
                    from: levels[i], to: levels[i + 1], delta: 1e-5, samplingRate: q, steps: steps)
                #expect(abs(found - exponent) < 6e-4, "epsilon \(levels[i])")
            }
        }
    }

    @Test func deltaAndEpsilonInvertEachOther() throws {
        let step = try SampledGaussian(samplingRate: 0.01, noiseMultiplier: 1)
        let curve = try RDPAccountant.fine.curve(step, steps: 1000)
        for delta in [1e-3, 1e-5, 1e-9] {
            let epsilon = try curve.epsilon(delta: delta)
            #expect(try curve.delta(epsilon: epsilon) <= delta * (1 + 1e-9))
            #expect(try curve.delta(epsilon: 0.9 * epsilon) > delta)
        }
        #expect(try curve.delta(epsilon: .infinity) == 0)
        #expect(try curve.delta(epsilon: 0) <= 1)
        #expect(try RenyiCurve(orders: [2], losses: [0]).delta(epsilon: 1) == 0)
        #expect(try RenyiCurve(orders: [2], losses: [.infinity]).delta(epsilon: 1) == 1)
        #expect(try RenyiCurve(orders: [2], losses: [.infinity]).epsilon(delta: 1e-5) == .infinity)
    }

    @Test func trialsAndMechanismsAddUp() throws {
        let accountant = RDPAccountant.whole
        let step = try SampledGaussian(samplingRate: 0.02, noiseMultiplier: 1.2)
        let once = try accountant.curve(step, steps: 200)
        let five = try accountant.guarantee(
            samplingRate: 0.02, noiseMultiplier: 1.2, steps: 200, delta: 1e-5, trials: 5)
        #expect(try agree(five.epsilon, accountant.curve(step, steps: 1000).epsilon(delta: 1e-5)))
        #expect(try agree(once.adding(once).epsilon(delta: 1e-5), once.repeated(2).epsilon(delta: 1e-5)))
        #expect(try once.repeated(0).epsilon(delta: 1e-5) == 0)
        let other = RenyiCurve(orders: [2, 3], losses: [0, 0])
        #expect(throws: PrivacyError.orders) { try once.adding(other) }
        #expect(throws: PrivacyError.count(-1)) { try once.repeated(-1) }
        #expect(throws: PrivacyError.delta(0)) { try once.epsilon(delta: 0) }
        #expect(throws: PrivacyError.epsilon(-1)) { try once.delta(epsilon: -1) }
        #expect(throws: PrivacyError.epsilon(0)) {
            try accountant.noiseMultiplier(epsilon: 0, delta: 1e-5, samplingRate: 0.1, steps: 1)
        }
        #expect(try accountant.noiseMultiplier(epsilon: 1, delta: 1e-5, samplingRate: 0, steps: 9) == 0)
    }

    @Test func everyGuaranteeNamesItsAssumptions() throws {
        let guarantee = try RDPAccountant.whole.guarantee(
            samplingRate: 0.01, noiseMultiplier: 1, steps: 10, delta: 1e-5)
        #expect(guarantee.assumptions.contains(.poissonSampling))
        #expect(guarantee.assumptions.contains(.addRemoveOne))
        #expect(guarantee.assumptions.contains(.floatingPointNoise))
        #expect(guarantee.assumptions.allSatisfy { !$0.text.isEmpty })
    }

    @Test func gaussianCurveIsExactForItsOwnMechanismOnly() throws {
        for row in golden.gdp_delta {
            #expect(agree(GaussianPrivacy(mu: row[0]).delta(epsilon: row[1]), row[2], 1e-9))
        }
        let inverses = [(0.5, 1e-5, 1.993091404415), (1, 1e-5, 4.377178095681), (2, 1e-6, 10.997151214221)]
        for (mu, delta, epsilon) in inverses {
            #expect(agree(GaussianPrivacy(mu: mu).epsilon(delta: delta), epsilon, 1e-9))
        }
        for row in golden.epsilon {
            let step = try SampledGaussian(samplingRate: row.q, noiseMultiplier: row.sigma)
            let curve = GaussianPrivacy(step, steps: row.steps)
            #expect(agree(curve.mu, row.gdp_mu))
            #expect(agree(curve.epsilon(delta: row.delta), row.gdp_eps, 1e-9))
            #expect(GaussianPrivacy.isExact(step) == (row.q == 1))
            if row.q < 1 { #expect(row.gdp_eps < row.pld, "it reports too little") }
        }
        #expect(GaussianPrivacy(mu: 0).delta(epsilon: 0) == 0)
        #expect(GaussianPrivacy(mu: 0).epsilon(delta: 0) == 0)
        #expect(GaussianPrivacy(mu: 1).epsilon(delta: 0.9) == 0)
        #expect(GaussianPrivacy(mu: 1).epsilon(delta: 0) == .infinity)
        #expect(GaussianPrivacy(mu: .infinity).delta(epsilon: 3) == 1)
    }

    @Test func roughMultiplierHoldsForMuchNoiseOnly() {
        // Accounted multiplier over the rough one at constant 1, by epsilon.
        let rows: [(Double, Int)] = [(0.01, 1000), (256.0 / 60000, 14040)]
        let expected: [[Double]] = [
            [1.2042, 1.4102, 1.9066, 2.8987, 4.6009], [1.1531, 1.2690, 1.5093, 2.0516, 3.1623],
        ]
        for (row, constants) in zip(rows, expected) {
            for (epsilon, constant) in zip([0.5, 1, 2, 4, 8], constants) {
                let rough = PrivateBudget.roughMultiplier(
                    records: 1 / row.0, epsilon: epsilon, delta: 1e-5, batchSize: 1, steps: Double(row.1),
                    accountingConstant: 1)
                let accounted = golden.noise_multiplier.first { $0.eps == epsilon && $0.steps == row.1 }
                #expect(abs((accounted?.z ?? .nan) / rough - constant) < 1e-4, "epsilon \(epsilon)")
            }
        }
    }
}
