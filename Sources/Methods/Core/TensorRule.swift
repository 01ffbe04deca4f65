/// A single-node optimizer on the tensors of a model, in double precision.
///
/// These are references: what `Plugins` runs in single precision on flat arrays is checked against the same figures.
/// A tensor of one column is a bias. Rules are values; a copy is a checkpoint.
public protocol TensorRule: Sendable {
    /// One step in place. `loss` is the batch loss the gradient belongs to; few rules look at it.
    mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double)
}

extension TensorRule {
    /// A step on a single vector.
    public mutating func step(_ x: inout Vector, gradient: Vector, loss: Double = 0) {
        var parameters = [Matrix(column: x)]
        step(&parameters, gradient: [Matrix(column: gradient)], loss: loss)
        x = parameters[0].flat
    }
}

/// Moving averages of tensors, one a tensor, made on first use.
struct TensorMemory: Sendable {
    private(set) var tensors: [Matrix] = []

    /// `keep * old + weight * new`; before the first call the old value is zero, or `new` itself when asked.
    mutating func blend(_ new: [Matrix], keep: Double, weight: Double, startsAtFirst: Bool = false)
        -> [Matrix]
    {
        if tensors.isEmpty {
            tensors = startsAtFirst ? new : new.map { weight * $0 }
        } else {
            tensors = zip(tensors, new).map { keep * $0 + weight * $1 }
        }
        return tensors
    }

    /// What was stored, then stores `new`; `new` itself the first time.
    mutating func exchange(_ new: [Matrix]) -> [Matrix] {
        defer { tensors = new }
        return tensors.isEmpty ? new : tensors
    }
}
