import Foundation

/// Linear regression with a matrix of answers: the smallest problem on which a spectral step differs from a
/// coordinate-wise one.
///
///     y = T x + noise g,   x ~ N(0, diag(j^-a)),   T = sqrt(p) S / |S|_F,   S = U diag(k^-s) V^T,   U, V orthonormal
///     loss(W) = E |W x - y|^2 / (2p) = sum_ij j^-a (W - T)_ij^2 / (2p) + noise^2 / 2
///
/// W is `(p, q)`, starts at zero and is a hidden matrix for optimizers that tell roles apart. At s = 0 all singular
/// values are one length and an orthogonalised step points straight at T; with large s the problem is of low rank,
/// and with large a the inputs are badly conditioned, which only the input side of a preconditioner mends. Validation
/// is the exact expectation, and `loss_floor` is `noise^2 / 2`. One example is one token.
final class MatrixRegressionWorkload<Scalar: EngineScalar>: GradientWorkload {
    let layout: ParameterLayout
    let tokensPerExample = 1
    let trainingTokens: Int? = nil
    let lossFloor: Double?
    private let rows: Int
    private let columns: Int
    private let teacher: [Scalar]
    private let deviations: [Double]
    private let noise: Double
    private var x: [Scalar]
    private var z: [Scalar]
    private var targets: [Scalar]
    /// The part of a minibatch that `x` and `targets` hold: runs that take turns ask for the same one after another.
    private var drawn: (first: Int, count: Int, seed: UInt64) = (0, 0, 0)

    private static var examplesAtOnce: Int { 256 }

    init(_ options: WorkloadOptions) {
        let (p, q) = (options.integer("rows"), options.integer("columns"))
        let a = options.real("input_exponent")
        (rows, columns) = (p, q)
        noise = options.real("label_noise")
        lossFloor = noise * noise / 2
        deviations = (1...q).map { pow(Double($0), -a / 2) }
        teacher = Self.teacher(
            p, q, exponent: options.real("singular_exponent"), seed: options.seed("teacher_seed")
        ).map { Scalar($0) }
        var layout = ParameterLayout()
        layout.add("w", shape: [p, q], role: .hidden)
        self.layout = layout
        x = [Scalar](repeating: 0, count: Self.examplesAtOnce * q)
        z = [Scalar](repeating: 0, count: Self.examplesAtOnce * p)
        targets = z
    }

    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> { ParameterVector(layout: layout) }

    func addGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>, weight: Scalar,
        to gradient: inout [Scalar]
    ) -> Double {
        let (stream, share) = (SeedPurpose.data.seed(from: seed), 1 / Scalar(rows))
        var total = 0.0
        for first in stride(from: examples.lowerBound, to: examples.upperBound, by: Self.examplesAtOnce) {
            let count = min(Self.examplesAtOnce, examples.upperBound - first)
            if drawn != (first, count, stream) { draw(first, count, seed: stream) }
            drawn = (first, count, stream)
            x.withUnsafeMutableBufferPointer { x in
                z.withUnsafeMutableBufferPointer { z in
                    parameters.values.withUnsafeBufferPointer { w in
                        gradient.withUnsafeMutableBufferPointer { g in
                            guard let x = x.baseAddress, let z = z.baseAddress, let w = w.baseAddress,
                                let g = g.baseAddress
                            else { return }
                            Linear.forward(
                                x: x, weight: w, bias: nil, y: z, rows: count, inputs: columns, outputs: rows)
                            total += Loss.squared(
                                z: z, targets: targets, rows: count, outputs: rows, scale: weight * share)
                            Linear.backward(
                                x: x, weight: w, dy: z, dx: nil, dWeight: g, dBias: nil, rows: count,
                                inputs: columns, outputs: rows)
                        }
                    }
                }
            }
        }
        return total / Double(rows)
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func validationMetrics(at parameters: ParameterVector<Scalar>, full: Bool) -> [String: Double] {
        var sum = 0.0
        for i in 0..<rows {
            for j in 0..<columns {
                let error = Double(parameters.values[i * columns + j] - teacher[i * columns + j])
                sum += pow(deviations[j] * error, 2)
            }
        }
        return ["validation_loss": (sum / Double(rows) + noise * noise) / 2]
    }

    /// Fills x, and the targets `T x + noise`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func draw(_ first: Int, _ count: Int, seed: UInt64) {
        for r in 0..<count {
            var generator = SplitMix64.stream(seed, first + r)
            for j in 0..<columns { x[r * columns + j] = Scalar(deviations[j] * generator.normal()) }
            for i in 0..<rows { targets[r * rows + i] = Scalar(noise * generator.normal()) }
        }
        targets.withUnsafeMutableBufferPointer { targets in
            guard let y = targets.baseAddress else { return }
            Linear.forward(
                x: x, weight: teacher, bias: nil, y: y, rows: count, inputs: columns, outputs: rows,
                accumulate: true)
        }
    }

    /// The matrix T, row-major: mean square row length one.
    private static func teacher(_ p: Int, _ q: Int, exponent: Double, seed: UInt64) -> [Double] {
        var generator = SplitMix64(SeedPurpose.structure.seed(from: seed))
        let rank = min(p, q)
        let u = orthonormal(rank, p, &generator)
        let v = orthonormal(rank, q, &generator)
        let values = (1...rank).map { pow(Double($0), -exponent) }
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var t = [Double](repeating: 0, count: p * q)
        for k in 0..<rank {
            let factor = values[k] * Double(p).squareRoot() / norm
            for i in 0..<p {
                for j in 0..<q { t[i * q + j] += factor * u[k][i] * v[k][j] }
            }
        }
        return t
    }

    /// `count` random orthonormal vectors of a length, by Gram-Schmidt taken twice.
    private static func orthonormal(_ count: Int, _ length: Int, _ generator: inout SplitMix64) -> [[Double]]
    {
        var vectors: [[Double]] = []
        for _ in 0..<count {
            var v = generator.normals(length)
            for _ in 0..<2 {
                for other in vectors {
                    let along = zip(v, other).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in 0..<length { v[i] -= along * other[i] }
                }
            }
            let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            vectors.append(v.map { $0 / norm })
        }
        return vectors
    }
}

extension WorkloadDescriptor {
    static let matrixRegression = WorkloadDescriptor(
        name: "matrix-regression",
        summary: "Regression on a matrix with chosen singular values; its exact risk is reported.",
        options: [
            .whole("rows", "Answers of an example.", 1...1_024, 32),
            .whole("columns", "Features of an example.", 1...1_024, 32),
            .real("singular_exponent", "s of the true matrix' singular values k^-s.", 0...8, 0.5),
            .real("input_exponent", "a of the input variances j^-a.", 0...8, 0.5),
            .real("label_noise", "Deviation of the noise of each answer.", 0...1e6, 0.1),
            .seed("teacher_seed", "Names the true matrix; all trials of a sweep share it."),
        ],
        metrics: ["validation_loss", "train_loss", "tokens", "epochs", "model_size", "loss_floor"],
        givesPerExampleGradients: true)
}
