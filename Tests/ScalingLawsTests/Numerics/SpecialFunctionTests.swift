import Foundation
import Testing

@testable import ScalingLaws

@Suite("Special functions") struct SpecialFunctionTests {
    @Test func logGammaKnowsFactorialsAndHalves() {
        #expect(agree(SpecialFunctions.logGamma(11), log(3_628_800), 1e-14))
        #expect(agree(SpecialFunctions.logGamma(0.5), 0.5 * log(.pi), 1e-13))
        #expect(abs(SpecialFunctions.logGamma(1)) < 1e-14)
        #expect(agree(SpecialFunctions.logGamma(1e-3), 6.907178885383853, 1e-13))
        for x in stride(from: 0.1, to: 40, by: 0.37) {
            let step = SpecialFunctions.logGamma(x + 1) - SpecialFunctions.logGamma(x) - log(x)
            #expect(abs(step) < 1e-13, "x \(x)")
        }
    }

    @Test func normalTailIsContinuousWhereTheSeriesTakesOver() {
        #expect(SpecialFunctions.normalCDF(0) == 0.5)
        #expect(agree(SpecialFunctions.normalCDF(-1.96), 0.024997895148220435, 1e-13))
        let above = SpecialFunctions.logNormalCDF(-34.9999999)
        let below = SpecialFunctions.logNormalCDF(-35.0000001)
        // Slope -x there.
        #expect(abs(above - below - 35.0285 * 2e-7) < 1e-9)
        #expect(SpecialFunctions.logNormalCDF(-1e8) == -5e15 - log(1e8) - 0.5 * log(2 * .pi))
        #expect(SpecialFunctions.logNormalCDF(40) == 0)
    }

    @Test func logarithmsOfSumsDoNotOverflow() {
        #expect(SpecialFunctions.logSumExp([]) == -.infinity)
        #expect(SpecialFunctions.logSumExp([-.infinity, -.infinity]) == -.infinity)
        #expect(agree(SpecialFunctions.logSumExp([1000, 1000]), 1000 + log(2)))
        #expect(SpecialFunctions.logSumExp([0, .infinity]) == .infinity)
        #expect(agree(SpecialFunctions.logExpm1(1e-9), log(1e-9), 1e-9))
        #expect(SpecialFunctions.logExpm1(1000) == 1000)
        #expect(agree(SpecialFunctions.softplus(-50), exp(-50)))
        #expect(SpecialFunctions.softplus(800) == 800)
    }
}
