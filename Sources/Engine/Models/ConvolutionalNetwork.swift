/// Two convolutions, each followed by GELU and mean pooling, and a linear head.
///
///     a = pool(gelu(conv(x)))  (N, S/2, S/2, F);   b = pool(gelu(conv(a)))  (N, S/4, S/4, 2F);   z = W b + bias
///
/// Symbols: N images, S their side (a multiple of 4), I channels, F filters of the first layer, K outputs. Channels
/// last everywhere. Pooling takes means rather than maxima, so that the loss has second derivatives.
final class ConvolutionalNetwork<Scalar: EngineScalar>: LabelledModel {
    typealias Pointer = UnsafeMutablePointer<Scalar>

    /// The sizes of a model.
    struct Configuration: Hashable {
        var side: Int
        var channels: Int
        var filters: Int
        var outputs: Int
        /// Features of an image.
        var inputs: Int { side * side * channels }
    }

    /// One convolution: where its tensors begin, its sizes and its memory.
    private struct Stage {
        var weight, bias, side, channels, filters: Int
        var col, slope, activated, pooled: Pointer
        var columns: Int { Convolution.columns(channels: channels) }
    }

    let configuration: Configuration
    let layout: ParameterLayout
    let maximumRows: Int
    let outputs: Pointer
    let linearMap: (weight: Int, bias: Int)? = nil
    private let arena = Arena<Scalar>()
    private let stages: [Stage]
    private let headWeight, headBias, features: Int
    private let dPooled, dActivated, dCol: Pointer

    /// Pixels whose unrolled neighbourhoods are in memory at once.
    static var pixelsAtOnce: Int { 8192 }

    init(_ configuration: Configuration) {
        precondition(configuration.side % 4 == 0, "the side must be a multiple of 4")
        let (side, filters) = (configuration.side, configuration.filters)
        let rows = max(1, Self.pixelsAtOnce / (side * side))
        let arena = self.arena
        var layout = ParameterLayout()
        var stages: [Stage] = []
        for (i, channels, filters) in [(0, configuration.channels, filters), (1, filters, 2 * filters)] {
            let side = side >> i
            let columns = Convolution.columns(channels: channels)
            let pixels = rows * side * side
            stages.append(
                Stage(
                    weight: layout.add(
                        "convolutions.\(i).weight", shape: [filters, columns], role: .convolution
                    ).offset,
                    bias: layout.add("convolutions.\(i).bias", shape: [filters], role: .bias).offset,
                    side: side, channels: channels, filters: filters, col: arena.block(pixels * columns),
                    slope: arena.block(pixels * filters), activated: arena.block(pixels * filters),
                    pooled: arena.block(pixels * filters / 4)))
        }
        features = side / 4 * (side / 4) * 2 * filters
        headWeight =
            layout.add("output.weight", shape: [configuration.outputs, features], role: .output).offset
        headBias = layout.add("output.bias", shape: [configuration.outputs], role: .bias).offset
        outputs = arena.block(rows * configuration.outputs)
        dPooled = arena.block(rows * side * side / 4 * filters)
        dActivated = arena.block(rows * side * side * filters)
        dCol = arena.block(rows * side * side / 4 * Convolution.columns(channels: filters))
        self.configuration = configuration
        self.layout = layout
        self.stages = stages
        maximumRows = rows
    }

    /// Deviation `sqrt(2 / (9 I))` for the convolutions and `0.2 / sqrt(features)` for the head.
    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> {
        var generator = SplitMix64(SeedPurpose.weights.seed(from: seed))
        var vector = ParameterVector<Scalar>(layout: layout)
        for slot in layout.slots where slot.role != .bias {
            let factor = slot.role == .output ? 0.2 : 2.0.squareRoot()
            let deviation = factor / Double(slot.shape[1]).squareRoot()
            for i in slot.range { vector.values[i] = Scalar(deviation * generator.normal()) }
        }
        return vector
    }

    func forward(_ w: UnsafePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int) {
        precondition(rows <= maximumRows, "scratch is too small for \(rows) images")
        var below = x
        for s in stages {
            let pixels = rows * s.side * s.side
            Convolution.unroll(below, into: s.col, images: rows, side: s.side, channels: s.channels)
            Linear.forward(
                x: s.col, weight: w + s.weight, bias: nil, y: s.slope, rows: pixels, inputs: s.columns,
                outputs: s.filters)
            GELU.forward(h: s.slope, bias: w + s.bias, y: s.activated, rows: pixels, columns: s.filters)
            Convolution.pool(s.activated, into: s.pooled, images: rows, side: s.side, channels: s.filters)
            below = UnsafePointer(s.pooled)
        }
        Linear.forward(
            x: below, weight: w + headWeight, bias: w + headBias, y: outputs, rows: rows, inputs: features,
            outputs: configuration.outputs)
    }

    func backward(
        _ w: UnsafePointer<Scalar>, _ g: UnsafeMutablePointer<Scalar>, x: UnsafePointer<Scalar>, rows: Int
    ) {
        Linear.backward(
            x: stages[1].pooled, weight: w + headWeight, dy: outputs, dx: dPooled, dWeight: g + headWeight,
            dBias: g + headBias, rows: rows, inputs: features, outputs: configuration.outputs)
        for i in [1, 0] {
            let s = stages[i]
            let pixels = rows * s.side * s.side
            Convolution.unpool(dPooled, into: dActivated, images: rows, side: s.side, channels: s.filters)
            GELU.backward(
                slope: s.slope, d: dActivated, dBias: g + s.bias, rows: pixels, columns: s.filters)
            Linear.backward(
                x: s.col, weight: w + s.weight, dy: dActivated, dx: i == 0 ? nil : dCol,
                dWeight: g + s.weight, dBias: nil, rows: pixels, inputs: s.columns, outputs: s.filters)
            guard i > 0 else { return }
            Convolution.roll(dCol, into: dPooled, images: rows, side: s.side, channels: s.channels)
        }
    }
}
