/// A small language model on characters: a synthetic language without end, or text from a file.
final class CharGPTWorkload<Scalar: EngineScalar>: GradientWorkload {
    /// Where sequences come from.
    private enum Source {
        case language(SyntheticLanguage)
        case text(TextCorpus)
    }

    let model: GPT<Scalar>
    private let source: Source
    private let validationIDs: [Int32]
    private let validationStates: [Int32]
    private let distributions: [Int32: [Scalar]]
    private var ids: [Int32]
    private var targets: [Int32]
    private var symbols: [Int32]

    /// Tokens whose activations are in memory at once: enough that packing the weights for a product is a small part
    /// of it, few enough to stay in the cache of one core.
    private static var tokensAtOnce: Int { 768 }

    static func sequencesAtOnce(length: Int) -> Int { max(1, tokensAtOnce / length) }

    init(_ options: WorkloadOptions) throws {
        let length = options.integer("sequence_length")
        let width = options.integer("width")
        let heads = options.integer("heads")
        guard width % heads == 0 else {
            throw EngineError.badOption(
                "width \(width) is not a multiple of heads \(heads)", why: "every head gets an equal share")
        }
        let vocabulary: Int
        if let path = options.text("path") {
            let corpus = try TextCorpus(
                path: path, byBytes: options.text("symbols") == "bytes", sequenceLength: length)
            source = .text(corpus)
            vocabulary = corpus.vocabulary
            validationIDs = corpus.validation
            validationStates = []
            distributions = [:]
        } else {
            let language = SyntheticLanguage(
                vocabulary: options.integer("vocabulary"), exponent: options.real("zipf_exponent"),
                seed: options.seed("language_seed"))
            source = .language(language)
            vocabulary = language.vocabulary
            let count = max(1, Self.fullTokens / length)
            var ids = [Int32](repeating: 0, count: count * (length + 1))
            var states = [Int32](repeating: 0, count: count * length)
            let seed = SeedPurpose.validation.seed(from: options.seed("language_seed"))
            ids.withUnsafeMutableBufferPointer { ids in
                states.withUnsafeMutableBufferPointer { states in
                    guard let i = ids.baseAddress, let s = states.baseAddress else { return }
                    for n in 0..<count {
                        language.write(
                            text: n, seed: seed, length: length, symbols: i + n * (length + 1),
                            states: s + n * length)
                    }
                }
            }
            validationIDs = ids
            validationStates = states
            var distributions: [Int32: [Scalar]] = [:]
            for state in Set(states) {
                distributions[state] = language.distribution(in: Int(state)).map { Scalar($0) }
            }
            self.distributions = distributions
        }
        let sequences = Self.sequencesAtOnce(length: length)
        model = GPT(
            .init(
                vocabulary: vocabulary, length: length, width: width, depth: options.integer("depth"),
                heads: heads),
            maximumSequences: sequences)
        ids = [Int32](repeating: 0, count: sequences * length)
        targets = ids
        symbols = [Int32](repeating: 0, count: length + 1)
    }

    /// Tokens of the whole synthetic validation set and of the quick part.
    private static var fullTokens: Int { 32_768 }
    private static var quickTokens: Int { 4_096 }
    /// Real text has no known distribution behind it, so its validation needs more tokens for the same noise.
    private static var fullTextTokens: Int { 131_072 }

    var layout: ParameterLayout { model.layout }
    var tokensPerExample: Int { model.configuration.length }
    var trainingTokens: Int? {
        if case .text(let corpus) = source { return corpus.training.count }
        return nil
    }
    var lossFloor: Double? {
        if case .language(let language) = source { return language.entropyRate }
        return nil
    }

    func initialParameters(seed: UInt64) -> ParameterVector<Scalar> { model.initialParameters(seed: seed) }

    func addGradient(
        of examples: Range<Int>, seed: UInt64, at parameters: ParameterVector<Scalar>, weight: Scalar,
        to gradient: inout [Scalar]
    ) -> Double {
        let length = tokensPerExample
        let classes = model.configuration.vocabulary
        let stream = SeedPurpose.data.seed(from: seed)
        var total = 0.0
        // Parts of nearly equal size: the last one is not a small rest, which would be slow.
        let parts = (examples.count + model.maximumSequences - 1) / model.maximumSequences
        for k in 0..<parts {
            let first = examples.lowerBound + k * examples.count / parts
            let part = first..<(examples.lowerBound + (k + 1) * examples.count / parts)
            for (row, n) in part.enumerated() { load(example: n, seed: stream, row: row) }
            parameters.values.withUnsafeBufferPointer { w in
                gradient.withUnsafeMutableBufferPointer { g in
                    guard let w = w.baseAddress, let g = g.baseAddress else { return }
                    model.forward(w, ids: ids, sequences: part.count)
                    total += Loss.crossEntropy(
                        z: model.scratch.logits, ids: targets, rows: part.count * length, classes: classes,
                        scale: weight / Scalar(length))
                    model.backward(w, g, ids: ids, sequences: part.count)
                }
            }
        }
        return total / Double(length)
    }

    func validationMetrics(at parameters: ParameterVector<Scalar>, full: Bool) -> [String: Double] {
        switch source {
        case .language:
            ["validation_loss": languageLoss(parameters, tokens: full ? Self.fullTokens : Self.quickTokens)]
        case .text:
            ["validation_loss": textLoss(parameters, tokens: full ? Self.fullTextTokens : Self.quickTokens)]
        }
    }

    /// Writes ids and targets of one training sequence into a row of the minibatch.
    private func load(example n: Int, seed: UInt64, row: Int) {
        let length = tokensPerExample
        switch source {
        case .language(let language):
            symbols.withUnsafeMutableBufferPointer { symbols in
                guard let symbols = symbols.baseAddress else { return }
                language.write(text: n, seed: seed, length: length, symbols: symbols)
            }
            for t in 0..<length {
                ids[row * length + t] = symbols[t]
                targets[row * length + t] = symbols[t + 1]
            }
        case .text(let corpus):
            var generator = SplitMix64.stream(seed, n)
            let start = generator.index(corpus.training.count - length)
            for t in 0..<length {
                ids[row * length + t] = corpus.training[start + t]
                targets[row * length + t] = corpus.training[start + t + 1]
            }
        }
    }

    /// Mean over contexts of the cross-entropy against the language's own next-symbol distribution. Its expectation
    /// is that of the loss on sampled symbols, with a fraction of the noise, and it never falls below the floor.
    private func languageLoss(_ parameters: ParameterVector<Scalar>, tokens: Int) -> Double {
        let length = tokensPerExample
        let count = max(1, tokens / length)
        let classes = model.configuration.vocabulary
        var soft = [Scalar](repeating: 0, count: model.maximumSequences * length * classes)
        var total = 0.0
        for first in stride(from: 0, to: count, by: model.maximumSequences) {
            let rows = min(model.maximumSequences, count - first)
            for r in 0..<rows {
                for t in 0..<length {
                    ids[r * length + t] = validationIDs[(first + r) * (length + 1) + t]
                    guard let row = distributions[validationStates[(first + r) * length + t]] else {
                        continue
                    }
                    soft.replaceSubrange(
                        ((r * length + t) * classes)..<((r * length + t + 1) * classes), with: row)
                }
            }
            parameters.values.withUnsafeBufferPointer { w in
                guard let w = w.baseAddress else { return }
                model.forward(w, ids: ids, sequences: rows)
                total += Loss.crossEntropy(
                    z: model.scratch.logits, targets: soft, rows: rows * length, classes: classes, scale: 1)
            }
        }
        return total / Double(count * length)
    }

    /// Mean loss over equally spaced passages of the validation part.
    private func textLoss(_ parameters: ParameterVector<Scalar>, tokens: Int) -> Double {
        let length = tokensPerExample
        let available = (validationIDs.count - 1) / length
        let count = max(1, min(available, tokens / length))
        var total = 0.0
        for first in stride(from: 0, to: count, by: model.maximumSequences) {
            let rows = min(model.maximumSequences, count - first)
            for r in 0..<rows {
                let start = (first + r) * available / count * length
                for t in 0..<length {
                    ids[r * length + t] = validationIDs[start + t]
                    targets[r * length + t] = validationIDs[start + t + 1]
                }
            }
            parameters.values.withUnsafeBufferPointer { w in
                guard let w = w.baseAddress else { return }
                model.forward(w, ids: ids, sequences: rows)
                total += Loss.crossEntropy(
                    z: model.scratch.logits, ids: targets, rows: rows * length,
                    classes: model.configuration.vocabulary, scale: 1)
            }
        }
        return total / Double(count * length)
    }
}

extension WorkloadDescriptor {
    static let charGPT = WorkloadDescriptor(
        name: "char-gpt",
        summary: "A decoder-only transformer on a synthetic language of known entropy, or on text.",
        options: [
            .whole("width", "Width of the residual stream.", 8...4096, 32),
            .whole("depth", "Number of blocks.", 1...64, 2),
            .whole("heads", "Attention heads; they divide the width.", 1...64, 2),
            .whole("sequence_length", "Tokens of a sequence.", 2...4096, 32, unit: "tokens"),
            .path("path", "Text file or folder; without it the synthetic language."),
            .choice("symbols", "What a symbol of a text is.", ["characters", "bytes"]),
            .whole("vocabulary", "Symbols of the synthetic language.", 4...256, 32),
            .real("zipf_exponent", "Exponent of the synthetic language's symbol probabilities.", 0...4, 1.5),
            .seed("language_seed", "Names the synthetic language; all trials of a sweep share it."),
        ],
        metrics: ["validation_loss", "train_loss", "tokens", "epochs", "model_size", "loss_floor"],
        sequenceLengthOption: "sequence_length", givesPerExampleGradients: true)
}
