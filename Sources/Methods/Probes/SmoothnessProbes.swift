/// Directional smoothness of a step, `D = (f(x+) - f(x) - <g, x+ - x>)/(|x+ - x|^2/2)` in a norm.
///
/// For steepest descent in that norm with rate eta the loss falls iff `D <= 2/eta`; it hovers there at the edge of
/// stability. Source: non-Euclidean edge of stability, 2026, arXiv 2603.05002.
public struct DirectionalSmoothnessProbe: Probe {
    /// The norm of the step.
    public var ball: UnitBall

    /// The probe.
    public init(ball: UnitBall = .euclid) { self.ball = ball }

    /// `directional_smoothness` of a step that moved.
    public mutating func observe(_ event: TrialEvent) -> [String: Double] {
        guard case .step(let s) = event else { return [:] }
        let move = s.end - s.start
        let length = ball.norm(Matrix(column: move))
        guard length > 0 else { return [:] }
        let excess = s.endLoss - s.startLoss - s.startGradient.dot(move)
        return ["directional_smoothness": excess / (0.5 * length * length)]
    }
}

/// Pairs for fitting smoothness: `y = |g+ - g|_*/|x+ - x|` against the dual norm of the new gradient and the loss gap.
///
/// `y ~ L0 + L1 |g+|_*` is (L0, L1)-smoothness (fit with `HingeSmoothnessFit`), `y ~ H0 + H1 (f - f*)` the smoothness behind
/// warm-up, `|g|_*` against the gap the mu of a KL condition. Both ends must be seen through the same rows.
///
/// Sources: Gluon, 2025, arXiv 2505.13416; warm-up, 2025, arXiv 2510.03164; SCG, 2026, arXiv 2603.21191.
public struct SecantProbe: Probe {
    /// The norm of steps; gradients are measured in its dual.
    public var ball: UnitBall
    /// f*.
    public var lowestLoss: Double
    /// y of all steps so far.
    public private(set) var secants: [Double] = []
    /// `|g+|_*`.
    public private(set) var gradientNorms: [Double] = []
    /// `f - f*` at the end of the step.
    public private(set) var gaps: [Double] = []

    /// The probe.
    public init(ball: UnitBall = .euclid, lowestLoss: Double = 0) {
        self.ball = ball
        self.lowestLoss = lowestLoss
    }

    /// `secant_smoothness` of a step that moved.
    public mutating func observe(_ event: TrialEvent) -> [String: Double] {
        guard case .step(let s) = event else { return [:] }
        let length = ball.norm(Matrix(column: s.end - s.start))
        guard length > 0 else { return [:] }
        let secant = ball.dualNorm(Matrix(column: s.endGradient - s.startGradient)) / length
        secants.append(secant)
        gradientNorms.append(ball.dualNorm(Matrix(column: s.endGradient)))
        gaps.append(s.endLoss - lowestLoss)
        return ["secant_smoothness": secant]
    }
}

/// Sharpness of a Hessian in a norm: `max d^T H d` over the unit ball, by steps `d <- direction(H d)` from several starts.
///
/// A lower bound. For a positive semidefinite H no step decreases it. The stability level is `2/eta`; for normalised
/// methods `2/eta` against sharpness over `|g|_*`. Source: 2026, arXiv 2603.05002.
public struct BallSharpness: Sendable {
    /// Starts.
    public var starts: [Vector]
    /// Steps a start.
    public var iterations: Int

    /// From given starts.
    public init(starts: [Vector], iterations: Int = 50) {
        self.starts = starts
        self.iterations = iterations
    }

    /// The best value found.
    public func value(ball: UnitBall, product: (Vector) -> Vector) -> Double {
        starts.reduce(-.infinity) { best, start in
            var d = ball.direction(Matrix(column: start)).flat
            var image = product(d)
            var value = d.dot(image)
            for _ in 0..<iterations {
                let next = ball.direction(Matrix(column: image)).flat
                let nextImage = product(next)
                let nextValue = next.dot(nextImage)
                if nextValue <= value * (1 + 1e-12) { break }
                (d, image, value) = (next, nextImage, nextValue)
            }
            return max(best, value)
        }
    }
}
