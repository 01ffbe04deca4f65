import Foundation
import ScalingLaws

/// A law with known exponents, and sweeps drawn from it.
struct SyntheticLaw {
    /// Best learning rate at `anchor` tokens.
    var coefficient = 0.01
    var exponent = -0.4
    var anchor = 1e7
    /// `d^2 log loss / d log(rate)^2`.
    var curvature = 0.05
    /// Third-order asymmetry, relative.
    var skew = 0.2
    /// Best loss: floor + amplitude (T / anchor)^-lossExponent.
    var floor = 1.8
    var amplitude = 1.0
    var lossExponent = 0.3

    func optimum(_ budget: Double) -> Double { coefficient * pow(budget / anchor, exponent) }

    func loss(_ rate: Double, _ budget: Double) -> Double {
        let x: Double = log(rate / optimum(budget))
        let bend: Double = 2 * (exp(skew * x) - 1 - skew * x) / (skew * skew)
        return (floor + amplitude * pow(budget / anchor, -lossExponent)) * exp(0.5 * curvature * bend)
    }

    /// `perBudget` rates a factor `step` apart around a guess that is off by up to one step.
    func sweep(
        budgets: [Double], perBudget: Int, step: Double, noise: Double, replicates: Int = 1,
        random: inout TestRandom
    ) -> [LossSample] {
        budgets.flatMap { budget -> [LossSample] in
            let shift: Double = log(step) * random.uniform(-0.5, 0.5)
            let rates = (0..<perBudget).map { i in
                optimum(budget) * exp(shift + log(step) * (Double(i) - Double(perBudget - 1) / 2))
            }
            return rates.flatMap { rate in
                (0..<replicates).map { _ in
                    LossSample(
                        values: [.learningRate: rate], tokenBudget: budget,
                        loss: loss(rate, budget) * exp(noise * random.normal()))
                }
            }
        }
    }
}

extension SyntheticLaw {
    /// A law with random exponents and curve.
    static func random(_ random: inout TestRandom) -> SyntheticLaw {
        SyntheticLaw(
            coefficient: exp(random.uniform(log(1e-3), log(1e-1))), exponent: random.uniform(-0.8, 0.3),
            anchor: 1e7, curvature: exp(random.uniform(log(0.05), log(0.5))), skew: random.uniform(0.05, 0.6),
            floor: random.uniform(0, 2), amplitude: 1, lossExponent: random.uniform(0.2, 0.5))
    }
}
