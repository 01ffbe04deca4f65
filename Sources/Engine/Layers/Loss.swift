internal import CTunerKernels

/// The losses at the end of a model. Each turns the outputs into their gradient in place and returns the summed loss.
///
/// Shapes: z `(N, K)`, targets `(N, K)` as probabilities (or values), or ids `(N)`.
enum Loss {
    /// Cross-entropy against class numbers, nats: `loss = ln sum_k exp z_k - z_id`, `dz = scale (softmax(z) - onehot)`.
    static func crossEntropy<Scalar: EngineScalar>(
        z: UnsafeMutablePointer<Scalar>, ids: UnsafePointer<Int32>, rows: Int, classes: Int, scale: Scalar
    ) -> Double {
        var total = 0.0
        for n in 0..<rows {
            let row = z + n * classes
            let id = Int(ids[n])
            let score = row[id]
            total += Double(Softmax.row(row, count: classes) - score)
            row[id] -= 1
        }
        Loss.scale(z, by: scale, count: rows * classes)
        return total
    }

    /// Cross-entropy against distributions: `loss = ln sum_k exp z_k - sum_k t_k z_k`, `dz = scale (softmax(z) - t)`.
    static func crossEntropy<Scalar: EngineScalar>(
        z: UnsafeMutablePointer<Scalar>, targets: UnsafePointer<Scalar>, rows: Int, classes: Int,
        scale: Scalar
    ) -> Double {
        var total = 0.0
        for n in 0..<rows {
            let row = z + n * classes
            let expected = dot(row, targets + n * classes, count: classes)
            total += Double(Softmax.row(row, count: classes) - expected)
        }
        subtract(targets, from: z, scale: scale, count: rows * classes)
        return total
    }

    /// Logistic loss against the probability of the positive class, K = 1:
    /// `loss = ln(1 + exp z) - t z`, `dz = scale (1 / (1 + exp -z) - t)`.
    static func logistic<Scalar: EngineScalar>(
        z: UnsafeMutablePointer<Scalar>, targets: UnsafePointer<Scalar>, rows: Int, scale: Scalar
    ) -> Double {
        if Scalar.self == Float.self {
            return tuner_logistic(z.floats, targets.floats, rows, Float(scale))
        }
        return naiveLogistic(z: z, targets: targets, rows: rows, scale: scale)
    }

    /// The same one element at a time: the reference, and what Double uses.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func naiveLogistic<Scalar: EngineScalar>(
        z: UnsafeMutablePointer<Scalar>, targets: UnsafePointer<Scalar>, rows: Int, scale: Scalar
    ) -> Double {
        var total = 0.0
        for n in 0..<rows {
            let v = z[n]
            let e = Scalar.exponential(-abs(v))
            total += Double(max(v, 0) - targets[n] * v + Scalar.logarithm(1 + e))
            let probability = v >= 0 ? 1 / (1 + e) : e / (1 + e)
            z[n] = scale * (probability - targets[n])
        }
        return total
    }

    /// Half the squared error, summed over the K outputs: `loss = |z - t|^2 / 2`, `dz = scale (z - t)`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func squared<Scalar: EngineScalar>(
        z: UnsafeMutablePointer<Scalar>, targets: UnsafePointer<Scalar>, rows: Int, outputs: Int,
        scale: Scalar
    ) -> Double {
        var total = 0.0
        for i in 0..<(rows * outputs) {
            let error = z[i] - targets[i]
            total += Double(error * error) / 2
            z[i] = scale * error
        }
        return total
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func scale<Scalar: EngineScalar>(
        _ z: UnsafeMutablePointer<Scalar>, by factor: Scalar, count: Int
    ) {
        for i in 0..<count { z[i] *= factor }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func subtract<Scalar: EngineScalar>(
        _ t: UnsafePointer<Scalar>, from z: UnsafeMutablePointer<Scalar>, scale: Scalar, count: Int
    ) {
        for i in 0..<count { z[i] = scale * (z[i] - t[i]) }
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func dot<Scalar: EngineScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int
    ) -> Scalar {
        var sum: Scalar = 0
        for i in 0..<count { sum += a[i] * b[i] }
        return sum
    }
}
