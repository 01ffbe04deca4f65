public import Engine

/// How a method steps, as far as theory needs to know.
public struct StepRule: Sendable {
    /// The norm its steps are short in.
    public var norm: StepNorm
    /// Whether a step has the length of the learning rate; else it is proportional to the gradient.
    public var isNormalized: Bool
    /// beta: fraction of the old momentum kept.
    public var momentum: Double
    /// Whether the buffer sums gradients (the step grows as 1/(1 - momentum)) or averages them.
    public var sums: Bool
    /// Whether it looks ahead along the momentum.
    public var isNesterov: Bool

    /// A rule.
    public init(
        norm: StepNorm, isNormalized: Bool = true, momentum: Double, sums: Bool = false,
        isNesterov: Bool = false
    ) {
        self.norm = norm
        self.isNormalized = isNormalized
        self.momentum = momentum
        self.sums = sums
        self.isNesterov = isNesterov
    }
}

/// A plugin whose steps have a known geometry: probes can predict its learning rate.
public protocol ProbedOptimizer: OptimizerPlugin {
    /// How it steps on a model.
    ///
    /// - Parameters:
    ///   - layout: the model's tensors.
    ///   - hyperparameters: values by name; absent ones take the descriptor's default.
    /// - Returns: norm and momentum.
    /// - Throws: when a hyperparameter is unknown or out of range.
    func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
}

extension SGDPlugin: ProbedOptimizer {
    /// Proportional to the gradient, in the Euclidean norm.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let dampening = try settings.real("dampening")
        let momentum = try settings.real("momentum")
        return StepRule(
            norm: .euclidean(layout), isNormalized: false, momentum: momentum,
            sums: dampening < momentum, isNesterov: try settings.flag("nesterov"))
    }
}

extension NormalizedSGDPlugin: ProbedOptimizer {
    /// The Euclidean ball.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return StepRule(norm: .euclidean(layout), momentum: try settings.real("momentum"))
    }
}

extension SignSGDPlugin: ProbedOptimizer {
    /// The cube.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return StepRule(norm: .sign(layout), momentum: try settings.real("momentum"))
    }
}

extension AdamWPlugin: ProbedOptimizer {
    /// The cube: its steps are nearly signs where the gradient is steady, and shorter where it is noise.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        return StepRule(norm: .sign(layout), momentum: try settings.real("momentum"))
    }
}

extension MuonPlugin: ProbedOptimizer {
    /// Spectral balls on hidden matrices; cubes of the auxiliary rate's ratio on the rest.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let scale: MuonScale = try settings.choice("scale")
        let ratio = try settings.real("auxiliary_learning_rate_ratio")
        let blocks = layout.slots.map { slot in
            let isHidden = Muon<Double>.isHiddenMatrix(slot)
            guard let (rows, columns) = slot.matrix, isHidden else {
                return StepNorm.Block(
                    range: slot.range, rows: slot.count, columns: 1, norm: .sign, radius: ratio)
            }
            return StepNorm.Block(
                range: slot.range, rows: rows, columns: columns, norm: .spectral,
                radius: scale.factor(rows: rows, columns: columns))
        }
        return StepRule(
            norm: StepNorm(blocks: blocks), momentum: try settings.real("momentum"),
            isNesterov: try settings.flag("nesterov"))
    }
}

extension ScionPlugin: ProbedOptimizer {
    /// The ball of every tensor's role.
    public func stepRule(for layout: ParameterLayout, hyperparameters: [String: HyperparameterValue]) throws
        -> StepRule
    {
        let settings = try OptimizerSettings(descriptor, hyperparameters)
        let blocks = try layout.slots.map { slot in
            let ball = try RoleBall(slot, settings)
            let rows = max(slot.shape.first ?? 1, 1)
            return StepNorm.Block(
                range: slot.range, rows: rows, columns: slot.count / rows, norm: ball.norm,
                radius: ball.radius)
        }
        return StepRule(norm: StepNorm(blocks: blocks), momentum: try settings.real("momentum"))
    }
}
