import Foundation
import Testing

@testable import Tuner

@Suite struct LearningCurveTests {
    /// Reports at eighths of `E + A x^-p` with relative noise on what is above E.
    private func points(
        _ floor: Double, _ scale: Double, _ exponent: Double, through: Int = 5, noise: Double = 0,
        _ random: inout TestRandom
    ) -> [LearningCurve.Point] {
        (1...through).map { eighth in
            let x = Double(eighth) / 8
            return .init(
                fraction: x, value: floor + scale * pow(x, -exponent) + noise * scale * normal(&random))
        }
    }

    private func normal(_ random: inout TestRandom) -> Double {
        let u = Double.random(in: 1e-12..<1, using: &random), v = Double.random(in: 0..<1, using: &random)
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }

    @Test func studentsDistributionHasTheTabulatedQuantiles() {
        // Two-sided 5 % and 1 % points of the usual tables.
        let table = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042)]
        for (nu, t) in table {
            #expect(abs(StudentT.cumulative(t, degreesOfFreedom: nu) - 0.975) < 2e-5, "nu \(nu)")
            #expect(abs(StudentT.cumulative(-t, degreesOfFreedom: nu) - 0.025) < 2e-5, "nu \(nu)")
        }
        #expect(abs(StudentT.cumulative(4.604, degreesOfFreedom: 4) - 0.995) < 2e-5)
        #expect(StudentT.cumulative(0, degreesOfFreedom: 7) == 0.5)
        #expect(StudentT.cumulative(.infinity, degreesOfFreedom: 3) == 1)
    }

    @Test func aCleanPowerLawIsContinued() throws {
        var random = TestRandom(state: 1)
        for (floor, scale, exponent) in [(2.0, 0.5, 0.3), (0, 1, 0.5), (1, 0.2, 1)] {
            let seen = points(floor, scale, exponent, &random)
            let curve = try #require(LearningCurve(seen))
            let gained = seen[0].value - seen[4].value
            // Within the noise that is assumed: a clean curve is not known to be one.
            #expect(abs(curve.end - floor - scale) < 0.03 * gained, "\(exponent): \(curve.end)")
            #expect(curve.probability(endAbove: floor + scale - 0.25 * gained) > 0.95)
            #expect(curve.probability(endAbove: floor + scale + 0.25 * gained) < 0.05)
        }
    }

    @Test func threeReportsAreTooFew() {
        var random = TestRandom(state: 1)
        #expect(LearningCurve(points(1, 1, 0.5, through: 3, &random)) == nil)
    }

    @Test func aRisingLossIsContinuedAsFlat() throws {
        let rising = (1...6).map { LearningCurve.Point(fraction: Double($0) / 8, value: Double($0)) }
        let curve = try #require(LearningCurve(rising))
        #expect(abs(curve.end - 3.5) < 1e-9)
    }

    /// The stated probability is honest: over random curves the true end lies below a stated 95 % bound in no more than
    /// about 5 of 100 cases.
    @Test(arguments: [0.0, 0.02, 0.1])
    func theStatedConfidenceIsKept(_ noise: Double) throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = TestRandom(state: seed)
        let runs = 2000
        var wrong = 0
        for _ in 0..<runs {
            let exponent = 0.5 * pow(2, normal(&random))
            let through = Int.random(in: 4...7, using: &random)
            let curve = try #require(
                LearningCurve(points(1, 0.5, exponent, through: through, noise: noise, &random)))
            let end = 1 + 0.5 + noise * 0.5 * normal(&random)
            if curve.probability(endAbove: end) >= 0.95 { wrong += 1 }
        }
        #expect(Double(wrong) / Double(runs) < 0.065, "seed \(seed), noise \(noise): \(wrong) of \(runs)")
    }
}
