import Foundation

/// A quadratic with a power-law spectrum and noise of any tail: what theory is stated for, and can be checked on.
///
///     f(w) = sum_i l_i w_i^2 / 2,   l_i = i^-a,   w_i at the start = +-i^(-b/2)
///     gradient of example n = l w + xi_n,   xi_n = (noise / sqrt d) r g,   g standard normal (d),
///     r = 1, or U^(-1/p) with U uniform: P(|xi| > x) falls as x^-p
///
/// With tail index p the noise has moments below p only: at p <= 2 its variance is infinite, and clipping or
/// normalisation is needed. The radius is at least 1, so the scale `noise` is that of the smallest examples; for p > 2
/// the mean square is `noise^2 p / (p - 2)`. The loss that is reported, of training too, is the exact f: the noise is
/// in the gradients alone. The starting signs are the trial's seed's. One example is one token.
final class QuadraticWorkload<Scalar: EngineScalar>: GradientWorkload {
    let layout: ParameterLayout
    let tokensPerExample = 1
    let trainingTokens: Int? = nil
    let lossFloor: Double? = 0
    private let eigenvalues: [Scalar]
    private let start: [Double]
    private let noise: Double
    private let tailIndex: Double
    /// The noise of a shared minibatch: directions as inputs, radii as targets.
    private var held = HeldMinibatch<Scalar>()

    init(_ options: WorkloadOptions) {
        let dimension = options.integer("dimension")
        let (a, b) = (options.real("spectrum_exponent"), options.real("start_exponent"))
        eigenvalues = (1...dimension).map { Scalar(pow(Double($0), -a)) }
        start = (1...dimension).map { pow(Double($0), -b / 2) }
        noise = options.real("noise") / Double(dimension).squareRoot()
        tailIndex = options.real("tail_index")
        var layout = ParameterLayout()
        layout.add("w", shape: [dimension], role: .scale)
        self.layout = layout
    }

    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> {
        var generator = SplitMix64(SeedPurpose.weights.seed(from: seed))
        return ParameterVector(
            layout: layout, values: start.map { Scalar(generator.bernoulli(0.5) ? $0 : -$0) })
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func addGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>, weight: Scalar,
        to gradient: inout [Scalar]
    ) -> Double {
        let stream = SeedPurpose.noise.seed(from: seed)
        let share = weight * Scalar(examples.count)
        let d = eigenvalues.count
        gradient.withUnsafeMutableBufferPointer { g in
            for i in 0..<d { g[i] += share * eigenvalues[i] * parameters.values[i] }
            guard noise > 0 else { return }
            guard !held.holds(examples, seed: seed) else { return addHeldNoise(to: g, weight: weight) }
            for n in examples {
                var generator = SplitMix64.stream(stream, n)
                let factor = weight * Scalar(noise * radius(&generator))
                for i in 0..<d { g[i] += factor * Scalar(generator.normal()) }
            }
        }
        return value(at: parameters) * Double(examples.count)
    }

    func hold(_ examples: Range<Int>, seed: UInt64) {
        let d = eigenvalues.count
        guard noise > 0, held.begin(examples, seed: seed, inputs: d, targets: 1) else { return }
        let stream = SeedPurpose.noise.seed(from: seed)
        held.fill { directions, radii in
            for (row, n) in examples.enumerated() {
                var generator = SplitMix64.stream(stream, n)
                radii[row] = Scalar(noise * radius(&generator))
                for i in 0..<d { directions[row * d + i] = Scalar(generator.normal()) }
            }
        }
    }

    /// The same sums in the same order as without a shared minibatch.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func addHeldNoise(to g: UnsafeMutableBufferPointer<Scalar>, weight: Scalar) {
        let d = g.count
        held.inputs.withUnsafeBufferPointer { directions in
            for row in 0..<held.examples.count {
                let factor = weight * held.targets[row]
                let start = row * d
                for i in 0..<d { g[i] += factor * directions[start + i] }
            }
        }
    }

    /// Length of an example's noise in units of `noise`.
    private func radius(_ generator: inout SplitMix64) -> Double {
        tailIndex > 0 ? pow(1 - generator.uniform(), -1 / tailIndex) : 1
    }

    func validationMetrics(at parameters: ParameterVector<Scalar>, full: Bool) -> [String: Double] {
        ["validation_loss": value(at: parameters)]
    }

    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private func value(at parameters: ParameterVector<Scalar>) -> Double {
        var sum = 0.0
        for (l, w) in zip(eigenvalues, parameters.values) { sum += Double(l) * Double(w) * Double(w) }
        return sum / 2
    }
}

extension WorkloadDescriptor {
    static let quadratic = WorkloadDescriptor(
        name: "quadratic",
        summary:
            "A quadratic with power-law spectrum and gradient noise of any tail; reports the exact loss.",
        options: [
            .whole("dimension", "Parameters.", 1...1_000_000, 64),
            .real("spectrum_exponent", "a of the eigenvalues i^-a.", 0...8, 1),
            .real("start_exponent", "b of the squared start i^-b.", 0...8, 0),
            .real(
                "noise", "Length of an example's gradient noise; the least when its tail is heavy.", 0...1e6,
                1),
            .real("tail_index", "p of the noise's tail x^-p; 0 makes it Gaussian.", 0...100, 0),
        ],
        metrics: ["validation_loss", "train_loss", "tokens", "epochs", "model_size", "loss_floor"],
        givesPerExampleGradients: true, defaultSchedule: LearningRateSchedule(shape: .constant))
}
