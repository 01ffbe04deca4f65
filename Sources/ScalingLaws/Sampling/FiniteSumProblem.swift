/// What SGD's rate on a finite sum depends on: `f = (1/n) sum f_i`, mu-strongly convex (or quasi-strongly), f_i smooth.
///
/// | quantity | meaning | how measured |
/// |---|---|---|
/// | n | examples | known |
/// | L | smoothness of f | power iteration on full gradients |
/// | L_max | largest smoothness of an f_i | largest curvature of single examples |
/// | h | `(1/n) sum |grad f_i(x*)|^2` | variance of single gradients at the best point known |
/// | mu | strong convexity of f | regularisation, or the decay of the loss |
///
/// Always `L <= L_max <= n L`. h = 0 is interpolation: then a batch of one costs the fewest examples.
///
/// Source: R. Gower et al., "SGD: general analysis and improved rates", 2019, arXiv 1901.09401; formulas of this folder
/// are re-derived and checked numerically, not copied from the text.
public struct FiniteSumProblem: Sendable, Hashable {
    /// n.
    public var examples: Double
    /// mu.
    public var strongConvexity: Double
    /// L.
    public var smoothness: Double
    /// L_max.
    public var largestSmoothness: Double
    /// h.
    public var gradientNoise: Double

    /// A problem. Needs `n >= 1`, `0 < mu <= L <= L_max <= n L` (up to rounding), `h >= 0`.
    public init(
        examples: Double, strongConvexity: Double, smoothness: Double, largestSmoothness: Double,
        gradientNoise: Double
    ) {
        let slack = 1 + 1e-9
        precondition(examples >= 1 && examples.isFinite, "a finite sum needs at least one example")
        precondition(strongConvexity > 0, "strong convexity must be positive")
        precondition(
            strongConvexity <= smoothness * slack && smoothness <= largestSmoothness * slack
                && largestSmoothness <= examples * smoothness * slack,
            "constants must satisfy mu <= L <= L_max <= n L")
        precondition(gradientNoise >= 0 && gradientNoise.isFinite, "gradient noise cannot be negative")
        self.examples = examples
        self.strongConvexity = strongConvexity
        self.smoothness = smoothness
        self.largestSmoothness = largestSmoothness
        self.gradientNoise = gradientNoise
    }

    /// epsilon for a target loss gap: `f - f* <= L/2 |x - x*|^2`, so `2 gap / L` is enough (and may be too strict by a
    /// factor up to L/mu).
    public func accuracy(lossGap gap: Double) -> Double { 2 * gap / smoothness }
}
