/// A decoder-only transformer: token and position tables, blocks of attention and a two-layer map with pre-norm and
/// residual paths, a last norm and an untied head.
///
///     x = tokens[id] + positions
///     x += proj(attention(qkv(norm1(x))));  x += fc2(gelu(fc1(norm2(x))))     for each block
///     z = head(norm(x))
///
/// Symbols: B sequences, T their length, N = B T rows, C width, H heads, V vocabulary.
///
/// All scratch memory is made once for `maximumSequences`; a larger minibatch is worked off in parts by the caller.
/// Not `Sendable`: one model, one thread.
final class GPT<Scalar: EngineScalar> {
    /// The sizes of a model.
    struct Configuration: Hashable {
        var vocabulary: Int
        var length: Int
        var width: Int
        var depth: Int
        var heads: Int
    }

    /// Where one block's tensors begin in the flat vector.
    struct Block {
        var norm1Gain, norm1Bias, qkv, qkvBias, proj, projBias: Int
        var norm2Gain, norm2Bias, fc1, fc1Bias, fc2, fc2Bias: Int
    }

    let configuration: Configuration
    let layout: ParameterLayout
    let maximumSequences: Int
    let blocks: [Block]
    let tokenTable, positionTable, lastGain, lastBias, head: Int
    let scratch: GPTScratch<Scalar>

    init(_ configuration: Configuration, maximumSequences: Int) {
        precondition(configuration.width % configuration.heads == 0, "width must be a multiple of heads")
        let c = configuration.width
        var layout = ParameterLayout()
        tokenTable = layout.add("tokens", shape: [configuration.vocabulary, c], role: .embedding).offset
        positionTable = layout.add("positions", shape: [configuration.length, c], role: .embedding).offset
        var blocks: [Block] = []
        for i in 0..<configuration.depth {
            func add(_ name: String, _ shape: [Int], _ role: TensorRole) -> Int {
                layout.add("blocks.\(i).\(name)", shape: shape, role: role).offset
            }
            blocks.append(
                Block(
                    norm1Gain: add("norm1.gain", [c], .scale), norm1Bias: add("norm1.bias", [c], .bias),
                    qkv: add("attention.qkv", [3 * c, c], .hidden),
                    qkvBias: add("attention.qkv_bias", [3 * c], .bias),
                    proj: add("attention.projection", [c, c], .hidden),
                    projBias: add("attention.projection_bias", [c], .bias),
                    norm2Gain: add("norm2.gain", [c], .scale), norm2Bias: add("norm2.bias", [c], .bias),
                    fc1: add("mlp.in", [4 * c, c], .hidden), fc1Bias: add("mlp.in_bias", [4 * c], .bias),
                    fc2: add("mlp.out", [c, 4 * c], .hidden), fc2Bias: add("mlp.out_bias", [c], .bias)))
        }
        lastGain = layout.add("norm.gain", shape: [c], role: .scale).offset
        lastBias = layout.add("norm.bias", shape: [c], role: .bias).offset
        head = layout.add("head", shape: [configuration.vocabulary, c], role: .output).offset
        self.configuration = configuration
        self.layout = layout
        self.maximumSequences = maximumSequences
        self.blocks = blocks
        scratch = GPTScratch(configuration, sequences: maximumSequences)
    }

    /// Random weights: linear maps with deviation `1/sqrt(inputs)`, those that end a residual path divided by
    /// `sqrt(2 depth)`, tables with 0.1, gains 1, biases 0; the head small, so that the first loss is near `ln V`.
    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> {
        var generator = SplitMix64(SeedPurpose.weights.seed(from: seed))
        var vector = ParameterVector<Scalar>(layout: layout)
        let residual = 1 / Double(2 * configuration.depth).squareRoot()
        for slot in layout.slots {
            let inputs = Double(slot.shape.last ?? 1)
            let deviation: Double
            switch slot.role {
            case .embedding: deviation = 0.1
            case .output: deviation = 0.2 / inputs.squareRoot()
            case .hidden:
                let ends = slot.name.hasSuffix("projection") || slot.name.hasSuffix("mlp.out")
                deviation = (ends ? residual : 1) / inputs.squareRoot()
            case .scale:
                for i in slot.range { vector.values[i] = 1 }
                continue
            default: continue
            }
            for i in slot.range { vector.values[i] = Scalar(deviation * generator.normal()) }
        }
        return vector
    }
}

/// Activations and their gradients of one model, for a fixed number of sequences.
final class GPTScratch<Scalar: EngineScalar> {
    typealias Pointer = UnsafeMutablePointer<Scalar>

    /// What a block keeps for its backward pass.
    struct Block {
        var x, norm1, mean1, inverse1, qkv, probabilities, attended: Pointer
        var middle, norm2, mean2, inverse2, slope, activated: Pointer
    }

    private let arena = Arena<Scalar>()
    let blocks: [Block]
    let last, normed, mean, inverse, logits: Pointer
    let dx, dNarrow, dWide, scores: Pointer

    init(_ configuration: GPT<Scalar>.Configuration, sequences: Int) {
        let arena = self.arena
        let (t, c) = (configuration.length, configuration.width)
        let n = sequences * t
        let attention = Attention.Shape(
            sequences: sequences, length: t, heads: configuration.heads, headWidth: c / configuration.heads)
        blocks = (0..<configuration.depth).map { _ in
            Block(
                x: arena.block(n * c), norm1: arena.block(n * c), mean1: arena.block(n),
                inverse1: arena.block(n), qkv: arena.block(3 * n * c),
                probabilities: arena.block(attention.probabilities), attended: arena.block(n * c),
                middle: arena.block(n * c), norm2: arena.block(n * c), mean2: arena.block(n),
                inverse2: arena.block(n), slope: arena.block(4 * n * c), activated: arena.block(4 * n * c))
        }
        last = arena.block(n * c)
        normed = arena.block(n * c)
        mean = arena.block(n)
        inverse = arena.block(n)
        logits = arena.block(n * configuration.vocabulary)
        dx = arena.block(n * c)
        dNarrow = arena.block(n * c)
        dWide = arena.block(4 * n * c)
        scores = arena.block(attention.scratch)
    }
}
