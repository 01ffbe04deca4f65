public import Engine

/// SGD on per-example gradients clipped to a quantile of the batch's norms (QC-SGD).
///
///     g = 1/B sum_i min(1, tau / |g_i|) g_i,   tau = the clipping_quantile of |g_1| ... |g_B|
///     x = x - learning_rate (g with SGD's momentum and weight decay)
///     1 - clipping_quantile falls as (k + 1)^-clipped_fraction_decay over steps k
///
/// A fixed quantile leaves a floor the learning rate cannot remove; a decay of 1/2 and more removes it.
///
/// See `QuantileClipping` for which quantile that is and its bias. A step has at most the length
/// `learning_rate * tau`: heavy-tailed noise cannot throw it far, and no threshold in gradient units is to be tuned.
///
/// Defaults: quantile 0.9 clips one example in ten; momentum 0 because the analysis has none; learning rate as SGD.
///
/// Reference: E. Shulgin, P. Richtarik, "On the convergence of DP-SGD with adaptive clipping", 2024, arXiv
/// 2412.19916. Ours differs in the batch: the analysis takes the quantile of the true distribution.
public struct QuantileClippedSGD<Scalar: EngineScalar>: Optimizer {
    private var clipping: QuantileClipping<Scalar>
    private var rule: SGD<Scalar>

    init(clipping: QuantileClipping<Scalar>, rule: SGD<Scalar>) {
        self.clipping = clipping
        self.rule = rule
    }

    /// One step of the rule above. Traps without per-example gradients, which the plugin asks for.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        guard let rows = gradient.perExample else {
            preconditionFailure("qc-sgd needs per-example gradients: ask `needsPerExampleGradients`")
        }
        rule.step(
            &parameters, mean: clipping.clippedMean(rows, step: context.step), rate: context.learningRate)
    }

    /// The momentum buffer; empty before the first step.
    public var state: [String: [Scalar]] {
        get { rule.state }
        set { rule.state = newValue }
    }
}

/// `qc-sgd` in sweep files.
public struct QuantileClippedSGDPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Every example's norm decides its own clipping.
    public var needsPerExampleGradients: Bool { true }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "qc-sgd",
        summary: "SGD with every example's gradient clipped to a quantile of the batch's gradient norms.",
        hyperparameters: [
            .learningRate(0.1, "Step per clipped mean gradient."),
            .momentum(0, "Fraction of the summing buffer kept, as in sgd."),
            .init(
                name: "clipping_quantile", summary: "Fraction of the batch that is not clipped.",
                kind: .real(min: 0, max: 1), defaultValue: .real(0.9), scale: .complementLog),
            .init(
                name: "clipped_fraction_decay",
                summary: "a: the clipped fraction falls as (k + 1)^-a over steps k; 0 keeps it.",
                kind: .real(min: 0, max: 4), defaultValue: .real(0)),
            .weightDecay(0, "Added to the clipped gradient as weight_decay x."),
        ],
        geometry: .gradient,
        references: [
            .init(
                "E. Shulgin, P. Richtarik, On the convergence of DP-SGD with adaptive clipping, 2024",
                locator: "arXiv:2412.19916")
        ],
        maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return QuantileClippedSGD<Scalar>(
            clipping: QuantileClipping(
                quantile: try settings.real("clipping_quantile"),
                decay: try settings.real("clipped_fraction_decay"), count: layout.count),
            rule: SGD(
                momentum: try settings.real("momentum"), weightDecay: try settings.real("weight_decay")))
    }
}
