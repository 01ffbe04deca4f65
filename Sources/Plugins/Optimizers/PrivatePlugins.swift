public import Engine
internal import ScalingLaws

/// `clipped-sgd`, `dp-sgd`, `dp-sign-sgd`, `dp-adam` and `dp-qc-sgd` in sweep files.
///
/// Defaults: clipping norm 1 and noise multiplier 1 are where private training usually starts; delta 1e-5 is the usual
/// figure, below one over the number of examples. `dp-qc-sgd` follows the median with the published rate 0.2 and count
/// noise of a twentieth of the batch.
public struct PrivateOptimizerPlugin: OptimizerPlugin {
    enum Kind: CaseIterable, Sendable { case clipped, gradient, sign, adam, quantile }

    private let kind: Kind
    /// Its settings, defaults and sources.
    public let descriptor: OptimizerDescriptor

    /// Every example's norm decides its own clipping.
    public var needsPerExampleGradients: Bool { true }

    init(_ kind: Kind) {
        self.kind = kind
        descriptor = Self.describe(kind)
    }

    /// All five.
    static let all: [any OptimizerPlugin] = Kind.allCases.map { PrivateOptimizerPlugin($0) }

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let bound = try settings.real("clipping_norm")
        var threshold = PrivateMean<Scalar>.Threshold.fixed(bound)
        if kind == .quantile {
            threshold = .tracked(
                GeometricTracker(
                    threshold: bound, quantile: try settings.real("clipping_quantile"),
                    rate: try settings.real("threshold_rate")),
                countNoise: try settings.real("count_noise"))
        }
        let front = PrivateMean<Scalar>(
            threshold: threshold,
            noiseMultiplier: kind == .clipped ? 0 : try settings.real("noise_multiplier"),
            delta: kind == .clipped ? 0.5 : try settings.real("delta"), count: layout.count)
        let momentum = try settings.real("momentum")
        let decay = try settings.real("weight_decay")
        switch kind {
        case .clipped, .gradient, .quantile:
            return PrivateDescent(
                front: front, rule: .gradient(SGD(momentum: momentum, weightDecay: decay, decoupled: true)))
        case .sign:
            return PrivateDescent(
                front: front,
                rule: .sign(SignSGD(count: layout.count, momentum: momentum, weightDecay: decay)))
        case .adam:
            return PrivateDescent(
                front: front,
                rule: .adam(
                    AdamRule(
                        count: layout.count, beta1: momentum, beta2: try settings.real("beta2"),
                        epsilon: try settings.real("epsilon"), weightDecay: decay, decoupled: true)))
        }
    }

    private static func describe(_ kind: Kind) -> OptimizerDescriptor {
        let (name, summary): (String, String) =
            switch kind {
            case .clipped: ("clipped-sgd", "SGD with every example's gradient clipped to a length.")
            case .gradient:
                ("dp-sgd", "SGD on clipped and noisy example gradients; reports the privacy spent.")
            case .sign:
                ("dp-sign-sgd", "Signs of clipped and noisy example gradients; reports the privacy spent.")
            case .adam:
                ("dp-adam", "AdamW on clipped and noisy example gradients; reports the privacy spent.")
            case .quantile:
                ("dp-qc-sgd", "DP-SGD whose clipping norm privately follows a quantile of the norms.")
            }
        let rate: HyperparameterDescriptor =
            switch kind {
            case .sign, .adam: .learningRate(1e-3, "About how far every coordinate moves in a step.")
            default: .learningRate(0.1, "Step per clipped mean gradient.")
            }
        var settings = [
            rate,
            .momentum(
                kind == .adam ? 0.9 : 0, "Fraction of the rule's buffer kept, as in the rule without privacy."
            ),
            .factor(
                "clipping_norm", 1, 1e-6...1e6,
                kind == .quantile ? "Where the clipping norm starts." : "Longest gradient of an example."),
        ]
        if kind != .clipped { settings += privacy }
        if kind == .quantile { settings += tracking }
        if kind == .adam { settings += [.beta2(0.999), .epsilon(1e-8)] }
        settings.append(.weightDecay(0, "Decoupled: the parameters shrink by learning_rate * weight_decay."))
        var references = [
            LiteratureReference(
                "M. Abadi et al., Deep learning with differential privacy, 2016", locator: "arXiv:1607.00133")
        ]
        if kind == .sign || kind == .adam || kind == .gradient {
            references.append(.init("Differential privacy through SDEs, 2026", locator: "arXiv:2603.03226"))
        }
        if kind == .quantile {
            references += [
                .init(
                    "G. Andrew, O. Thakkar, B. McMahan, S. Ramaswamy, Differentially private learning with adaptive "
                        + "clipping, 2021", locator: "arXiv:1905.03871"),
                .init(
                    "E. Shulgin, P. Richtarik, On the convergence of DP-SGD with adaptive clipping, 2024",
                    locator: "arXiv:2412.19916"),
            ]
        }
        let front = "g = 1/B (sum_i min(1, C/|g_i|) g_i + noise_multiplier C N(0, I)),   C = clipping_norm\n"
        let step =
            switch kind {
            case .clipped: "g = 1/B sum_i min(1, C/|g_i|) g_i,   C = clipping_norm\nx = x - learning_rate g"
            case .gradient: front + "x = x - learning_rate g"
            case .sign: front + "x = x - learning_rate sign(momentum m + (1 - momentum) g)"
            case .adam: front + "x = x - learning_rate m / (sqrt(v) + epsilon),   m, v as in adamw"
            case .quantile:
                front
                    + "C = C exp(-threshold_rate (b - clipping_quantile)),   b = noisy fraction of |g_i| <= C\n"
                    + "x = x - learning_rate g"
            }
        return OptimizerDescriptor(
            name: name, summary: summary, hyperparameters: settings,
            geometry: kind == .sign || kind == .adam ? .sign : .gradient, references: references, rule: step,
            metrics: kind == .clipped ? ["clipping_norm"] : ["epsilon", "clipping_norm"],
            maturity: kind == .clipped || kind == .gradient ? .established : .experimental)
    }

    private static let privacy: [HyperparameterDescriptor] = [
        .init(
            name: "noise_multiplier",
            summary: "Deviation of the noise over the clipping norm; 0 is not private.",
            kind: .real(min: 0, max: 1e4), defaultValue: .real(1), scale: .log),
        .init(
            name: "delta", summary: "Probability the guarantee may fail with; below one over the examples.",
            kind: .real(min: 1e-30, max: 0.5), defaultValue: .real(1e-5), scale: .log),
    ]

    private static let tracking: [HyperparameterDescriptor] = [
        .init(
            name: "clipping_quantile", summary: "Fraction of the examples that is not clipped.",
            kind: .real(min: 0, max: 1), defaultValue: .real(0.5), scale: .complementLog),
        .init(
            name: "threshold_rate", summary: "How fast the clipping norm follows the quantile; 0 keeps it.",
            kind: .real(min: 0, max: 2), defaultValue: .real(0.2)),
        .factor("count_noise", 0.05, 1e-4...10, "Deviation of the count's noise, in batches."),
    ]
}
