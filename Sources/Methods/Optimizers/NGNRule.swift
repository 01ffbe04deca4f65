import Foundation

/// The NGN family: steps that cannot outrun a non-negative loss.
///
/// | variant | step |
/// |---|---|
/// | NGN, NGN-M | `gamma = c/(1 + c |g|^2/(2f))` |
/// | NGN-D | `gamma_j = c/(1 + c g_j^2/(2f))` |
/// | NGN-MDv1 | `gamma = c/(1 + c/(2f) sum g_j^2/D_j)`, then `gamma/D` |
/// | NGN-MDv2 | `S_j = (c/D_j)/(1 + (c/D_j) g_j^2/(2f))` |
///
///     x+ = x - (1 - b1) step g + b1 (x - x_prev),   D = eps + sqrt(v/(1 - b2^t)),   v = b2 v + (1 - b2) g^2
///
/// `gamma` lies in `[c/(1 + cL), c]`, so a c that is far too large still converges. A loss of 0 leaves the momentum term
/// alone; negative losses must be shifted by a lower bound. The place of D in MDv2 is our reading. Defaults b1 0.9,
/// b2 0.999, eps 1e-8; NGN and NGN-D have b1 = 0. NGN-D wants `c_j <= 1/(2 L_j)`.
///
/// Sources: A. Orvieto, L. Xiao, "NGN", 2024, arXiv 2407.04358; R. Islamov, N. Ajroldi, A. Orvieto, A. Lucchi, "NGN-M",
/// 2025, arXiv 2508.15071.
public struct NGNRule: TensorRule {
    /// How gradients are weighed.
    public enum Variant: String, Sendable, Hashable, CaseIterable {
        /// One step for all: NGN, and NGN-M with momentum.
        case scalar
        /// A step a coordinate: NGN-D.
        case diagonal
        /// One step in Adam's metric: NGN-MDv1.
        case preconditioned
        /// A step a coordinate in Adam's metric: NGN-MDv2.
        case preconditionedDiagonal

        var usesSquares: Bool { self == .preconditioned || self == .preconditionedDiagonal }
    }

    /// c.
    public var scale: Double
    /// How gradients are weighed.
    public var variant: Variant
    /// b1.
    public var momentum: Double
    /// b2.
    public var squareMomentum: Double
    /// eps.
    public var epsilon: Double
    /// Decoupled decay, `x -= c wd x`.
    public var weightDecay: Double
    private var previous = TensorMemory()
    private var second = TensorMemory()
    private var steps = 0

    /// The rule.
    public init(
        scale: Double, variant: Variant = .scalar, momentum: Double = 0, squareMomentum: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
        self.scale = scale
        self.variant = variant
        self.momentum = momentum
        self.squareMomentum = squareMomentum
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// One step; precondition: `loss >= 0`.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        steps += 1
        let last = previous.exchange(parameters)
        let metric = self.metric(gradient)
        let steps = self.steps(gradient, metric: metric, loss: loss)
        for i in parameters.indices {
            let x = parameters[i]
            let kept = (1 - scale * weightDecay) * x
            let move = x.with(steps[i].flat.zip(gradient[i].flat, *))
            parameters[i] = kept - (1 - momentum) * move + momentum * (x - last[i])
        }
    }

    private mutating func metric(_ gradient: [Matrix]) -> [Matrix] {
        guard variant.usesSquares else { return gradient.map { $0.map { _ in 1 } } }
        let v = second.blend(
            gradient.map { $0.map { $0 * $0 } }, keep: squareMomentum, weight: 1 - squareMomentum)
        let correction = 1 - pow(squareMomentum, Double(steps))
        return v.map { $0.map { epsilon + ($0 / correction).squareRoot() } }
    }

    private func steps(_ gradient: [Matrix], metric: [Matrix], loss: Double) -> [Matrix] {
        guard loss > 0 else { return gradient.map { 0 * $0 } }
        let c = scale
        if variant == .scalar || variant == .preconditioned {
            let q = zip(gradient, metric).reduce(0) { total, pair in
                total + pair.0.flat.zip(pair.1.flat) { $0 * $0 / $1 }.values.reduce(0, +)
            }
            let gamma = c / (1 + c / (2 * loss) * q)
            return metric.map { $0.map { gamma / $0 } }
        }
        return zip(gradient, metric).map { g, d in
            g.with(g.flat.zip(d.flat) { (c / $1) / (1 + c / (2 * loss) * $0 * $0 / $1) })
        }
    }
}
