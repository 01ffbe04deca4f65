import Foundation

/// Muon: averaged gradients of matrices are orthogonalised.
///
///     m = beta m + (1 - beta) g,   u = beta m + (1 - beta) g if Nesterov else m,   x -= lr wd x + lr s O(u)
///
/// s is `sqrt(max(1, rows/columns))`, `0.2 sqrt(max(rows, columns))`, `sqrt(rows/columns)` or 1. Biases take the plain
/// u-step here; a training run gives them another optimizer. Fewer Newton-Schulz steps leave an error
/// (`Orthogonalization.inexactness`); a larger error wants a smaller rate and more momentum.
///
/// Sources: K. Jordan et al., "Muon", 2024; "Inexact Muon", 2025, arXiv 2510.19933.
public struct MuonRule: TensorRule {
    /// s.
    public enum Scale: String, Sendable, Hashable, CaseIterable {
        /// `sqrt(max(1, rows/columns))`, the original.
        case max1
        /// `0.2 sqrt(max(rows, columns))`: as long as Adam's step.
        case rms
        /// `sqrt(rows/columns)`.
        case spectral
        /// 1.
        case none

        func factor(_ rows: Double, _ columns: Double) -> Double {
            switch self {
            case .max1: max(1, rows / columns).squareRoot()
            case .rms: 0.2 * max(rows, columns).squareRoot()
            case .spectral: (rows / columns).squareRoot()
            case .none: 1
            }
        }
    }

    /// lr.
    public var learningRate: Double
    /// beta.
    public var momentum: Double
    /// Nesterov's look-ahead.
    public var isNesterov: Bool
    /// O.
    public var oracle: Orthogonalization
    /// s.
    public var scale: Scale
    /// wd, decoupled.
    public var weightDecay: Double
    private var average = TensorMemory()

    /// The rule.
    public init(
        learningRate: Double, momentum: Double = 0.95, nesterov: Bool = true,
        oracle: Orthogonalization = .muon, scale: Scale = .max1, weightDecay: Double = 0
    ) {
        self.learningRate = learningRate
        self.momentum = momentum
        isNesterov = nesterov
        self.oracle = oracle
        self.scale = scale
        self.weightDecay = weightDecay
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let m = average.blend(gradient, keep: momentum, weight: 1 - momentum)
        for i in parameters.indices {
            let x = parameters[i]
            let u = isNesterov ? momentum * m[i] + (1 - momentum) * gradient[i] : m[i]
            let step = x.isVector ? u : scale.factor(Double(x.rows), Double(x.columns)) * oracle(u)
            parameters[i] = x - (learningRate * weightDecay) * x - learningRate * step
        }
    }
}

/// Scion and stochastic conditional gradient: `m = (1 - alpha) m + alpha g`, then to the edge of a norm ball.
///
///     constrained:    x = (1 - lr) x - lr rho dir(m)        unconstrained:    x -= lr rho dir(m)
///
/// One ball and radius a tensor. m starts at zero, or at the first gradient: with that and the constraint it is SCG, lr =
/// beta and rho = eta of its paper, whose theory wants `lr = O(1/K)`, `rho = O(1/mu)`, `alpha = min(1, (eps mu/(rho_n
/// sigma))^2)` and batches growing as `T^(2/3)` (a schedule of the loader). Constrained iterates never leave the ball
/// they start in; unconstrained steps have length lr rho.
///
/// Sources: T. Pethick et al., 2025, arXiv 2502.07529; batch size in stochastic conditional gradient methods, 2026, arXiv
/// 2603.21191.
public struct ScionRule: TensorRule {
    /// lr.
    public var learningRate: Double
    /// alpha.
    public var freshWeight: Double
    /// A ball for every tensor.
    public var balls: [UnitBall]
    /// rho for every tensor.
    public var radii: [Double]
    /// Whether x is pulled towards the ball.
    public var isConstrained: Bool
    /// Whether m starts at the first gradient.
    public var startsAtGradient: Bool
    /// How spectral directions are computed.
    public var oracle: Orthogonalization
    private var average = TensorMemory()

    /// The rule; precondition of a step: one ball and radius a tensor.
    public init(
        learningRate: Double, freshWeight: Double = 0.1, balls: [UnitBall], radii: [Double],
        constrained: Bool = true, startsAtGradient: Bool = false, oracle: Orthogonalization = .exact
    ) {
        self.learningRate = learningRate
        self.freshWeight = freshWeight
        self.balls = balls
        self.radii = radii
        isConstrained = constrained
        self.startsAtGradient = startsAtGradient
        self.oracle = oracle
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        precondition(
            balls.count == parameters.count && radii.count == balls.count, "a ball and a radius a tensor")
        let m = average.blend(
            gradient, keep: 1 - freshWeight, weight: freshWeight, startsAtFirst: startsAtGradient)
        for i in parameters.indices {
            let x = isConstrained ? (1 - learningRate) * parameters[i] : parameters[i]
            parameters[i] = x - (learningRate * radii[i]) * balls[i].direction(m[i], oracle: oracle)
        }
    }
}

/// Gluon: every tensor steps by what its own smoothness allows, `|grad_i f(x) - grad_i f(y)|_* <= (L0 + L1 |grad_i f|_*) |x -
/// y|`.
///
/// | mode | direction from | length |
/// |---|---|---|
/// | adaptive | g | `|g|_*/(L0 + L1 |g|_*)` |
/// | decaying | `m = b_k m + (1 - b_k) g`, `b_k = 1 - (k+1)^(-1/2)` | `t (k+1)^(-3/4)` |
/// | fixed | `m = b m + (1 - b) g` | t |
///
/// m starts at the first gradient; k counts from 0. With L1 = 0 the adaptive mode lowers f by `|g|_*^2/(2 L0)` a step. Fits on
/// NanoGPT: L0 about 0, `t = 1/L1`: 0.014 for blocks, 0.77 for embedding and head. Muon, Scion, layer-wise normalised
/// descent and signSGD are cases.
///
/// Source: A. Riabinin, E. Shulgin, K. Gruntkowska, P. Richtarik, "Gluon", 2025, arXiv 2505.13416.
public struct GluonRule: TensorRule {
    /// How long a step is.
    public enum Mode: Sendable, Hashable {
        /// L0 and L1 of every tensor.
        case adaptive(constant: [Double], proportional: [Double])
        /// t of every tensor, falling.
        case decaying([Double])
        /// t of every tensor, and the momentum b.
        case fixed([Double], momentum: Double)
    }

    /// A ball for every tensor.
    public var balls: [UnitBall]
    /// How long a step is.
    public var mode: Mode
    private var average = TensorMemory()
    private var steps = 0

    /// The rule.
    public init(balls: [UnitBall], mode: Mode) {
        self.balls = balls
        self.mode = mode
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let k = Double(steps + 1)
        steps += 1
        var directions = gradient
        var lengths: [Double] = []
        switch mode {
        case .adaptive(let constant, let proportional):
            lengths = gradient.indices.map { i in
                let dual = balls[i].dualNorm(gradient[i])
                let smoothness = constant[i] + proportional[i] * dual
                return smoothness > 0 ? dual / smoothness : 0
            }
        case .decaying(let radii):
            let momentum = 1 - 1 / k.squareRoot()
            directions = average.blend(
                gradient, keep: momentum, weight: 1 - momentum, startsAtFirst: true)
            lengths = radii.map { $0 * pow(k, -0.75) }
        case .fixed(let radii, let momentum):
            directions = average.blend(
                gradient, keep: momentum, weight: 1 - momentum, startsAtFirst: true)
            lengths = radii
        }
        for i in parameters.indices {
            parameters[i] = parameters[i] - lengths[i] * balls[i].direction(directions[i])
        }
    }
}

/// Steepest descent in a norm: `x -= eta |g|_* dir(g)` on every tensor; normalised forms leave `|g|_*` out.
///
/// Euclidean is GD, the sign ball gives `eta |g|_1 sign g`, the spectral ball `eta |g|_nuc U V^T`. With D the directional
/// smoothness of the step, `f(x+) - f(x) = -eta (1 - eta D/2) |g|_*^2` exactly, so the loss falls iff `D <= 2/eta`.
/// `onlyLargest` moves the one tensor of largest dual norm: block coordinate descent.
///
/// Source: non-Euclidean edge of stability, 2026, arXiv 2603.05002; the identity is derived there and here.
public struct SteepestDescentRule: TensorRule {
    /// eta.
    public var learningRate: Double
    /// The norm.
    public var ball: UnitBall
    /// Whether `|g|_*` is left out.
    public var isNormalized: Bool
    /// Whether only the tensor of largest dual norm moves.
    public var onlyLargest: Bool

    /// The rule.
    public init(learningRate: Double, ball: UnitBall, normalized: Bool = false, onlyLargest: Bool = false) {
        self.learningRate = learningRate
        self.ball = ball
        isNormalized = normalized
        self.onlyLargest = onlyLargest
    }

    /// One step.
    public mutating func step(_ parameters: inout [Matrix], gradient: [Matrix], loss: Double) {
        let lengths = gradient.map { ball.dualNorm($0) }
        let largest = lengths.indices.max { (lengths[$0], -$0) < (lengths[$1], -$1) }
        for i in parameters.indices where !onlyLargest || i == largest {
            let length = learningRate * (isNormalized ? 1 : lengths[i])
            parameters[i] = parameters[i] - length * ball.direction(gradient[i])
        }
    }
}
