public import Engine

/// `scion` in sweep files.
///
/// | role | norm | default radius |
/// |---|---|---|
/// | input | `spectral_max` | 1 |
/// | hidden, convolution | `spectral_rms` | 1 |
/// | output | `sign_in` | 10 |
/// | embedding | `sign_in` | 10 |
/// | bias, scale, any other vector | `bias_rms` | 1 |
///
/// Embeddings take the output's norm because small models tie the two. Unconstrained by default: then only
/// `learning_rate * radius` matters, and one learning rate tunes all tensors. At the default rate 0.02 a hidden
/// matrix changes by 2 % in root-mean-square operator norm a step, and an entry of a 128-wide output by 1.6e-3, about
/// Adam's. The authors' language-model setting (rate 2^-12 with radii 50 and 3000) keeps nearly the same products.
/// Momentum 0.9 is their alpha of 0.1.
public struct ScionPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "scion",
        summary: "Averaged momentum with a step to the edge of a norm ball chosen by each tensor's role.",
        hyperparameters: [
            .learningRate(0.02, "Step in units of the radii."),
            .momentum(0.9, "Fraction of the averaging buffer kept: one minus the alpha of the papers."),
            .factor("radius_input", 1, 1e-6...1e6, "Radius of the first layer's ball."),
            .factor("radius_hidden", 1, 1e-6...1e6, "Radius of hidden matrices and convolutions."),
            .factor("radius_output", 10, 1e-6...1e6, "Radius of the last layer's ball."),
            .factor("radius_embedding", 10, 1e-6...1e6, "Radius of lookup tables."),
            .factor("radius_bias", 1, 1e-6...1e6, "Radius of vectors."),
            .flag("constrained", false, "Keep every tensor inside its ball (conditional gradients)."),
            .choice("initial_momentum", MomentumStart.zero, "What the average starts from."),
            .init(
                name: "newton_schulz_steps", summary: "Steps of the approximate orthogonalisation.",
                kind: .integer(min: 1, max: 12), defaultValue: .integer(5)),
            .choice(
                "coefficients", NewtonSchulzCoefficients.muon,
                "Polynomial of a step: muon is fast and inexact, cubic and taylor converge."),
            .choice("oracle", OrthogonalizationOracle.newtonSchulz, "exact is slow and for comparisons."),
        ],
        geometry: .spectral,
        references: [
            .init(
                "T. Pethick, W. Xie, K. Antonakopoulos, Z. Zhu, A. Silveti-Falls, V. Cevher, Training deep learning "
                    + "models with norm-constrained LMOs, 2025", locator: "arXiv:2502.07529"),
            .init(
                "R. Islamov, R. Machacek, A. Lucchi, A. Silveti-Falls, E. Gorbunov, V. Cevher, 2026",
                locator: "arXiv:2603.21191"),
        ])

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let balls = try layout.slots.map { slot in
            let ball = try RoleBall(slot, settings)
            return Scion<Scalar>.Ball(norm: ball.norm, radius: ball.radius)
        }
        return Scion<Scalar>(
            layout: layout, balls: balls, momentum: try settings.real("momentum"),
            constrained: try settings.flag("constrained"), start: try settings.choice("initial_momentum"),
            oracle: try settings.choice("oracle"), steps: try settings.integer("newton_schulz_steps"),
            coefficients: try settings.choice("coefficients"))
    }
}
