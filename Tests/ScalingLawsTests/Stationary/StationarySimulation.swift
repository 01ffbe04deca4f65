import Foundation
import ScalingLaws
import TestSupport

/// One coordinate of `(lambda/2) x^2` under the stochastic methods of `NoisyQuadratic`.
struct StationarySimulation {
    enum Method {
        case sgd
        /// Unbiased compression by keeping a coordinate with probability `1/(1 + omega)`.
        case compressed(workers: Int, omega: Double)
        case signMean(workers: Int)
        case vote(workers: Int)
        case signStudentT(Double)
        case adam(beta1: Double, beta2: Double, decay: Double)
    }

    var method: Method
    var curvature: Double
    var noise: Double
    var learningRate: Double
    var seed: UInt64

    /// Mean x^2 over the last two thirds of chains that start with this second moment, and its standard error from the
    /// spread between chains.
    func secondMoment(start: Double, chains: Int, steps: Int) -> (mean: Double, error: Double) {
        var generator = Xoshiro256StarStar(seed: seed)
        var sum = 0.0, squares = 0.0
        for _ in 0..<chains {
            let value = chain(from: start.squareRoot() * generator.normal(), steps: steps, &generator)
            sum += value
            squares += value * value
        }
        let mean = sum / Double(chains)
        let variance = squares / Double(chains) - mean * mean
        return (mean, (variance / Double(chains - 1)).squareRoot())
    }

    private func chain(from start: Double, steps: Int, _ generator: inout Xoshiro256StarStar) -> Double {
        var x = start, total = 0.0
        var first = 0.0, second = noise * noise
        let from = steps / 3
        for k in 0..<steps {
            let gradient = curvature * x
            switch method {
            case .sgd:
                x -= learningRate * (gradient + noise * generator.normal())
            case .compressed(let workers, let omega):
                var mean = 0.0
                for _ in 0..<workers where generator.unit() * (1 + omega) < 1 {
                    mean += (1 + omega) * (gradient + noise * generator.normal())
                }
                x -= learningRate * mean / Double(workers)
            case .signMean(let workers):
                var mean = 0.0
                for _ in 0..<workers { mean += gradient + noise * generator.normal() > 0 ? 1 : -1 }
                x -= learningRate * mean / Double(workers)
            case .vote(let workers):
                var votes = 0
                for _ in 0..<workers { votes += gradient + noise * generator.normal() > 0 ? 1 : -1 }
                x -= learningRate * (votes > 0 ? 1 : -1)
            case .signStudentT(let nu):
                let draw = noise * studentT(nu, &generator)
                x -= learningRate * (gradient + draw > 0 ? 1 : -1)
            case .adam(let beta1, let beta2, let decay):
                // The second moment starts at its settled value, so no bias needs correcting there.
                let g = gradient + noise * generator.normal()
                first = beta1 * first + (1 - beta1) * g
                second = beta2 * second + (1 - beta2) * g * g
                x -= learningRate * (first / second.squareRoot() + decay * x)
            }
            if k >= from { total += x * x }
        }
        return total / Double(steps - from)
    }

    private func studentT(_ nu: Double, _ generator: inout Xoshiro256StarStar) -> Double {
        // A normal over the root of a mean of nu squared normals: whole nu only.
        var square = 0.0
        for _ in 0..<Int(nu) {
            let n = generator.normal()
            square += n * n
        }
        return generator.normal() / (square / nu).squareRoot()
    }
}
