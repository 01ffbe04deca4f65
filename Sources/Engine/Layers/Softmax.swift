internal import CTunerKernels

/// Rows of probabilities out of rows of scores.
enum Softmax {
    /// `row[j] <- exp(row[j]) / sum_k exp(row[k])`, in place; returns `ln sum_k exp(row[k])`.
    @discardableResult
    static func row<Scalar: EngineScalar>(_ row: UnsafeMutablePointer<Scalar>, count: Int) -> Scalar {
        if Scalar.self == Float.self { return Scalar(tuner_softmax(row.floats, count)) }
        return naiveRow(row, count: count)
    }

    /// The same one element at a time, of scores times a factor: the reference, and what Double uses.
    @discardableResult
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveRow<Scalar: EngineScalar>(
        _ row: UnsafeMutablePointer<Scalar>, count: Int, factor: Scalar = 1
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
