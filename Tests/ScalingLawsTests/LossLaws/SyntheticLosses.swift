import Foundation
import ScalingLaws

/// Losses drawn from a known additive law.
struct SyntheticLosses {
    var floor = 1.8
    var modelTerm = (amplitude: 400.0, exponent: 0.34)
    var tokenTerm = (amplitude: 1500.0, exponent: 0.36)

    func loss(_ n: Double, _ d: Double) -> Double {
        floor + modelTerm.amplitude * pow(n, -modelTerm.exponent)
            + tokenTerm.amplitude * pow(d, -tokenTerm.exponent)
    }

    /// Sizes in ratios of two, each at several token counts.
    func sweep(sizes: Int, tokens: Int, noise: Double, random: inout TestRandom) -> [LossLawPoint] {
        (0..<sizes).flatMap { i in
            (0..<tokens).map { j in
                let (n, d) = (2e7 * pow(2, Double(i)), 4e8 * pow(2.2, Double(j)))
                return LossLawPoint(
                    modelSize: n, tokens: d, loss: loss(n, d) * exp(noise * random.normal()))
            }
        }
    }

    static func random(_ random: inout TestRandom) -> SyntheticLosses {
        var law = SyntheticLosses()
        let (alpha, beta) = (random.uniform(0.25, 0.5), random.uniform(0.25, 0.5))
        law.floor = random.uniform(1, 2)
        law.modelTerm = (random.uniform(0.3, 0.8) * pow(2e8, alpha), alpha)
        law.tokenTerm = (random.uniform(0.3, 0.8) * pow(4e9, beta), beta)
        return law
    }
}
