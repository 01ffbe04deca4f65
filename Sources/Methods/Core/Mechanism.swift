public import Engine

/// A three-point compressor: how a receiver's estimate of a moving vector follows it.
///
///     h' = C_{h,y}(x),   E|h' - x|^2 <= (1 - A) |h - y|^2 + B |x - y|^2
///
/// `h` is the last estimate, `y` the true vector it stood for, `x` the new true vector. The state lives with the
/// caller, so gradients, Hessians and models share one mechanism. With L the smoothness of f and L+ the quadratic
/// mean of the workers' constants, `gamma <= 1/(L + L+ sqrt(B/A))` suffices for nonconvex functions, and
/// `gamma <= min(1/(L + L+ sqrt(2B/A)), A/(2 mu))` for a linear rate under the PL condition: then
/// `f - f* + gamma/A mean|g_i - grad f_i|^2` shrinks by `1 - gamma mu` a round.
///
/// Source: P. Richtarik et al., "3PC: three point compressors", 2022, arXiv 2202.00998; constants of every mechanism
/// re-derived, and tested on random triples.
public protocol Mechanism: Sendable {
    /// One line for tables.
    var name: String { get }
    /// Probability of heads, for mechanisms that toss a coin.
    var coinProbability: Double? { get }
    /// The new estimate and what it cost. `coin` is the coin the server drew for everybody, `nil` when the worker
    /// tosses its own.
    func next(_ points: ThreePoints, coin: Bool?, using generator: inout SplitMix64) -> Message
    /// A and B for `count` entries; `nil` when a part has no such constant.
    func constants(_ count: Int) -> ThreePointConstants?
}

extension Mechanism {
    /// No coin unless said.
    public var coinProbability: Double? { nil }
}

/// The three points of a mechanism.
public struct ThreePoints: Sendable, Hashable {
    /// h.
    public var estimate: Vector
    /// y.
    public var previous: Vector
    /// x.
    public var current: Vector
    /// What a full message carries.
    public var shape: MessageShape

    /// Three points.
    public init(estimate: Vector, previous: Vector, current: Vector, shape: MessageShape = .vector) {
        self.estimate = estimate
        self.previous = previous
        self.current = current
        self.shape = shape
    }

    /// `|x - h|^2`.
    var staleness: Double { (current - estimate).squaredNorm }
    /// `|x - y|^2`.
    var movement: Double { (current - previous).squaredNorm }
    /// The full message.
    var full: Cost { shape.dense(current.count) }
}

/// A and B of the three-point inequality.
public struct ThreePointConstants: Sendable, Hashable {
    /// A in (0, 1].
    public var decay: Double
    /// B >= 0.
    public var drift: Double

    /// Constants.
    public init(decay: Double, drift: Double) {
        self.decay = decay
        self.drift = drift
    }

    /// Of `h + C(x - h)`: `A = 1 - sqrt(1 - alpha)`, `B = (1 - alpha)/(1 - sqrt(1 - alpha))`; exact for alpha = 1.
    public static func errorFeedback(contraction alpha: Double) -> ThreePointConstants {
        guard alpha < 1 else { return ThreePointConstants(decay: 1, drift: 0) }
        let root = (1 - alpha).squareRoot()
        return ThreePointConstants(decay: 1 - root, drift: (1 - alpha) / (1 - root))
    }

    /// The largest step the nonconvex theorem allows.
    public func step(smoothness: Double, meanSmoothness: Double) -> Double {
        1 / (smoothness + meanSmoothness * (drift / decay).squareRoot())
    }

    /// The largest step of the linear rate under the PL condition.
    public func linearRateStep(smoothness: Double, meanSmoothness: Double, strongConvexity mu: Double)
        -> Double
    {
        min(1 / (smoothness + meanSmoothness * (2 * drift / decay).squareRoot()), decay / (2 * mu))
    }
}
