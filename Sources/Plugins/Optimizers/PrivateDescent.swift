public import Engine

/// A plain update rule behind clipped and noisy example gradients: DP-SGD, DP-SignSGD, DP-Adam, DP-QC-SGD, and
/// clipped SGD without noise.
///
///     g~ = 1/B (sum_i min(1, C/|g_i|) g_i + z C N(0, I))          see `PrivateMean`
///     x = rule(x, g~)
///
/// It reports `epsilon`, what the run has spent at `delta` (see `PrivacyAccount` for what the figure assumes), so that
/// loss against epsilon is a Pareto front: `objectives: [validation_loss, epsilon]`.
///
/// What theory says: the best learning rate of DP-SGD is proportional to epsilon; those of the sign rule and of Adam
/// hardly depend on it.
///
/// References: M. Abadi et al., 2016, arXiv 1607.00133; differential privacy through SDEs, 2026, arXiv 2603.03226.
public struct PrivateDescent<Scalar: EngineScalar>: Optimizer {
    /// What moves the parameters.
    enum Rule: Sendable {
        case gradient(SGD<Scalar>)
        case sign(SignSGD<Scalar>)
        case adam(AdamRule<Scalar>)
    }

    private var front: PrivateMean<Scalar>
    private var rule: Rule

    init(front: PrivateMean<Scalar>, rule: Rule) {
        self.front = front
        self.rule = rule
    }

    /// One step of the rule above. Traps without per-example gradients, which the plugins ask for.
    public mutating func step(
        _ parameters: inout ParameterVector<Scalar>, gradient: MinibatchGradient<Scalar>,
        context: StepContext<Scalar>
    ) {
        guard let rows = gradient.perExample else {
            preconditionFailure("private methods need per-example gradients: ask `needsPerExampleGradients`")
        }
        let mean = front.mean(rows, context: context)
        switch rule {
        case .gradient(var rule):
            rule.step(&parameters, mean: mean, rate: context.learningRate)
            self.rule = .gradient(rule)
        case .sign(var rule):
            rule.step(&parameters, mean: mean, rate: context.learningRate)
            self.rule = .sign(rule)
        case .adam(var rule):
            rule.step(&parameters.values, gradient: mean, rate: context.learningRate)
            self.rule = .adam(rule)
        }
    }

    /// The rule's buffers, the threshold and the account.
    public var state: [String: [Scalar]] {
        get {
            let own: [String: [Scalar]] =
                switch rule {
                case .gradient(let rule): rule.state
                case .sign(let rule): rule.state
                case .adam(let rule): rule.state
                }
            return own.merging(front.state) { _, new in new }
        }
        set {
            front.state = newValue
            switch rule {
            case .gradient(var rule):
                rule.state = newValue
                self.rule = .gradient(rule)
            case .sign(var rule):
                rule.state = newValue
                self.rule = .sign(rule)
            case .adam(var rule):
                rule.state = newValue
                self.rule = .adam(rule)
            }
        }
    }

    /// The privacy spent, and the clipping norm.
    public var metrics: [String: Double] {
        var found = ["clipping_norm": front.threshold.value]
        found["epsilon"] = front.account.epsilon
        return found
    }
}
