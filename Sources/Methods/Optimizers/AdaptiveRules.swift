import Foundation

/// Adam and AdamW.
///
///     m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,   x -= lr (m/(1 - b1^t))/(sqrt(v/(1 - b2^t)) + eps)
///
/// Decay is added to the gradient (Adam) or applied first, `x -= lr wd x` (AdamW). The first step moves a coordinate by
/// `lr |g|/(|g| + eps)`; b1 = b2 = 0 with eps to 0 is signSGD. Source: D. Kingma, J. Ba, 2014, arXiv 1412.6980; I. Loshchilov,
/// F. Hutter, 2017, arXiv 1711.05101.
public struct AdamRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// b1.
    public var momentum: Double
    /// b2.
    public var squareMomentum: Double
    /// eps.
    public var epsilon: Double
    /// wd.
    public var weightDecay: Double
    /// AdamW's decay.
    public var isDecoupled: Bool
    private var first = TensorMemory()
    private var second = TensorMemory()
    private var steps = 0

    /// The rule.
    public init(
        learningRate: Double, momentum: Double = 0.9, squareMomentum: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0, decoupled: Bool = false
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.squareMomentum = squareMomentum
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        isDecoupled = decoupled
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        steps += 1
        let g = isDecoupled ? gradient : zip(parameters, gradient).map { $1 + weightDecay * $0 }
        let m = first.blend(g, keep: momentum, weight: 1 - momentum)
        let v = second.blend(g.map { $0.map { $0 * $0 } }, keep: squareMomentum, weight: 1 - squareMomentum)
        let c1 = 1 - pow(momentum, Double(steps))
        let c2 = 1 - pow(squareMomentum, Double(steps))
        for i in parameters.indices {
            let x = isDecoupled ? (1 - learningRate * weightDecay) * parameters[i] : parameters[i]
            let update = m[i].flat.zip(v[i].flat) { ($0 / c1) / (($1 / c2).squareRoot() + epsilon) }
            parameters[i] = x - learningRate * x.with(update)
        }
    }
}

/// RMSprop and RMSpropW: `v = a v + (1 - a) g^2`, `u = g/(sqrt v + eps)`, optionally `b = mu b + u`; `x -= lr u`.
///
/// Papers on its SDE put eps inside the root, `g/sqrt(v + eps)`: `epsilonInside`. No bias correction: the first step is
/// `1/sqrt(1 - a)` times larger than later ones. Source: T. Hinton, lecture notes, 2012; E. Malladi et al., 2022, arXiv
/// 2205.10287.
public struct RMSpropRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// a.
    public var squareMomentum: Double
    /// eps.
    public var epsilon: Double
    /// Whether eps stands inside the root.
    public var epsilonInside: Bool
    /// mu.
    public var momentum: Double
    /// wd.
    public var weightDecay: Double
    /// RMSpropW's decay.
    public var isDecoupled: Bool
    private var second = TensorMemory()
    private var buffer = TensorMemory()

    /// The rule.
    public init(
        learningRate: Double, squareMomentum: Double = 0.99, epsilon: Double = 1e-8,
        epsilonInside: Bool = false, momentum: Double = 0, weightDecay: Double = 0, decoupled: Bool = false
    ) {
        self.learningRate = learningRate
        self.squareMomentum = squareMomentum
        self.epsilon = epsilon
        self.epsilonInside = epsilonInside
        self.momentum = momentum
        self.weightDecay = weightDecay
        isDecoupled = decoupled
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let g = isDecoupled ? gradient : zip(parameters, gradient).map { $1 + weightDecay * $0 }
        let v = second.blend(g.map { $0.map { $0 * $0 } }, keep: squareMomentum, weight: 1 - squareMomentum)
        let inside = epsilonInside ? epsilon : 0
        let outside = epsilonInside ? 0 : epsilon
        var u = zip(g, v).map { g, v in
            g.with(g.flat.zip(v.flat) { $0 / (($1 + inside).squareRoot() + outside) })
        }
        if momentum != 0 { u = buffer.blend(u, keep: momentum, weight: 1) }
        for i in parameters.indices {
            let x = isDecoupled ? (1 - learningRate * weightDecay) * parameters[i] : parameters[i]
            parameters[i] = x - learningRate * u[i]
        }
    }
}
