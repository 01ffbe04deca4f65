/// A single-node rule that can be named: its description and how to make it.
///
/// The constants are those of the one function the rule sees: `smoothness` is L.
public struct RulePlugin: Sendable {
    /// What it says about itself.
    public let descriptor: MethodDescriptor
    private let settings: [MethodSetting]
    private let build: @Sendable (MethodValues) -> any TensorRule

    init(
        _ name: String, _ summary: String, _ settings: [MethodSetting], references: [String],
        maturity: MethodDescriptor.Maturity = .established,
        build: @escaping @Sendable (MethodValues) -> any TensorRule
    ) {
        descriptor = MethodDescriptor(name: name, summary: summary, settings, references, maturity)
        self.settings = settings
        self.build = build
    }

    /// The rule with what is given, then fixed defaults, then the theory.
    ///
    /// Throws for unknown names and values outside their range.
    public func rule(_ given: [String: Double] = [:], for constants: ProblemConstants) throws(SettingError)
        -> any TensorRule
    {
        build(try MethodValues(given, of: settings, method: descriptor.name, for: constants))
    }
}

/// All rules that need no ball a tensor; Scion and Gluon are made by hand, with a ball and a radius for every tensor.
public enum RuleRegistry {
    private static let momentum = MethodSetting.real(
        "momentum", "Fraction of the old average kept.", 0.9, 0...1)
    private static let rate = MethodSetting.real("learning_rate", "Step size.", "1/L") { 1 / $0.smoothness }
    private static func rate(_ value: Double) -> MethodSetting {
        .real("learning_rate", "Step size; no theory knows it.", value)
    }
    private static let scale = MethodSetting.real("scale", "c: the step can not exceed it.", 0.5)

    /// In the order of the documentation.
    public static let all: [RulePlugin] = [
        RulePlugin("sgd", "Gradient descent.", [rate], references: ["Cauchy, 1847"]) {
            SGDRule(learningRate: $0["learning_rate"])
        },
        RulePlugin(
            "heavy-ball", "Gradient descent with inertia.",
            [
                momentum,
                .derived("learning_rate", "Step size.", "(1 - momentum)/L") {
                    (1 - $1["momentum"]) / $0.smoothness
                },
            ],
            references: ["Polyak, 1964"]
        ) { HeavyBallRule(learningRate: $0["learning_rate"], momentum: $0["momentum"]) },
        RulePlugin(
            "nesterov", "SGD with Nesterov's look-ahead.",
            [
                momentum,
                .derived("learning_rate", "Step size.", "(1 - momentum)/L") {
                    (1 - $1["momentum"]) / $0.smoothness
                },
            ],
            references: ["Nesterov, 1983"]
        ) { SGDRule(learningRate: $0["learning_rate"], momentum: $0["momentum"], nesterov: true) },
        RulePlugin(
            "normalized-sgd", "Steps of one length along the average.", [rate(0.02), momentum],
            references: ["2002.03305"]
        ) {
            NormalizedSGDRule(learningRate: $0["learning_rate"], momentum: $0["momentum"])
        },
        RulePlugin("sign-sgd", "Signs of the gradient.", [rate(0.005)], references: ["1802.04434"]) {
            SignRule(learningRate: $0["learning_rate"])
        },
        RulePlugin(
            "signum", "Signs of the averaged gradient.", [rate(0.005), momentum], references: ["1802.04434"]
        ) {
            SignRule(learningRate: $0["learning_rate"], momentum: $0["momentum"])
        },
        RulePlugin(
            "lion", "Signs of a fresh average beside a slow one.", [rate(0.005)], references: ["2302.06675"]
        ) {
            LionRule(learningRate: $0["learning_rate"])
        },
        RulePlugin(
            "adam", "Averages over root mean squares.", [rate(0.01), momentum], references: ["1412.6980"]
        ) {
            AdamRule(learningRate: $0["learning_rate"], momentum: $0["momentum"])
        },
        RulePlugin(
            "adamw", "Adam with decoupled decay.", [rate(0.01), .real("weight_decay", "Decay.", 0.01)],
            references: ["1711.05101"]
        ) {
            AdamRule(learningRate: $0["learning_rate"], weightDecay: $0["weight_decay"], decoupled: true)
        },
        RulePlugin(
            "rmsprop", "Gradients over root mean squares.", [rate(0.005)], references: ["Hinton, 2012"]
        ) {
            RMSpropRule(learningRate: $0["learning_rate"])
        },
        RulePlugin("ngn", "A step bounded by the loss.", [scale], references: ["2407.04358"]) {
            NGNRule(scale: $0["scale"])
        },
        RulePlugin("ngn-m", "NGN with inertia.", [scale, momentum], references: ["2508.15071"]) {
            NGNRule(scale: $0["scale"], momentum: $0["momentum"])
        },
        RulePlugin("ngn-d", "NGN a coordinate.", [scale], references: ["2508.15071"]) {
            NGNRule(scale: $0["scale"], variant: .diagonal)
        },
        RulePlugin(
            "ngn-mdv1", "NGN-M in Adam's metric.", [.real("scale", "c.", 0.05), momentum],
            references: ["2508.15071"]
        ) {
            NGNRule(scale: $0["scale"], variant: .preconditioned, momentum: $0["momentum"])
        },
        RulePlugin(
            "ngn-mdv2", "NGN-D with inertia in Adam's metric.", [.real("scale", "c.", 0.05), momentum],
            references: ["2508.15071"], maturity: .experimental
        ) { NGNRule(scale: $0["scale"], variant: .preconditionedDiagonal, momentum: $0["momentum"]) },
        RulePlugin(
            "polyak", "The Polyak step of a batch, bounded.", [.real("largest_step", "Bound.", 1)],
            references: ["2002.10542"], maturity: .experimental
        ) { PolyakStepRule(largestStep: $0["largest_step"], scale: 1) },
        RulePlugin(
            "warm-up", "A step that grows as the loss falls.",
            [
                .real("base", "H0.", "L/10: then the last step is 1/L") { $0.smoothness / 10 },
                .real("slope", "H1; fit it.", 0.1),
            ], references: ["2510.03164"], maturity: .experimental
        ) { WarmUpRule(base: $0["base"], slope: $0["slope"]) },
        RulePlugin(
            "muon", "Orthogonalised averages of matrices.",
            [
                rate(0.01), .real("momentum", "Fraction of the old average kept.", 0.95, 0...1),
                .count("newton_schulz_steps", "Steps of the oracle.", 5),
            ],
            references: ["Jordan et al., 2024", "2510.19933"]
        ) {
            MuonRule(
                learningRate: $0["learning_rate"], momentum: $0["momentum"],
                oracle: .newtonSchulz(steps: $0.count("newton_schulz_steps"), coefficients: .muon))
        },
        RulePlugin(
            "spectral-descent", "Steepest descent in the spectral norm.", [rate(0.05)],
            references: ["2603.05002"], maturity: .experimental
        ) {
            SteepestDescentRule(learningRate: $0["learning_rate"], ball: .spectral)
        },
        RulePlugin(
            "sign-descent", "Steepest descent in the largest entry.", [rate(0.02)],
            references: ["2603.05002"], maturity: .experimental
        ) {
            SteepestDescentRule(learningRate: $0["learning_rate"], ball: .sign)
        },
        RulePlugin(
            "block-descent", "Only the tensor of the longest gradient moves.", [rate],
            references: ["2603.05002"], maturity: .experimental
        ) {
            SteepestDescentRule(learningRate: $0["learning_rate"], ball: .euclid, onlyLargest: true)
        },
    ]
}
