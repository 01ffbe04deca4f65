public import Engine

/// `muon` in sweep files.
public struct MuonPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "muon",
        summary: "Orthogonalised momentum on hidden matrices, AdamW on all other tensors.",
        hyperparameters: [
            .learningRate(0.02, "Spectral length of a step of a hidden matrix (before `scale`)."),
            .momentum(0.95, "Fraction of the averaging buffer of hidden matrices kept."),
            .weightDecay(0, "Decoupled: parameters shrink by their learning rate times weight_decay."),
            .init(
                name: "newton_schulz_steps", summary: "Steps of the approximate orthogonalisation.",
                kind: .integer(min: 1, max: 12), defaultValue: .integer(5)),
            .choice(
                "coefficients", NewtonSchulzCoefficients.muon,
                "Polynomial of a step: muon is fast and inexact, cubic and taylor converge."),
            .choice("oracle", OrthogonalizationOracle.newtonSchulz, "exact is slow and for comparisons."),
            .flag("nesterov", true, "Look ahead along the buffer."),
            .choice("scale", MuonScale.max1, "Length of a step by the shape of the matrix."),
            .factor(
                "auxiliary_learning_rate_ratio", 0.1, 1e-6...1e6,
                "Learning rate of AdamW on the other tensors over that of the hidden matrices."),
            .init(
                name: "auxiliary_momentum", summary: "beta1 of AdamW on the other tensors.",
                kind: .real(min: 0, max: 0.999_999), defaultValue: .real(0.9), scale: .complementLog),
            .beta2(0.95),
            .epsilon(1e-8),
        ],
        geometry: .spectral,
        references: [
            .init(
                "K. Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024",
                locator: "https://kellerjordan.github.io/posts/muon/"),
            .init("J. Liu et al., Muon is scalable for LLM training, 2025", locator: "arXiv:2502.16982"),
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let weightDecay = try settings.real("weight_decay")
        let auxiliary = AdamRule<Scalar>(
            count: layout.count, beta1: try settings.real("auxiliary_momentum"),
            beta2: try settings.real("beta2"), epsilon: try settings.real("epsilon"),
            weightDecay: weightDecay,
            decoupled: true)
        return Muon<Scalar>(
            layout: layout, momentum: try settings.real("momentum"), nesterov: try settings.flag("nesterov"),
            weightDecay: weightDecay, scale: try settings.choice("scale"),
            oracle: try settings.choice("oracle"), steps: try settings.integer("newton_schulz_steps"),
            coefficients: try settings.choice("coefficients"),
            auxiliary: .adam(
                auxiliary, rateRatio: Scalar(try settings.real("auxiliary_learning_rate_ratio"))))
    }
}
