/// signSGD and Signum: `m = beta m + (1 - beta) g` from zero, `x -= lr wd x + lr sign m`, sign 0 = 0.
///
/// Every coordinate moves by lr; positive factors of g do not matter. Source: J. Bernstein et al., 2018, arXiv 1802.04434.
public struct SignRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// beta; 0 is signSGD.
    public var momentum: Double
    /// wd, decoupled.
    public var weightDecay: Double
    private var average = TensorMemory()

    /// The rule.
    public init(learningRate: Double, momentum: Double = 0, weightDecay: Double = 0) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let m = average.blend(gradient, keep: momentum, weight: 1 - momentum)
        for i in parameters.indices {
            let x = parameters[i]
            parameters[i] = x - (learningRate * weightDecay) * x - learningRate * m[i].with(m[i].flat.signs)
        }
    }
}

/// Lion: `x -= lr (sign(b1 m + (1 - b1) g) + wd x)`, then `m = b2 m + (1 - b2) g`, from zero.
///
/// Two averages: the sign looks at the fresh one. Defaults 0.9, 0.99. Rates are 3 to 10 times smaller than Adam's.
/// Source: X. Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv 2302.06675.
public struct LionRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// b1.
    public var freshMomentum: Double
    /// b2.
    public var momentum: Double
    /// wd.
    public var weightDecay: Double
    private var average = TensorMemory()

    /// The rule.
    public init(
        learningRate: Double, freshMomentum: Double = 0.9, momentum: Double = 0.99, weightDecay: Double = 0
    ) {
        self.learningRate = learningRate
        self.freshMomentum = freshMomentum
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let old = average.tensors.isEmpty ? gradient.map { 0 * $0 } : average.tensors
        for i in parameters.indices {
            let u = freshMomentum * old[i] + (1 - freshMomentum) * gradient[i]
            let x = parameters[i]
            parameters[i] = x - learningRate * u.with(u.flat.signs) - (learningRate * weightDecay) * x
        }
        _ = average.blend(gradient, keep: momentum, weight: 1 - momentum)
    }
}
