/// SGD with the buffer of PyTorch.
///
///     d = g + wd x;   b = d on the first step, then mu b + (1 - damp) d;   x -= lr (d + mu b) if Nesterov, else lr b
///
/// Theory: `lr = 1/L` on full batches, stable below `2 (1 + mu)/L`. Defaults 0.1 and 0.9 are common, not of theory.
/// Source: B. Polyak, 1964; Y. Nesterov, 1983.
public struct SGDRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// mu.
    public var momentum: Double
    /// damp.
    public var dampening: Double
    /// wd, added to the gradient.
    public var weightDecay: Double
    /// Nesterov's form.
    public var isNesterov: Bool
    private var buffer = TensorMemory()

    /// The rule.
    public init(
        learningRate: Double, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0,
        nesterov: Bool = false
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.dampening = dampening
        self.weightDecay = weightDecay
        isNesterov = nesterov
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let decayed = zip(parameters, gradient).map { $1 + weightDecay * $0 }
        var direction = decayed
        if momentum != 0 {
            let b = buffer.blend(decayed, keep: momentum, weight: 1 - dampening, startsAtFirst: true)
            direction = isNesterov ? zip(decayed, b).map { $0 + momentum * $1 } : b
        }
        for i in parameters.indices { parameters[i] = parameters[i] - learningRate * direction[i] }
    }
}

/// Heavy ball: `x+ = x - lr g + beta (x - x_prev)`, x_prev = x0 first. SGD with dampening 0 at a constant rate.
///
/// Source: B. Polyak, 1964.
public struct HeavyBallRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// beta.
    public var momentum: Double
    private var previous = TensorMemory()

    /// The rule.
    public init(learningRate: Double, momentum: Double) {
        self.learningRate = learningRate
        self.momentum = momentum
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let last = previous.exchange(parameters)
        for i in parameters.indices {
            let x = parameters[i]
            parameters[i] = x - learningRate * gradient[i] + momentum * (x - last[i])
        }
    }
}

/// Normalised SGD: `m = beta m + (1 - beta) g`, `x -= lr m/|m|`; every step has length lr. A zero m moves nothing.
///
/// One norm over all tensors, or one a tensor. The LMO method of the Euclidean ball.
/// Source: A. Cutkosky, H. Mehta, "Momentum improves normalized SGD", 2020, arXiv 2002.03305.
public struct NormalizedSGDRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// beta.
    public var momentum: Double
    /// Whether m starts at the first gradient instead of zero.
    public var startsAtGradient: Bool
    /// Whether every tensor has its own norm.
    public var isPerTensor: Bool
    private var average = TensorMemory()

    /// The rule.
    public init(
        learningRate: Double, momentum: Double = 0.9, startsAtGradient: Bool = false, perTensor: Bool = false
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.startsAtGradient = startsAtGradient
        isPerTensor = perTensor
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let m = average.blend(
            gradient, keep: momentum, weight: 1 - momentum, startsAtFirst: startsAtGradient)
        let whole = m.reduce(0) { $0 + $1.flat.squaredNorm }.squareRoot()
        for i in parameters.indices {
            let length = isPerTensor ? m[i].frobeniusNorm : whole
            if length > 0 { parameters[i] = parameters[i] - (learningRate / length) * m[i] }
        }
    }
}

/// GD with a step that grows as the loss falls: `eta = 1/(a H0 + b H1 (f - f*))`. That is a warm-up.
///
/// For `|grad^2 f| <= H0 + H1 (f - f*)`. a = 10, b = 20 are from memory, and some printed constants of the source have
/// counterexamples: fit H0, H1 (`LossWarmUp` in the laws). H1 = 0 is GD with `1/(a H0)`.
///
/// Source: "Why warm-up", 2025, arXiv 2510.03164.
public struct WarmUpRule: TensorRule {
    /// H0.
    public var base: Double
    /// H1.
    public var slope: Double
    /// f*.
    public var lowestLoss: Double
    /// a.
    public var baseFactor: Double
    /// b.
    public var slopeFactor: Double

    /// The rule; precondition: a positive `base`.
    public init(
        base: Double, slope: Double, lowestLoss: Double = 0, baseFactor: Double = 10, slopeFactor: Double = 20
    ) {
        precondition(base > 0 && slope >= 0, "smoothness constants are positive")
        self.base = base
        self.slope = slope
        self.lowestLoss = lowestLoss
        self.baseFactor = baseFactor
        self.slopeFactor = slopeFactor
    }

    /// eta at a loss.
    public func learningRate(loss: Double) -> Double {
        1 / (baseFactor * base + slopeFactor * slope * max(0, loss - lowestLoss))
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let rate = learningRate(loss: loss)
        for i in parameters.indices { parameters[i] = parameters[i] - rate * gradient[i] }
    }
}

/// SPS_max: `gamma = min(gamma_b, (f_S - l_S)/(c |g|^2))`, the Polyak step of a batch.
///
/// c = 1/2 is the choice for strongly convex functions, 1 in general; l_S is a lower bound of the batch loss, 0 for
/// usual losses. A zero gradient moves nothing. Source: N. Loizou et al., "Stochastic Polyak step-size for SGD", 2020,
/// arXiv 2002.10542.
public struct PolyakStepRule: TensorRule {
    /// gamma_b.
    public var largestStep: Double
    /// c.
    public var scale: Double
    /// l_S.
    public var lowestLoss: Double

    /// The rule.
    public init(largestStep: Double, scale: Double = 0.5, lowestLoss: Double = 0) {
        self.largestStep = largestStep
        self.scale = scale
        self.lowestLoss = lowestLoss
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let squared = gradient.reduce(0) { $0 + $1.flat.squaredNorm }
        guard squared > 0 else { return }
        let rate = min(largestStep, max(0, loss - lowestLoss) / (scale * squared))
        for i in parameters.indices { parameters[i] = parameters[i] - rate * gradient[i] }
    }
}
