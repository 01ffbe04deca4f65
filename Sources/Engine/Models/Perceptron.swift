/// A multilayer perceptron with GELU between its linear maps; with depth 0 a linear model.
///
///     a_0 = x;  a_i = gelu(W_i a_(i-1) + b_i);  z = W a_depth + b
///
/// Shapes: x `(N, I)`, a `(N, C)`, z `(N, K)`. Not `Sendable`: one model, one thread.
final class Perceptron<Scalar: EngineScalar>: LabelledModel {
    typealias Pointer = UnsafeMutablePointer<Scalar>

    /// The sizes of a model.
    struct Configuration: Hashable {
        var inputs: Int
        var width: Int
        var depth: Int
        var outputs: Int
    }

    /// One linear map: where its tensors begin and how large it is.
    struct Map {
        var weight, bias, inputs, outputs: Int
    }

    let configuration: Configuration
    let layout: ParameterLayout
    let maximumRows: Int
    let maps: [Map]
    /// Gradients flow through these in turn; the outputs and then their gradient are in `outputs`.
    let outputs: Pointer
    private let arena = Arena<Scalar>()
    private let slopes, activated: [Pointer]
    private let d: [Pointer]

    init(_ configuration: Configuration, maximumRows: Int) {
        var layout = ParameterLayout()
        var maps: [Map] = []
        for i in 0...configuration.depth {
            let isLast = i == configuration.depth
            let inputs = i == 0 ? configuration.inputs : configuration.width
            let outputs = isLast ? configuration.outputs : configuration.width
            let role: TensorRole = isLast ? .output : i == 0 ? .input : .hidden
            let name = isLast ? "output" : "layers.\(i)"
            maps.append(
                Map(
                    weight: layout.add("\(name).weight", shape: [outputs, inputs], role: role).offset,
                    bias: layout.add("\(name).bias", shape: [outputs], role: .bias).offset,
                    inputs: inputs, outputs: outputs))
        }
        self.configuration = configuration
        self.layout = layout
        self.maximumRows = maximumRows
        self.maps = maps
        let arena = self.arena
        let count = maximumRows * configuration.width
        slopes = (0..<configuration.depth).map { _ in arena.block(count) }
        activated = (0..<configuration.depth).map { _ in arena.block(count) }
        d = (0..<2).map { _ in arena.block(count) }
        outputs = arena.block(maximumRows * configuration.outputs)
    }

    var linearMap: (weight: Int, bias: Int)? {
        configuration.depth == 0 ? (maps[0].weight, maps[0].bias) : nil
    }

    /// Deviation `sqrt(2 / inputs)` before an activation and `0.2 / sqrt(inputs)` for the last map; a linear model
    /// starts at zero.
    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> {
        var generator = SplitMix64(SeedPurpose.weights.seed(from: seed))
        var vector = ParameterVector<Scalar>(layout: layout)
        guard configuration.depth > 0 else { return vector }
        for slot in layout.slots where slot.role != .bias {
            let factor = slot.role == .output ? 0.2 : 2.0.squareRoot()
            let deviation = factor / Double(slot.shape[1]).squareRoot()
            for i in slot.range { vector.values[i] = Scalar(deviation * generator.normal()) }
        }
        return vector
    }

    /// Fills `outputs` (N, K) from x (N, I).
    func forward(_ w: UnsafePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int) {
        precondition(rows <= maximumRows, "scratch is too small for \(rows) rows")
        var below = x
        for i in 0...configuration.depth {
            let map = maps[i]
            let isLast = i == configuration.depth
            Linear.forward(
                x: below, weight: w + map.weight, bias: isLast ? w + map.bias : nil,
                y: isLast ? outputs : slopes[i], rows: rows, inputs: map.inputs, outputs: map.outputs)
            guard !isLast else { break }
            GELU.forward(h: slopes[i], bias: w + map.bias, y: activated[i], rows: rows, columns: map.outputs)
            below = UnsafePointer(activated[i])
        }
    }

    /// Adds to the gradient `g`, from `outputs` holding the gradient of the outputs.
    func backward(
        _ w: UnsafePointer<Scalar>, _ g: UnsafeMutablePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int
    ) {
        var above = outputs
        for i in stride(from: configuration.depth, through: 0, by: -1) {
            let map = maps[i]
            let below = i == 0 ? nil : d[i % 2]
            Linear.backward(
                x: i == 0 ? x : UnsafePointer(activated[i - 1]), weight: w + map.weight, dy: above, dx: below,
                dWeight: g + map.weight, dBias: i == configuration.depth ? g + map.bias : nil, rows: rows,
                inputs: map.inputs,
                outputs: map.outputs)
            guard let below else { return }
            GELU.backward(
                slope: slopes[i - 1], d: below, dBias: g + maps[i - 1].bias, rows: rows, columns: map.inputs)
            above = below
        }
    }
}
