import Engine
import Foundation

/// A small problem with an exact gradient, rebuilt from its generator so that no data need be stored.
struct TestProblem: Sendable {
    var layout: ParameterLayout
    var start: [Double]
    var loss: @Sendable ([Double]) -> Double
    var gradient: @Sendable ([Double]) -> [Double]
    /// One row an example.
    var perExample: @Sendable ([Double]) -> [Double]
}

extension TestProblem {
    /// Least squares of 20 rows and 6 unknowns: `LSQ-4x5x6`, one tensor.
    static func leastSquares(role: TensorRole = .bias, shape: [Int] = [6]) -> TestProblem {
        var generator = SplitMix64(1)
        let rows = 20
        let d = 6
        let a = (0..<rows).map { _ in (0..<d).map { _ in generator.sym() } }
        let center = (0..<d).map { _ in generator.sym() }
        let targets = (0..<4).map { _ in center.map { $0 + 0.5 * generator.sym() } }
        let noise = (0..<rows).map { _ in 0.1 * generator.sym() }
        let b = (0..<rows).map { r in dot(a[r], targets[r / 5]) + noise[r] }
        let residual: @Sendable (Int, [Double]) -> Double = { r, x in
            dot(a[r], x) - b[r]
        }
        var layout = ParameterLayout()
        layout.add("x", shape: shape, role: role)
        return TestProblem(
            layout: layout,
            start: (0..<d).map { 1 / Double(1 + $0) },
            loss: { x in
                (0..<rows).reduce(0) { $0 + 0.5 * residual($1, x) * residual($1, x) } / Double(rows)
            },
            gradient: { x in
                var g = [Double](repeating: 0, count: d)
                for r in 0..<rows { for j in 0..<d { g[j] += residual(r, x) * a[r][j] / Double(rows) } }
                return g
            },
            perExample: { x in (0..<rows).flatMap { r in a[r].map { residual(r, x) * $0 } } })
    }

    /// A 3-4-2 tanh network with squared error over 8 examples: `MLP-3-4-2`, tensors W1, b1, W2, b2.
    static func network(roles: [TensorRole] = [.input, .bias, .output, .bias]) -> TestProblem {
        var generator = SplitMix64(3)
        let x = (0..<8).map { _ in (0..<3).map { _ in generator.sym() } }
        let y = (0..<8).map { _ in (0..<2).map { _ in generator.sym() } }
        let start = (0..<26).map { _ in 0.5 * generator.sym() }
        var layout = ParameterLayout()
        for (name, (shape, role)) in zip(["W1", "b1", "W2", "b2"], zip([[4, 3], [4], [2, 4], [2]], roles)) {
            layout.add(name, shape: shape, role: role)
        }
        let example: @Sendable ([Double], Int) -> (loss: Double, gradient: [Double]) = { p, r in
            let input: [Double] = x[r]
            let hidden: [Double] = (0..<4).map { (i: Int) -> Double in
                tanh(p[12 + i] + dot(Array(p[(i * 3)..<(i * 3 + 3)]), input))
            }
            let error: [Double] = (0..<2).map { (o: Int) -> Double in
                p[24 + o] + dot(Array(p[(16 + o * 4)..<(20 + o * 4)]), hidden) - y[r][o]
            }
            var g = [Double](repeating: 0, count: 26)
            for o in 0..<2 {
                g[24 + o] = error[o]
                for i in 0..<4 { g[16 + o * 4 + i] = error[o] * hidden[i] }
            }
            for i in 0..<4 {
                let back: Double = error[0] * p[16 + i] + error[1] * p[20 + i]
                let delta = back * (1 - hidden[i] * hidden[i])
                g[12 + i] = delta
                for j in 0..<3 { g[i * 3 + j] = delta * input[j] }
            }
            return (0.5 * error.reduce(0) { $0 + $1 * $1 }, g)
        }
        return TestProblem(
            layout: layout, start: start,
            loss: { p in (0..<8).reduce(0) { $0 + example(p, $1).loss } / 8 },
            gradient: { p in
                var mean = [Double](repeating: 0, count: 26)
                for r in 0..<8 {
                    for (j, value) in example(p, r).gradient.enumerated() { mean[j] += value / 8 }
                }
                return mean
            },
            perExample: { p in (0..<8).flatMap { example(p, $0).gradient } })
    }
}

extension TestProblem {
    /// The gradient an optimizer gets.
    func minibatch<Scalar: EngineScalar>(at x: [Scalar], perExample wanted: Bool) -> MinibatchGradient<Scalar>
    {
        let point = x.map { Double($0) }
        return MinibatchGradient(
            mean: ParameterVector(layout: layout, values: gradient(point).map { Scalar($0) }),
            perExample: wanted ? perExample(point).map { Scalar($0) } : nil)
    }

    /// Trains with a constant learning rate and gives the losses and the last parameters.
    func train<Scalar: EngineScalar>(
        _ optimizer: inout any Optimizer<Scalar>, rate: Double, steps: Int, from start: [Scalar]? = nil,
        firstStep: Int = 0, perExample wanted: Bool = false, seed: UInt64 = 7
    ) -> (losses: [Double], last: [Scalar]) {
        var parameters = ParameterVector(layout: layout, values: start ?? self.start.map { Scalar($0) })
        var losses = [loss(parameters.values.map { Double($0) })]
        for step in 0..<steps {
            let batch = minibatch(at: parameters.values, perExample: wanted)
            optimizer.step(
                &parameters, gradient: batch,
                context: StepContext(
                    learningRate: Scalar(rate), step: firstStep + step, totalSteps: firstStep + steps,
                    loss: Scalar(losses.last ?? 0), seed: seed))
            losses.append(loss(parameters.values.map { Double($0) }))
        }
        return (losses, parameters.values)
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += x * y }
    return sum
}
