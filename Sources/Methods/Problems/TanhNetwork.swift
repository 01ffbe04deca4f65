import Engine
import Foundation

/// A network of 3 inputs, 4 tanh units and 2 outputs on 8 samples: `mean |W2 tanh(W1 x + b1) + b2 - y|^2 / 2`.
///
/// Drawn from `SplitMix64(seed)`: X (8x3), Y (8x2), then 0.5 `sym` for W1 (4x3), b1, W2 (2x4), b2. Tensors in the order
/// W1, b1, W2, b2 with the roles input, bias, output, bias.
public struct TanhNetwork: Sendable {
    /// Inputs.
    public let inputs: Matrix
    /// Targets.
    public let targets: Matrix
    /// W1, b1, W2, b2 at the start.
    public let start: [Matrix]

    /// Draws a problem.
    public init(seed: UInt64 = 3) {
        var generator = SplitMix64(seed)
        func draw(_ rows: Int, _ columns: Int, _ scale: Double = 1) -> Matrix {
            Matrix(
                rows: rows, columns: columns, (0..<rows * columns).map { _ in scale * generator.sym() })
        }
        inputs = draw(8, 3)
        targets = draw(8, 2)
        start = [draw(4, 3, 0.5), draw(4, 1, 0.5), draw(2, 4, 0.5), draw(2, 1, 0.5)]
    }

    private func forward(_ p: [Matrix]) -> (hidden: Matrix, error: Matrix) {
        var hidden = inputs * p[0].transposed
        for i in 0..<hidden.rows { for j in 0..<4 { hidden[i, j] = tanh(hidden[i, j] + p[1].values[j]) } }
        var error = hidden * p[2].transposed - targets
        for i in 0..<error.rows { for j in 0..<2 { error[i, j] += p[3].values[j] } }
        return (hidden, error)
    }

    /// The loss.
    public func loss(at p: [Matrix]) -> Double {
        forward(p).error.flat.squaredNorm / (2 * Double(inputs.rows))
    }

    /// Gradients of the four tensors.
    public func gradient(at p: [Matrix]) -> [Matrix] {
        let (hidden, raw) = forward(p)
        let error = (1 / Double(inputs.rows)) * raw
        let inner = (error * p[2]).with((error * p[2]).flat.zip(hidden.flat) { $0 * (1 - $1 * $1) })
        func columnSums(_ m: Matrix) -> Matrix {
            Matrix(column: Vector((0..<m.columns).map { m.column($0).values.reduce(0, +) }))
        }
        return [inner.transposed * inputs, columnSums(inner), error.transposed * hidden, columnSums(error)]
    }
}
