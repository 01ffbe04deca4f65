import Foundation

/// NGN with momentum and an Adam-like diagonal scale (NGN-MD), on arrays. With `k` from 1:
///
///     v = beta2 v + (1 - beta2) g^2,     D = epsilon + sqrt(v / (1 - beta2^k))
///     shared (v1)         gamma   = c / (1 + c/(2f) sum_j g_j^2/D_j),      u_j = gamma g_j / D_j
///     per coordinate (v2) gamma_j = c / (1 + c/(2f) g_j^2/D_j),            u_j = gamma_j g_j / D_j
///     x_{k+1} = x_k - (1 - beta1) u + beta1 (x_k - x_{k-1})
///
/// Weight decay lambda:
/// - `decoupled`: additionally `- c lambda x_k`, whatever gamma is (as published with an implementation);
/// - `coupled`, v1 only: the step minimises the model that contains the decay. With `c' = c/(1 + lambda c)`
///
///       gamma' = c' / (1 + c'/(2f) sum_j g_j^2/D_j) [1 - (c' lambda/(2f)) g . x]_+
///       u = lambda c' x + gamma' g / D
///
///   derived here from the stated model and checked against its numerical minimum.
///
/// As many hyperparameters as Adam. Reference quality, not an engine kernel. Source: R. Islamov et al. 2025.
public struct NGNMomentumDiagonal: Sendable, Hashable {
    /// How many step sizes.
    public enum Variant: Sendable, Hashable {
        /// v1: one for all coordinates.
        case shared
        /// v2: one a coordinate.
        case perCoordinate
    }

    /// Weight decay.
    public enum Decay: Sendable, Hashable {
        /// None.
        case none
        /// `- c lambda x`, beside the step.
        case decoupled(Double)
        /// Inside the model the step minimises; `shared` only.
        case coupled(Double)
    }

    /// Nominal rate.
    public let c: Double
    /// beta1.
    public let momentum: Double
    /// beta2.
    public let secondMoment: Double
    /// epsilon, added to the scale.
    public let epsilon: Double
    /// One step size or many.
    public let variant: Variant
    /// Weight decay.
    public let decay: Decay
    private var squares: [Double] = []
    private var previous: [Double]?
    private var steps = 0

    /// A method before its first step. Defaults are those of Adam. Coupled decay needs `shared`.
    public init(
        c: Double, momentum: Double = 0.9, secondMoment: Double = 0.999, epsilon: Double = 1e-8,
        variant: Variant = .shared, decay: Decay = .none
    ) {
        precondition(c > 0 && c.isFinite, "the nominal rate must be positive and finite")
        precondition(momentum >= 0 && momentum < 1, "momentum must be in [0, 1)")
        precondition(secondMoment >= 0 && secondMoment < 1, "beta2 must be in [0, 1)")
        precondition(epsilon > 0, "epsilon must be positive: a coordinate without gradient divides by it")
        if case .coupled = decay {
            precondition(variant == .shared, "coupled decay is derived for one shared step size only")
        }
        self.c = c
        self.momentum = momentum
        self.secondMoment = secondMoment
        self.epsilon = epsilon
        self.variant = variant
        self.decay = decay
    }

    /// One step in place.
    ///
    /// - Parameters:
    ///   - point: x_k, replaced by x_{k+1}.
    ///   - loss: minibatch loss at x_k, raw: without the decay's penalty.
    ///   - gradient: its gradient.
    /// - Throws: `NGNError`; the state is then unchanged.
    public mutating func step(point: inout [Double], loss: Double, gradient: [Double]) throws {
        precondition(point.count == gradient.count, "point and gradient of different lengths")
        var moments = squares.isEmpty ? [Double](repeating: 0, count: gradient.count) : squares
        let correction = 1 - pow(secondMoment, Double(steps + 1))
        var scale = moments
        for j in gradient.indices {
            moments[j] = secondMoment * moments[j] + (1 - secondMoment) * gradient[j] * gradient[j]
            scale[j] = epsilon + (moments[j] / correction).squareRoot()
        }
        let update = try update(point: point, loss: loss, gradient: gradient, scale: scale)
        let before = previous ?? point
        (squares, previous, steps) = (moments, point, steps + 1)
        for j in point.indices {
            let x = point[j]
            point[j] += momentum * (x - before[j]) - (1 - momentum) * update[j]
            if case .decoupled(let lambda) = decay { point[j] -= c * lambda * x }
        }
    }

    /// u.
    private func update(
        point: [Double], loss: Double, gradient: [Double], scale: [Double]
    ) throws -> [Double] {
        switch variant {
        case .perCoordinate:
            return try gradient.indices.map { j in
                let squared = gradient[j] * gradient[j] / scale[j]
                return try NGNStep.size(c: c, loss: loss, squaredNorm: squared) * gradient[j] / scale[j]
            }
        case .shared:
            let squared = gradient.indices.reduce(0) { $0 + gradient[$1] * gradient[$1] / scale[$1] }
            guard case .coupled(let lambda) = decay else {
                let gamma = try NGNStep.size(c: c, loss: loss, squaredNorm: squared)
                return gradient.indices.map { gamma * gradient[$0] / scale[$0] }
            }
            let shrunk = c / (1 + lambda * c)
            let plain = try NGNStep.size(c: shrunk, loss: loss, squaredNorm: squared)
            let alignment = zip(gradient, point).reduce(0) { $0 + $1.0 * $1.1 }
            // A gradient of zero has alignment 0, and 0/0 at a loss of zero must not reach the point.
            let kept = alignment == 0 ? 1 : max(0, 1 - shrunk * lambda / (2 * loss) * alignment)
            let gamma = plain == 0 ? 0 : plain * kept
            return gradient.indices.map { lambda * shrunk * point[$0] + gamma * gradient[$0] / scale[$0] }
        }
    }
}
