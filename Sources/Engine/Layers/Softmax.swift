/// Rows of probabilities out of rows of scores.
enum Softmax {
    /// `row[j] <- exp(factor row[j]) / sum_k exp(factor row[k])`, in place; returns `ln sum_k exp(factor row[k])`.
    @discardableResult
    static func row<Scalar: EngineScalar>(
        _ row: UnsafeMutablePointer<Scalar>, count: Int, factor: Scalar = 1
    ) -> Scalar {
        if Scalar.self == Float.self {
            let typed = UnsafeMutableRawPointer(row).assumingMemoryBound(to: Float.self)
            return Scalar(FloatKernels.softmax(typed, count: count, factor: Float(factor)))
        }
        return naiveRow(row, count: count, factor: factor)
    }

    /// Row t of a `T x T` matrix becomes the softmax of its first `t + 1` scores; the rest becomes exact zeros.
    static func causal<Scalar: EngineScalar>(
        _ scores: UnsafeMutablePointer<Scalar>, length: Int, factor: Scalar
    ) {
        if Scalar.self == Float.self {
            let typed = UnsafeMutableRawPointer(scores).assumingMemoryBound(to: Float.self)
            FloatKernels.causalSoftmax(typed, length: length, factor: Float(factor))
            return
        }
        for t in 0..<length {
            let row = scores + t * length
            _ = naiveRow(row, count: t + 1, factor: factor)
            (row + t + 1).update(repeating: 0, count: length - t - 1)
        }
    }

    /// The same one element at a time: the reference, what Double uses, and rows shorter than a vector.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveRow<Scalar: EngineScalar>(
        _ row: UnsafeMutablePointer<Scalar>, count: Int, factor: Scalar
    ) -> Scalar {
        var maximum = row[0]
        for j in 1..<max(1, count) where row[j] > maximum { maximum = row[j] }
        var sum: Scalar = 0
        for j in 0..<count {
            let e = Scalar.exponential((row[j] - maximum) * factor)
            row[j] = e
            sum += e
        }
        for j in 0..<count { row[j] /= sum }
        return factor * maximum + Scalar.logarithm(sum)
    }
}
