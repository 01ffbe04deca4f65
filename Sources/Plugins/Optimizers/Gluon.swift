public import Engine
internal import Foundation

/// How long Gluon's steps are.
enum GluonLength: String, CaseIterable, Sendable {
    /// By the gradient's own size.
    case adaptive
    /// Falling with the steps, along an average that remembers longer and longer.
    case decaying
}

/// Gluon: every tensor steps by what its own smoothness allows.
///
/// Under `|grad f(x) - grad f(y)|_* <= (L0 + L1 |grad f|_*) |x - y|` on a tensor, with t the learning rate times the
/// tensor's radius and `saturation = L0/L1`:
///
/// | length | direction from | length of the step |
/// |---|---|---|
/// | adaptive | g | `t |g|_*/(saturation + |g|_*)`, `t = 1/L1` |
/// | decaying | `m = b m + (1 - b) g`, `b = 1 - (k+1)^(-1/2)`, m = g at first | `t (k+1)^(-3/4)` |
///
/// k counts from 0. A fixed length is `scion` with `initial_momentum: gradient`. Norms and radii follow the tensors' roles
/// as in `scion`.
///
/// Defaults: saturation 0, because fits to small transformers find L0 near 0; then all lengths are t. Radius 50 of output
/// and embedding over hidden follows the same fits (`1/L1` about 0.014 for blocks and 0.77 for embedding and head).
///
/// Reference: A. Riabinin, E. Shulgin, K. Gruntkowska, P. Richtarik, "Gluon", 2025, arXiv 2505.13416.
public struct Gluon<Scalar: EngineScalar>: Optimizer {
    private let length: GluonLength
    private let saturation: Double
    private var directions: BallDirections<Scalar>
    private var average: [Scalar] = []
    private var steps = 0

    init(
        tensors: [BallTensor], count: Int, length: GluonLength, saturation: Double,
        oracle: OrthogonalizationOracle, newtonSchulzSteps: Int
    ) {
        self.length = length
        self.saturation = saturation
        directions = BallDirections(tensors, count: count, oracle: oracle, steps: newtonSchulzSteps)
    }

    /// One step of the rule above.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        let mean = gradient.mean.values
        let rate = Double(context.learningRate)
        steps += 1
        let k = Double(steps)
        switch length {
        case .adaptive:
            directions.turn(mean)
            let lengths = zip(directions.tensors, directions.dualNorms).map { tensor, dual -> Double? in
                dual > 0 ? rate * tensor.radius * dual / (saturation + dual) : 0
            }
            directions.move(&parameters.values, lengths: lengths)
        case .decaying:
            let take = 1 / k.squareRoot()
            if average.isEmpty { average = mean }
            withPointers(&average, mean) { m, g in
                Kernels.average(
                    m, gradient: g, count: mean.count, keep: Scalar(1 - take), take: Scalar(take))
            }
            directions.turn(average)
            let shorter = pow(k, -0.75)
            directions.move(
                &parameters.values, lengths: directions.tensors.map { rate * $0.radius * shorter })
        }
    }

    /// The average and the number of steps.
    public var state: [String: [Scalar]] {
        get { ["momentum": average, "steps": [Scalar(steps)]] }
        set {
            average = newValue["momentum"] ?? []
            steps = newValue["steps"]?.first.map { Int($0) } ?? steps
        }
    }
}

/// `gluon` in sweep files.
public struct GluonPlugin: OptimizerPlugin {
    /// Makes the plugin.
    public init() {}

    /// Mean gradients suffice.
    public var needsPerExampleGradients: Bool { false }

    /// Its settings, defaults and sources.
    public let descriptor = OptimizerDescriptor(
        name: "gluon",
        summary: "Each tensor steps in its own norm by what its own smoothness allows.",
        hyperparameters: [
            .learningRate(0.014, "1/L1 of hidden matrices: the longest step, in units of the radii."),
            .choice(
                "length", GluonLength.adaptive, "Steps by the gradient's size, or falling with the steps."),
            .init(
                name: "saturation", summary: "L0/L1: gradients shorter than this step proportionally.",
                kind: .real(min: 0, max: 1e6), defaultValue: .real(0), scale: .log, unit: "gradient"),
            .factor("radius_hidden", 1, 1e-6...1e6, "Radius of hidden matrices and convolutions."),
            .factor("radius_input", 1, 1e-6...1e6, "Radius of the first layer's ball."),
            .factor("radius_output", 50, 1e-6...1e6, "Radius of the last layer's ball."),
            .factor("radius_embedding", 50, 1e-6...1e6, "Radius of lookup tables."),
            .factor("radius_bias", 1, 1e-6...1e6, "Radius of vectors."),
            .init(
                name: "newton_schulz_steps", summary: "Steps of the approximate orthogonalisation.",
                kind: .integer(min: 1, max: 12), defaultValue: .integer(5)),
            .choice("oracle", OrthogonalizationOracle.newtonSchulz, "exact is slow and for comparisons."),
        ],
        geometry: .spectral,
        references: [
            .init(
                "A. Riabinin, E. Shulgin, K. Gruntkowska, P. Richtarik, Gluon, 2025",
                locator: "arXiv:2505.13416")
        ],
        rule: "x = x - learning_rate radius |g|_* / (saturation + |g|_*) direction(g)      on every tensor",
        maturity: .experimental)

    /// Makes the optimizer. Throws on a setting that is unknown or out of range.
    public func makeOptimizer<Scalar: EngineScalar>(
        _ scalar: Scalar.Type, layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]
    ) throws -> any Optimizer<Scalar> {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let tensors = try layout.slots.map { slot in
            let ball = try RoleBall(slot, settings)
            return BallTensor(slot, norm: ball.norm, radius: ball.radius)
        }
        return Gluon<Scalar>(
            tensors: tensors, count: layout.count, length: try settings.choice("length"),
            saturation: try settings.real("saturation"), oracle: try settings.choice("oracle"),
            newtonSchulzSteps: try settings.integer("newton_schulz_steps"))
    }
}
