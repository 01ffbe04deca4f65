import Foundation

/// What probes may ask of a workload: losses, gradients and Hessian-vector products at any parameters, on any
/// examples, with the bill.
///
///     let oracle = try ProbeOracle("mlp", seed: 1)
///     let x = oracle.start
///     let (loss, g) = oracle.gradient(of: 0..<32, at: x)
///     let hd = oracle.hessianProduct(of: 0..<32, at: x, along: g)       // two gradients on the same examples
///
/// All in double precision: differences of gradients lose half of the digits. Deterministic in the seed and the
/// example numbers; the same seed gives the same weights and data as a trial of that seed.
///
/// Not `Sendable`: it owns the model's memory. Use it on one thread that is not of the cooperative pool.
public final class ProbeOracle {
    private let workload: any GradientWorkload<Double>
    private let seed: UInt64
    private var scratch: [Double]

    /// The model's tensors.
    public let layout: ParameterLayout
    /// Parameters a trial of this seed starts from.
    public let start: [Double]
    /// Tokens of one example: the sequence length, or 1.
    public let tokensPerExample: Int
    /// The loss no model can beat, nats per token, where it is known.
    public let lossFloor: Double?
    /// Tokens of all gradients so far, a Hessian-vector product counting twice.
    public private(set) var tokensSpent = 0

    /// An oracle of a workload.
    ///
    /// - Parameters:
    ///   - workload: its name.
    ///   - options: absent ones take their default.
    ///   - seed: of the weights and the order of the data.
    /// - Throws: `EngineError` for an unknown name or option, a bad data file, or a workload without gradients.
    public convenience init(_ workload: String, options: [String: HyperparameterValue] = [:], seed: UInt64)
        throws
    {
        self.init(
            try WorkloadRegistry.builtIn.makeWorkload(workload, options: options, Double.self), seed: seed)
    }

    /// An oracle of a workload that is made already.
    public init(_ workload: any GradientWorkload<Double>, seed: UInt64) {
        self.workload = workload
        self.seed = seed
        layout = workload.layout
        start = workload.initialParameters(seed: seed).values
        tokensPerExample = workload.tokensPerExample
        lossFloor = workload.lossFloor
        scratch = [Double](repeating: 0, count: workload.layout.count)
    }

    /// Mean loss and mean gradient over examples.
    ///
    /// - Parameters:
    ///   - examples: numbers in the seed's order; at least one.
    ///   - x: `layout.count` parameters.
    /// - Returns: the loss, nats per token, and its gradient.
    public func gradient(of examples: Range<Int>, at x: [Double]) -> (loss: Double, gradient: [Double]) {
        precondition(!examples.isEmpty, "a gradient of no examples")
        for i in scratch.indices { scratch[i] = 0 }
        let sum = workload.addGradient(
            of: examples, seed: seed, at: ParameterVector(layout: layout, values: x),
            weight: 1 / Double(examples.count), to: &scratch)
        tokensSpent += examples.count * tokensPerExample
        return (sum / Double(examples.count), scratch)
    }

    /// `H v` of the mean loss by a central difference of gradients.
    ///
    ///     H v = (grad f(x + h v) - grad f(x - h v)) / (2h),     h = cbrt(epsilon) (1 + |x|) / |v|
    ///
    /// h balances rounding against truncation; the relative error is about 1e-9 on smooth losses of size one.
    ///
    /// - Parameters:
    ///   - examples: the same for both gradients.
    ///   - x: where.
    ///   - v: any direction; zero gives zero.
    /// - Returns: `H v`.
    public func hessianProduct(of examples: Range<Int>, at x: [Double], along v: [Double]) -> [Double] {
        let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return [Double](repeating: 0, count: v.count) }
        let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let h = cbrt(Double.ulpOfOne) * (1 + norm) / length
        let ahead = gradient(of: examples, at: zip(x, v).map { $0 + h * $1 }).gradient
        let behind = gradient(of: examples, at: zip(x, v).map { $0 - h * $1 }).gradient
        return zip(ahead, behind).map { ($0 - $1) / (2 * h) }
    }

    /// Euclidean norms of single examples' gradients.
    ///
    /// - Parameters:
    ///   - examples: one gradient is computed for each, which for large models is slow.
    ///   - x: where.
    /// - Returns: a norm for every example, in order.
    public func exampleNorms(of examples: Range<Int>, at x: [Double]) -> [Double] {
        examples.map { n in
            gradient(of: n..<(n + 1), at: x).gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }
}
