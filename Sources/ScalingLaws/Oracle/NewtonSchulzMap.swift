import Foundation

/// Newton-Schulz iterations for the polar factor, as what they do to one singular value.
///
///     p(x) = a x + b x^3 + c x^5,        X <- a X + b X X^T X + c (X X^T)^2 X
///
/// The iteration keeps singular vectors, so this scalar map of a matrix divided by its Frobenius norm is all there is
/// to its error (agrees with the matrix form to 3e-15; bfloat16 changes nothing relevant).
///
/// | map | a, b, c | at 0 | in the limit |
/// |---|---|---|---|
/// | `quintic` | 3.4445, -4.7750, 2.0315 | grows 3.44 times a step | never settles: [0.682, 1.134], p(1) = 0.701 |
/// | `cubic` | 1.5, -0.5, 0 | grows 1.5 times a step | 1 |
///
/// More quintic steps do not raise gamma/nu; the Frobenius error stalls near 0.2 from the fourth step on. The cubic
/// needs far more: singular values of 1e-3 take 19 steps to reach 0.95.
///
/// Source: quintic coefficients of K. Jordan et al. 2024 (Muon); facts computed here.
public struct NewtonSchulzMap: Sendable, Hashable {
    /// a.
    public var linear: Double
    /// b.
    public var cubed: Double
    /// c.
    public var fifth: Double

    /// A map by its coefficients.
    public init(linear: Double, cubed: Double, fifth: Double = 0) {
        self.linear = linear
        self.cubed = cubed
        self.fifth = fifth
    }

    /// Muon's fast iteration.
    public static let quintic = NewtonSchulzMap(linear: 3.4445, cubed: -4.7750, fifth: 2.0315)
    /// The classic convergent one.
    public static let cubic = NewtonSchulzMap(linear: 1.5, cubed: -0.5)

    /// One step.
    public func callAsFunction(_ x: Double) -> Double {
        let square = x * x
        return x * (linear + square * (cubed + square * fifth))
    }

    /// Several steps.
    public func iterate(_ x: Double, steps: Int) -> Double {
        (0..<max(0, steps)).reduce(x) { value, _ in self(value) }
    }

    /// What the iteration makes of a matrix.
    public struct Quality: Sendable, Hashable {
        /// `max_i |1 - p_i|`: spectral norm of the error.
        public var spectralError: Double
        /// `sqrt(mean_i (1 - p_i)^2)`: Frobenius norm of the error over the root of the rank.
        public var frobeniusError: Double
        /// gamma and nu.
        public var oracle: OracleQuality
    }

    /// Quality on a spectrum, which is divided by its Frobenius norm first (exact zeros are left out: the polar
    /// factor is not defined there).
    ///
    /// - Parameters:
    ///   - singularValues: of the input.
    ///   - steps: iterations.
    /// - Returns: Errors and quality; `nil` for an input without positive singular values.
    public func quality(singularValues: [Double], steps: Int) -> Quality? {
        let values = singularValues.filter { $0 > 0 }
        let largest = values.max() ?? 0
        // Over the largest first: squares of tiny or huge values leave the range of Double.
        let norm = largest * values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
        guard norm > 0, norm.isFinite else { return nil }
        let outputs = values.map { iterate($0 / norm, steps: steps) }
        guard let oracle = OracleQuality(singularValues: values.map { $0 / norm }, outputs: outputs)
        else { return nil }
        let errors = outputs.map { 1 - $0 }
        return Quality(
            spectralError: errors.lazy.map { abs($0) }.max() ?? 0,
            frobeniusError: (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot(),
            oracle: oracle)
    }

    /// Where singular values can be after many steps: range over a grid of starts and several further steps.
    ///
    /// For the quintic from `0.1...1` after five steps: 0.6818 to 1.1344 (transiently, after fewer, up to 1.2024).
    /// The ends are of the grid, accurate to about 1e-5.
    ///
    /// - Parameters:
    ///   - starts: singular values after normalisation.
    ///   - steps: fewest steps.
    ///   - further: how many more steps are looked at.
    ///   - points: size of the grid.
    /// - Returns: The band.
    public func asymptoticBand(
        from starts: ClosedRange<Double> = 0.1...1, after steps: Int = 5, further: Int = 20,
        points: Int = 10_001
    ) -> ClosedRange<Double> {
        precondition(points > 1, "a grid has at least two points")
        let width = (starts.upperBound - starts.lowerBound) / Double(points - 1)
        var low = Double.infinity
        var high = -Double.infinity
        for k in 0..<points {
            var x = iterate(starts.lowerBound + Double(k) * width, steps: steps)
            for _ in 0...further {
                low = min(low, x)
                high = max(high, x)
                x = self(x)
            }
        }
        return min(low, high)...high
    }
}
