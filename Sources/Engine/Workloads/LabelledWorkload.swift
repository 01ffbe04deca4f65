/// What is made of a model's outputs.
enum LossKind: Sendable {
    case softmax
    case logistic
    case squared
}

/// A model of rows of features: what labelled examples train. Not `Sendable`: one model, one thread.
///
/// Shapes: x `(N, I)`, outputs `(N, K)`, N at most `maximumRows`.
protocol LabelledModel<Scalar>: AnyObject {
    associatedtype Scalar: EngineScalar

    var layout: ParameterLayout { get }
    var maximumRows: Int { get }
    /// The outputs, then their gradient.
    var outputs: UnsafeMutablePointer<Scalar> { get }
    /// Where weight and bias begin when the model is one linear map, else `nil`.
    var linearMap: (weight: Int, bias: Int)? { get }

    /// Random weights.
    func initialParameters(seed: UInt64) -> ParameterVector<Scalar>

    /// Fills `outputs`, and all that the backward pass needs.
    func forward(_ w: UnsafePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int)

    /// Adds to the gradient `g`, from `outputs` holding the gradient of the outputs.
    func backward(
        _ w: UnsafePointer<Scalar>, _ g: UnsafeMutablePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int)
}

/// Labelled examples and a model of them: `mlp`, `cnn`, and with a perceptron of depth 0 `logistic-regression`.
final class LabelledWorkload<Scalar: EngineScalar>: GradientWorkload {
    let model: any LabelledModel<Scalar>
    let kind: LossKind
    let source: any ExampleSource<Scalar>
    /// Factor of `|w|^2 / 2` in the training loss; biases are free.
    private let ridge: Double
    /// Deviation of the Gaussian noise on training inputs, and on those that vote.
    let inputNoise: Double
    /// Copies of an input that vote on its class.
    let certificationVotes: Int
    /// Set for a linear model with logistic loss on rows that are mostly zeros.
    private let sparse: SparseRows<Scalar>?
    private var rows: [Int32]
    private var x: [Scalar]
    private var targets: [Scalar]
    private var held = HeldMinibatch<Scalar>()

    /// Rows of a part of a minibatch: the most the model takes.
    let rowsAtOnce: Int
    private static var quickRows: Int { 2_048 }

    /// - Parameters:
    ///   - source: examples whose features and outputs are the model's.
    ///   - kind: the loss.
    ///   - model: takes the source's features and has its outputs.
    ///   - ridge: factor of half the squared weights in the training loss.
    ///   - smoothing: noise on inputs, and how many votes certify one.
    init(
        source: any ExampleSource<Scalar>, kind: LossKind, model: any LabelledModel<Scalar>,
        ridge: Double = 0, smoothing: Smoothing = .none
    ) {
        self.source = source
        self.kind = kind
        self.model = model
        self.ridge = ridge
        rowsAtOnce = model.maximumRows
        inputNoise = smoothing.noise
        certificationVotes = smoothing.votes
        // Noise leaves no zeros.
        let isSparse = kind == .logistic && model.linearMap != nil && smoothing.noise == 0
        sparse = isSparse ? source.sparse : nil
        rows = [Int32](repeating: 0, count: rowsAtOnce)
        x = [Scalar](repeating: 0, count: rowsAtOnce * source.inputs)
        targets = [Scalar](repeating: 0, count: rowsAtOnce * source.outputs)
    }

    /// The same with a perceptron.
    convenience init(
        source: any ExampleSource<Scalar>, kind: LossKind, width: Int, depth: Int, ridge: Double = 0,
        smoothing: Smoothing = .none
    ) {
        let model = Perceptron<Scalar>(
            .init(inputs: source.inputs, width: width, depth: depth, outputs: source.outputs),
            maximumRows: 256)
        self.init(source: source, kind: kind, model: model, ridge: ridge, smoothing: smoothing)
    }

    var layout: ParameterLayout { model.layout }
    var tokensPerExample: Int { 1 }
    var trainingTokens: Int? { source.trainingExamples }
    var lossFloor: Double? { ridge == 0 ? source.lossFloor : nil }

    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> { model.initialParameters(seed: seed) }

    func addGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>, weight: Scalar,
        to gradient: inout [Scalar]
    ) -> Double {
        let stream = SeedPurpose.data.seed(from: seed)
        let isHeld = held.holds(examples, seed: seed)
        let isEpoch =
            source.trainingExamples.map { examples.count == $0 && examples.lowerBound % $0 == 0 } ?? false
        var total = 0.0
        for first in stride(from: examples.lowerBound, to: examples.upperBound, by: rowsAtOnce) {
            let part = first..<min(first + rowsAtOnce, examples.upperBound)
            if let sparse, let map = model.linearMap {
                total += addSparse(
                    part, sparse, map, seed: stream, inTableOrder: isEpoch, at: parameters, weight: weight,
                    to: &gradient)
                continue
            }
            if isHeld {
                let row = first - examples.lowerBound
                total += held.inputs.withUnsafeBufferPointer { x in
                    held.targets.withUnsafeBufferPointer { targets in
                        guard let x = x.baseAddress, let targets = targets.baseAddress else { return 0 }
                        return pass(
                            x + row * source.inputs, targets + row * source.outputs, rows: part.count,
                            at: parameters, weight: weight, to: &gradient)
                    }
                }
                continue
            }
            total += x.withUnsafeMutableBufferPointer { x in
                targets.withUnsafeMutableBufferPointer { targets in
                    guard let x = x.baseAddress, let targets = targets.baseAddress else { return 0 }
                    source.write(part, seed: stream, x: x, targets: targets)
                    addNoise(to: x, examples: part, seed: seed)
                    return pass(
                        x, targets, rows: part.count, at: parameters, weight: weight, to: &gradient)
                }
            }
        }
        guard ridge > 0 else { return total }
        var squares = 0.0
        let factor = Scalar(ridge) * weight * Scalar(examples.count)
        for slot in layout.slots where slot.role != .bias {
            for i in slot.range {
                let w = parameters.values[i]
                squares += Double(w * w)
                gradient[i] += factor * w
            }
        }
        return total + ridge / 2 * squares * Double(examples.count)
    }

    /// Example n of a trial has noise of its own, from stream n.
    private func addNoise(to x: UnsafeMutablePointer<Scalar>, examples: Range<Int>, seed: UInt64) {
        guard inputNoise > 0 else { return }
        let stream = SeedPurpose.noise.seed(from: seed)
        for (row, example) in examples.enumerated() {
            var generator = SplitMix64.stream(stream, example)
            for i in 0..<source.inputs {
                x[row * source.inputs + i] += Scalar(inputNoise * generator.normal())
            }
        }
    }

    /// Forward and backward of a part of a minibatch.
    private func pass(
        _ x: UnsafePointer<Scalar>, _ targets: UnsafePointer<Scalar>, rows: Int,
        at parameters: ParameterVector<Scalar>, weight: Scalar, to gradient: inout [Scalar]
    ) -> Double {
        parameters.values.withUnsafeBufferPointer { w in
            gradient.withUnsafeMutableBufferPointer { g in
                guard let w = w.baseAddress, let g = g.baseAddress else { return 0 }
                model.forward(w, x: x, rows: rows)
                let sum = loss(targets, rows: rows, scale: weight)
                model.backward(w, g, x: x, rows: rows)
                return sum
            }
        }
    }

    func hold(_ examples: Range<Int>, seed: UInt64) {
        // Rows of a table are cheaper to find than to copy.
        guard sparse == nil,
            held.begin(examples, seed: seed, inputs: source.inputs, targets: source.outputs)
        else { return }
        let stream = SeedPurpose.data.seed(from: seed)
        held.fill { x, targets in
            // In the parts in which a run alone draws them.
            for first in stride(from: examples.lowerBound, to: examples.upperBound, by: rowsAtOnce) {
                let row = first - examples.lowerBound
                let part = first..<min(first + rowsAtOnce, examples.upperBound)
                source.write(
                    part, seed: stream, x: x + row * source.inputs, targets: targets + row * source.outputs)
                addNoise(to: x + row * source.inputs, examples: part, seed: seed)
            }
        }
    }

    /// A part of a minibatch of a linear model with one output, by the entries of its rows.
    private func addSparse(
        _ part: Range<Int>, _ sparse: SparseRows<Scalar>, _ map: (weight: Int, bias: Int), seed: UInt64,
        inTableOrder: Bool,
        at parameters: ParameterVector<Scalar>,
        weight: Scalar, to gradient: inout [Scalar]
    ) -> Double {
        let z = model.outputs
        return rows.withUnsafeMutableBufferPointer { rows in
            targets.withUnsafeMutableBufferPointer { targets in
                parameters.values.withUnsafeBufferPointer { w in
                    gradient.withUnsafeMutableBufferPointer { g in
                        guard let numbers = rows.baseAddress, let t = targets.baseAddress,
                            let w = w.baseAddress, let g = g.baseAddress
                        else { return 0 }
                        let chosen = UnsafeBufferPointer(start: numbers, count: part.count)
                        source.writeRows(
                            part, seed: seed, inTableOrder: inTableOrder, rows: numbers, targets: t)
                        sparse.multiply(rows: chosen, by: w + map.weight, plus: w[map.bias], into: z)
                        let loss = Loss.logistic(z: z, targets: t, rows: part.count, scale: weight)
                        sparse.addTransposed(rows: chosen, times: z, to: g + map.weight)
                        Linear.addColumnSums(of: z, to: g + map.bias, rows: part.count, columns: 1)
                        return loss
                    }
                }
            }
        }
    }

    func validationMetrics(at parameters: ParameterVector<Scalar>, full: Bool) -> [String: Double] {
        let (inputs, outputs) = (source.inputs, source.outputs)
        let available = source.validationInputs.count / inputs
        let count = full ? available : min(available, Self.quickRows)
        var total = 0.0
        var wrong = 0.0
        for first in stride(from: 0, to: count, by: rowsAtOnce) {
            let rows = min(rowsAtOnce, count - first)
            let part = Array(source.validationTargets[(first * outputs)..<((first + rows) * outputs)])
            let x = Array(source.validationInputs[(first * inputs)..<((first + rows) * inputs)])
            parameters.values.withUnsafeBufferPointer { w in
                if let w = w.baseAddress { model.forward(w, x: x, rows: rows) }
            }
            wrong += expectedErrors(part, rows: rows)
            total += loss(part, rows: rows, scale: 1)
        }
        var mean = total / Double(count) + source.validationOffset
        // The part's labels are more or less certain than the whole set's, by a known amount: the difference is taken
        // out, so that a quick evaluation estimates the full one and stays above the same floor.
        if count < available, let part = source.lossFloor(ofFirst: count), let whole = source.lossFloor {
            mean += whole - part
        }
        var metrics = ["validation_loss": mean]
        if kind != .squared { metrics["validation_error"] = wrong / Double(count) }
        return metrics
    }

    private func loss(_ targets: UnsafePointer<Scalar>, rows: Int, scale: Scalar) -> Double {
        let (z, k) = (model.outputs, source.outputs)
        switch kind {
        case .softmax: return Loss.crossEntropy(z: z, targets: targets, rows: rows, classes: k, scale: scale)
        case .logistic: return Loss.logistic(z: z, targets: targets, rows: rows, scale: scale)
        case .squared: return Loss.squared(z: z, targets: targets, rows: rows, outputs: k, scale: scale)
        }
    }

    /// Sum of the probabilities that the class with the largest output is not the right one.
    private func expectedErrors(_ targets: [Scalar], rows: Int) -> Double {
        let (z, k) = (model.outputs, source.outputs)
        var wrong = 0.0
        for r in 0..<rows {
            if kind == .logistic {
                wrong += z[r] > 0 ? 1 - Double(targets[r]) : Double(targets[r])
            } else {
                var best = 0
                for j in 1..<max(1, k) where z[r * k + j] > z[r * k + best] { best = j }
                wrong += 1 - Double(targets[r * k + best])
            }
        }
        return wrong
    }
}
