import Foundation
import ScalingLaws
import TestSupport

/// Private SGD or SignSGD on a round quadratic, example by example.
struct PrivateRun {
    var problem: PrivateQuadratic
    var method: PrivateMethod
    var learningRate: Double

    /// Mean loss over the last two thirds of the steps.
    func meanLoss(start: Double, chains: Int, steps: Int, seed: UInt64) -> Double {
        var generator = Xoshiro256StarStar(seed: seed)
        let d = problem.dimension, batch = Int(problem.batchSize), clip = problem.clippingNorm
        var total = 0.0, count = 0
        var x = [Double](repeating: 0, count: d)
        var example = x, mean = x
        for _ in 0..<chains {
            for i in 0..<d { x[i] = start * generator.normal() }
            for k in 0..<steps {
                for i in 0..<d { mean[i] = clip * problem.noiseMultiplier * generator.normal() }
                for _ in 0..<batch {
                    var square = 0.0
                    for i in 0..<d {
                        example[i] = problem.curvature * x[i] + problem.noise * generator.normal()
                        square += example[i] * example[i]
                    }
                    let factor = min(1, clip / square.squareRoot())
                    for i in 0..<d { mean[i] += factor * example[i] }
                }
                var loss = 0.0
                for i in 0..<d {
                    let g = mean[i] / problem.batchSize
                    x[i] -= learningRate * (method == .gradient ? g : g > 0 ? 1 : -1)
                    loss += problem.curvature / 2 * x[i] * x[i]
                }
                if k >= steps / 3 {
                    total += loss
                    count += 1
                }
            }
        }
        return total / Double(count)
    }
}
