internal import Engine

/// A part of a method that can be named in its settings: a compressor, a robust rule, an attack.
public struct MethodPart<Part: Sendable>: Sendable {
    /// What it says about itself.
    public let descriptor: MethodDescriptor
    private let build: @Sendable (Int) -> Part

    init(
        _ name: String, _ summary: String, references: [String],
        maturity: MethodDescriptor.Maturity = .established, build: @escaping @Sendable (Int) -> Part
    ) {
        descriptor = MethodDescriptor(name: name, summary: summary, [], references, maturity)
        self.build = build
    }

    /// The part; `size` is K of sparsifiers, the number of levels of quantizers, and nothing to the others.
    public func make(size: Int = 1) -> Part { build(size) }
}

/// Compressors of vectors by name.
public enum CompressorRegistry {
    /// Contractive ones, for error feedback; Top-K first.
    public static let contractive: [MethodPart<any Compressor>] = [
        MethodPart("top-k", "The K largest entries.", references: ["1809.07599"]) { TopK($0) },
        MethodPart("rand-k-contractive", "K random entries, not scaled up.", references: ["1806.06573"]) {
            RandK($0, scaled: false)
        },
        MethodPart(
            "scaled-sign", "Signs times the mean absolute entry.", references: ["1901.09847"]
        ) { _ in ScaledSignCompressor() },
        MethodPart(
            "natural-contractive", "Entries rounded to powers of two, shrunk to a contraction.",
            references: ["1905.10988"]
        ) { _ in ContractiveScaling(NaturalCompressor()) },
        MethodPart("identity", "Everything, uncompressed.", references: ["2202.00998"]) { _ in
            IdentityCompressor()
        },
    ]

    /// Unbiased ones, for compressed differences and shifts; Rand-K first.
    public static let unbiased: [MethodPart<any Compressor>] = [
        MethodPart("rand-k", "K random entries, scaled up.", references: ["1806.06573"]) { RandK($0) },
        MethodPart("natural", "Entries rounded at random to powers of two.", references: ["1905.10988"]) {
            _ in
            NaturalCompressor()
        },
        MethodPart(
            "dithering", "Entries rounded at random to K levels of the length.", references: ["1610.02132"]
        ) { DitheringCompressor(levels: $0) },
        MethodPart(
            "kashin", "Rand-K in an over-complete basis that spreads the entries.",
            references: ["2002.08958"],
            maturity: .experimental
        ) { KashinCompressor(inner: RandK($0)) },
        MethodPart("full", "Everything, uncompressed.", references: ["2202.00998"]) { _ in
            IdentityCompressor()
        },
    ]
}

/// Rules by which a server combines messages of which some may be hostile.
public enum AggregatorRegistry {
    /// Mixing of neighbours with the median first; the plain mean resists nothing.
    public static let all: [MethodPart<any Aggregator>] = [
        MethodPart(
            "nnm-median", "Median of messages averaged with their neighbours.", references: ["2302.01772"]
        ) {
            _ in NeighbourMixing(MedianAggregator())
        },
        MethodPart("nnm-trimmed-mean", "Trimmed mean of mixed messages.", references: ["2302.01772"]) { _ in
            NeighbourMixing(TrimmedMeanAggregator())
        },
        MethodPart("median", "Median of every coordinate.", references: ["1803.01498"]) { _ in
            MedianAggregator()
        },
        MethodPart(
            "trimmed-mean", "Mean of every coordinate without its extremes.", references: ["1803.01498"]
        ) {
            _ in TrimmedMeanAggregator()
        },
        MethodPart("krum", "The message nearest to its neighbours.", references: ["1703.02757"]) { _ in
            KrumAggregator()
        },
        MethodPart("geometric-median", "The point of least summed distance.", references: ["1912.13445"]) {
            _ in
            GeometricMedianAggregator()
        },
        MethodPart(
            "centered-clipping", "Messages clipped around the last result.", references: ["2012.10333"]
        ) { _ in CenteredClippingAggregator() },
        MethodPart("mean", "The plain mean: no protection.", references: ["2302.01772"]) { _ in
            MeanAggregator()
        },
    ]
}

/// What colluding workers send.
public enum AttackRegistry {
    /// In the order of the documentation.
    public static let all: [MethodPart<any Attack>] = [
        MethodPart("sign-flip", "The honest mean with its sign turned.", references: ["2006.09365"]) { _ in
            SignFlipAttack()
        },
        MethodPart("ipm", "Ten times the honest mean, turned around.", references: ["1903.03936"]) { _ in
            InnerProductAttack(scale: 10)
        },
        MethodPart("foe", "The honest mean less twice itself.", references: ["1903.03936"]) { _ in
            FallOfEmpiresAttack()
        },
        MethodPart("alie", "As far from the mean as hides in its spread.", references: ["1902.06156"]) { _ in
            LittleIsEnoughAttack()
        },
        MethodPart("mimic", "A copy of one honest worker.", references: ["2006.09365"]) { _ in MimicAttack()
        },
    ]
}

extension MethodSetting {
    /// One of several names; the first is the default.
    static func choice(_ name: String, _ summary: String, _ names: [String]) -> MethodSetting {
        MethodSetting(
            descriptor: HyperparameterDescriptor(
                name: name, summary: summary, kind: .choice(names),
                defaultValue: names.first.map { .text($0) }),
            theory: nil, theoryText: "")
    }

    /// The robust rule.
    static let aggregator = MethodSetting.choice(
        "aggregator", "How the server combines messages.", AggregatorRegistry.all.map(\.descriptor.name))
}

extension [MethodSetting] {
    /// A contractive compressor and its K.
    static let contractive: [MethodSetting] = [
        .choice(
            "compressor", "What makes messages small.", CompressorRegistry.contractive.map(\.descriptor.name)),
        .kept,
    ]

    /// An unbiased compressor and its K, or number of levels.
    static let unbiased: [MethodSetting] = [
        .choice(
            "compressor", "What makes messages small.", CompressorRegistry.unbiased.map(\.descriptor.name)),
        .kept,
    ]
}

extension MethodValues {
    /// The chosen contractive compressor; precondition: the method has one.
    var contractive: any Compressor {
        part(CompressorRegistry.contractive, "compressor").make(size: count("kept"))
    }

    /// The chosen unbiased compressor; precondition: the method has one.
    var unbiased: any Compressor { part(CompressorRegistry.unbiased, "compressor").make(size: count("kept")) }

    /// The chosen rule; precondition: the method has one.
    var aggregator: any Aggregator { part(AggregatorRegistry.all, "aggregator").make() }

    /// alpha of the chosen contractive compressor for `dimension` entries.
    func contraction(_ dimension: Int) -> Double { contractive.contraction(dimension) ?? 1 }

    private func part<Part>(_ parts: [MethodPart<Part>], _ name: String) -> MethodPart<Part> {
        let wanted = choice(name)
        guard let found = parts.first(where: { $0.descriptor.name == wanted }) else {
            preconditionFailure("no \(name) called \(wanted)")
        }
        return found
    }
}
