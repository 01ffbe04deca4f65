import Foundation

/// Gaussian inputs labelled by a random network: a stream without end whose best loss is known.
///
/// Training labels are drawn from the teacher's distribution; validation is against the distribution itself, so its
/// noise is that of the contexts only, and the floor is the mean entropy over the same examples.
final class TeacherSource<Scalar: EngineScalar>: ExampleSource {
    let inputs: Int
    let outputs: Int
    let trainingExamples: Int? = nil
    let lossFloor: Double?
    let validationOffset: Double
    let validationInputs: [Scalar]
    let validationTargets: [Scalar]
    private let kind: LossKind
    private let noise: Double
    private let teacher: Teacher
    /// Those of the rows under way.
    private var generators: [SplitMix64]

    /// The random network, with outputs scaled to deviation `sharpness`.
    private final class Teacher {
        let network: Perceptron<Scalar>
        let parameters: ParameterVector<Scalar>
        let factor: Scalar

        init(inputs: Int, outputs: Int, width: Int, sharpness: Double, seed: UInt64) {
            network = Perceptron(
                .init(inputs: inputs, width: max(1, width), depth: width > 0 ? 1 : 0, outputs: outputs),
                maximumRows: TeacherSource.rowsAtOnce)
            var generator = SplitMix64(SeedPurpose.structure.seed(from: seed))
            var parameters = ParameterVector<Scalar>(layout: network.layout)
            for slot in network.layout.slots where slot.shape.count == 2 {
                let deviation = (slot.role == .output ? 1 : 3) / Double(slot.shape[1]).squareRoot()
                for i in slot.range { parameters.values[i] = Scalar(deviation * generator.normal()) }
            }
            self.parameters = parameters
            // The deviation of the outputs is measured once and divided out.
            var x = generator.normals(TeacherSource.rowsAtOnce * inputs).map { Scalar($0) }
            let network = self.network
            parameters.values.withUnsafeBufferPointer { w in
                guard let w = w.baseAddress else { return }
                x.withUnsafeMutableBufferPointer { x in
                    guard let x = x.baseAddress else { return }
                    network.forward(w, x: x, rows: TeacherSource.rowsAtOnce)
                }
            }
            var squares = 0.0
            let count = TeacherSource.rowsAtOnce * outputs
            for i in 0..<count { squares += pow(Double(network.outputs[i]), 2) }
            factor = Scalar(sharpness / max(1e-9, (squares / Double(count)).squareRoot()))
        }

        /// Outputs of at most `rowsAtOnce` inputs, in the network's own memory.
        func label(_ x: UnsafePointer<Scalar>, rows: Int) -> UnsafeMutablePointer<Scalar> {
            parameters.values.withUnsafeBufferPointer { w in
                if let w = w.baseAddress { network.forward(w, x: x, rows: rows) }
            }
            for i in 0..<(rows * network.configuration.outputs) { network.outputs[i] *= factor }
            return network.outputs
        }
    }

    private static var rowsAtOnce: Int { 256 }
    private static var validationRows: Int { 16_384 }

    /// Draws a teacher.
    ///
    /// - Parameters:
    ///   - inputs: features.
    ///   - outputs: classes, or 1 for logistic and squared loss.
    ///   - width: hidden units of the teacher; 0 makes it linear.
    ///   - sharpness: deviation of its outputs: how certain the labels are, or the signal of a regression.
    ///   - noise: deviation of a regression's label noise.
    ///   - kind: how labels are made of outputs.
    ///   - seed: names the teacher; the same for all trials of a sweep.
    init(
        inputs: Int, outputs: Int, width: Int, sharpness: Double, noise: Double, kind: LossKind, seed: UInt64
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.kind = kind
        self.noise = noise
        generators = [SplitMix64](repeating: SplitMix64(0), count: Self.rowsAtOnce)
        let teacher = Teacher(
            inputs: inputs, outputs: outputs, width: width, sharpness: sharpness, seed: seed)
        self.teacher = teacher
        var generator = SplitMix64(SeedPurpose.validation.seed(from: seed))
        var x: [Scalar] = []
        var targets: [Scalar] = []
        for _ in 0..<(Self.validationRows / Self.rowsAtOnce) {
            let part = generator.normals(Self.rowsAtOnce * inputs).map { Scalar($0) }
            x += part
            let z = teacher.label(part, rows: Self.rowsAtOnce)
            Self.makeProbabilities(z, rows: Self.rowsAtOnce, outputs: outputs, kind: kind)
            targets += UnsafeBufferPointer(start: z, count: Self.rowsAtOnce * outputs)
        }
        validationInputs = x
        validationTargets = targets
        validationOffset = kind == .squared ? noise * noise / 2 : 0
        lossFloor = Self.floor(targets, rows: Self.validationRows, noise: noise, kind: kind)
    }

    func lossFloor(ofFirst count: Int) -> Double? {
        Self.floor(validationTargets[..<(count * outputs)], rows: count, noise: noise, kind: kind)
    }

    /// Mean entropy of the labels, or half the variance of their noise.
    private static func floor(
        _ targets: some Sequence<Scalar>, rows: Int, noise: Double, kind: LossKind
    ) -> Double {
        guard kind != .squared else { return noise * noise / 2 }
        var entropy = 0.0
        for target in targets {
            let p = Double(target)
            entropy -= p > 0 ? p * log(p) : 0
            if kind == .logistic, p < 1 { entropy -= (1 - p) * log(1 - p) }
        }
        return entropy / Double(rows)
    }

    func write(
        _ examples: Range<Int>, seed: UInt64, x: UnsafeMutablePointer<Scalar>,
        targets: UnsafeMutablePointer<Scalar>
    ) {
        for first in stride(from: 0, to: examples.count, by: Self.rowsAtOnce) {
            let rows = min(Self.rowsAtOnce, examples.count - first)
            for r in 0..<rows {
                generators[r] = SplitMix64.stream(seed, examples.lowerBound + first + r)
                for j in 0..<inputs { x[(first + r) * inputs + j] = Scalar(generators[r].normal()) }
            }
            let z = teacher.label(x + first * inputs, rows: rows)
            Self.makeProbabilities(z, rows: rows, outputs: outputs, kind: kind)
            for r in 0..<rows {
                draw(z + r * outputs, &generators[r], into: targets + (first + r) * outputs)
            }
        }
    }

    /// A label of one example: a class with its probability, or the value with noise.
    private func draw(
        _ p: UnsafePointer<Scalar>, _ generator: inout SplitMix64, into target: UnsafeMutablePointer<Scalar>
    ) {
        switch kind {
        case .squared:
            for k in 0..<outputs { target[k] = p[k] + Scalar(noise * generator.normal()) }
        case .logistic:
            target[0] = generator.uniform() < Double(p[0]) ? 1 : 0
        case .softmax:
            var left = generator.uniform()
            var chosen = outputs - 1
            for k in 0..<outputs {
                target[k] = 0
                left -= Double(p[k])
                if left < 0, chosen == outputs - 1 {
                    chosen = k
                    left = .infinity
                }
            }
            target[chosen] = 1
        }
    }

    private static func makeProbabilities(
        _ z: UnsafeMutablePointer<Scalar>, rows: Int, outputs: Int, kind: LossKind
    ) {
        switch kind {
        case .squared: break
        case .logistic: for r in 0..<rows { z[r] = 1 / (1 + Scalar.exponential(-z[r])) }
        case .softmax: for r in 0..<rows { Softmax.row(z + r * outputs, count: outputs) }
        }
    }
}
