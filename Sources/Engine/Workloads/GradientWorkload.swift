/// A problem that is trained by gradients: its data in a repeatable order, its model, its validation set.
///
/// Example number n of a trial depends on the trial's seed and on n only, so minibatch k is the examples
/// `k * size ..< (k + 1) * size` and nothing about the data needs to be kept in a checkpoint.
///
/// Not `Sendable`: it owns the model's scratch memory. Make one per thread.
public protocol GradientWorkload<Scalar>: AnyObject {
    /// The precision it computes in.
    associatedtype Scalar: EngineScalar

    /// The model's tensors.
    var layout: ParameterLayout { get }
    /// Tokens of one example: the sequence length, or 1.
    var tokensPerExample: Int { get }
    /// Tokens of the training set, or `nil` for an unlimited stream.
    var trainingTokens: Int? { get }
    /// The loss no model can beat, nats per token, where it is known.
    var lossFloor: Double? { get }

    /// Random weights.
    func initialParameters(seed: UInt64) -> ParameterVector<Scalar>

    /// Adds `weight` times the sum over the examples of the gradients of their losses.
    ///
    /// - Parameters:
    ///   - examples: numbers in the trial's order; any length.
    ///   - seed: the trial's.
    ///   - parameters: where the gradient is taken.
    ///   - weight: factor, `1 / examples.count` for the mean.
    ///   - gradient: added to; `layout.count` numbers.
    /// - Returns: the sum of the examples' losses (an example's loss is the mean over its tokens).
    func addGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>, weight: Scalar,
        to gradient: inout [Scalar]
    ) -> Double

    /// Draws a minibatch and keeps it for the gradients that are asked of exactly these examples next, at whatever
    /// parameters. The gradients have the bits they have without it.
    ///
    /// - Parameters:
    ///   - examples: of the minibatch; none: what was kept is let go.
    ///   - seed: the trial's.
    func hold(_ examples: Range<Int>, seed: UInt64)

    /// Metrics on the validation set: at least `validation_loss`.
    ///
    /// - Parameters:
    ///   - parameters: the model.
    ///   - full: the whole set, or a fixed part of it that is quick.
    /// - Returns: metric name to value.
    func validationMetrics(at parameters: ParameterVector<Scalar>, full: Bool) -> [String: Double]
}

extension GradientWorkload {
    /// Nothing is kept: drawing is a small part of a gradient.
    public func hold(_ examples: Range<Int>, seed: UInt64) {}

    /// Overwrites a minibatch gradient: the mean over the examples and, when wanted, each example's row.
    ///
    /// - Parameters:
    ///   - examples: numbers in the trial's order, at least one.
    ///   - seed: the trial's.
    ///   - parameters: where the gradient is taken.
    ///   - gradient: overwritten; its layout is the workload's.
    ///   - perExample: whether to fill `gradient.perExample`.
    /// - Returns: the mean loss.
    public func minibatchGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>,
        into gradient: inout MinibatchGradient<Scalar>, perExample: Bool
    ) -> Double {
        let count = layout.count
        let share = 1 / Scalar(examples.count)
        clear(&gradient.mean.values)
        guard perExample else {
            gradient.perExample = nil
            let sum = addGradient(
                of: examples, seed: seed, at: parameters, weight: share, to: &gradient.mean.values)
            return sum / Double(examples.count)
        }
        var rows = gradient.perExample ?? []
        gradient.perExample = nil
        if rows.count != examples.count * count {
            rows = [Scalar](repeating: 0, count: examples.count * count)
        }
        var row = [Scalar](repeating: 0, count: count)
        var total = 0.0
        for (index, example) in examples.enumerated() {
            clear(&row)
            total += addGradient(of: example..<(example + 1), seed: seed, at: parameters, weight: 1, to: &row)
            rows.withUnsafeMutableBufferPointer { target in
                row.withUnsafeBufferPointer { source in
                    guard let to = target.baseAddress, let from = source.baseAddress else { return }
                    (to + index * count).update(from: from, count: count)
                }
            }
            add(row, times: share, to: &gradient.mean.values)
        }
        gradient.perExample = rows
        return total / Double(examples.count)
    }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func clear<Scalar: EngineScalar>(_ values: inout [Scalar]) {
    values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func add<Scalar: EngineScalar>(_ row: [Scalar], times factor: Scalar, to sum: inout [Scalar]) {
    row.withUnsafeBufferPointer { source in
        sum.withUnsafeMutableBufferPointer { target in
            for i in 0..<target.count { target[i] += factor * source[i] }
        }
    }
}
