import Foundation

/// Estimates (H0, H1) from a trajectory: a line through curvature secants over the loss.
///
///     l_k = |g(x_{k+1}; S) - g(x_k; S)| / |x_{k+1} - x_k|      both gradients on the SAME minibatch S
///     l_k ~ intercept + slope f_k(S)
///     H1 = slope,     H0 = max(intercept + slope f*, smallest late l_k)
///
/// Late means the last quarter of the samples. The maximum guards against an intercept below zero, which a line through
/// large early curvatures often has.
///
/// When not to believe it:
/// - With two *different* minibatches the numerator is gradient noise, not curvature: medians 78.6 instead of 1.03 in a
///   check where the largest eigenvalue was 0.78.
/// - A secant sees the curvature along the step only: slope 0.88 where the largest eigenvalue's was 2.37. So steps from
///   it may be too large by that factor; lower the multiplier of `LossWarmUp`, do not trust its upper end.
/// - `determination` below about 0.5: the curvature does not follow the loss, and warm-up by loss is not for this
///   problem.
///
/// Source: derived here for the condition of arXiv 2510.03164.
public struct SecantSmoothnessFit: Sendable, Hashable {
    /// One step of a trajectory.
    public struct Sample: Sendable, Hashable {
        /// f_k(S) before the step.
        public var loss: Double
        /// l_k.
        public var curvature: Double

        /// A measured pair.
        public init(loss: Double, curvature: Double) {
            self.loss = loss
            self.curvature = curvature
        }
    }

    /// H0 and H1.
    public let smoothness: LossSmoothness
    /// The line's value at f*, before the guard.
    public let lineAtOptimum: Double
    /// The smallest secant of the last quarter.
    public let smallestLateSecant: Double
    /// R^2 of the line, 0 to 1.
    public let determination: Double

    /// Fits the line by least squares.
    ///
    /// `nil` with fewer than three finite samples, with losses that do not differ, with a slope that is not positive
    /// (nothing says that curvature falls with the loss), or when both candidates for H0 are not positive.
    ///
    /// - Parameters:
    ///   - samples: in the order of the run; those that are not finite are left out.
    ///   - optimum: f*. Zero is a safe choice for losses bounded below by zero: it makes H0 smaller, D_c too.
    public init?(samples: [Sample], optimum: Double = 0) {
        let kept = samples.filter { $0.loss.isFinite && $0.curvature.isFinite }
        guard kept.count >= 3 else { return nil }
        let count = Double(kept.count)
        let meanLoss = kept.reduce(0) { $0 + $1.loss } / count
        let meanCurvature = kept.reduce(0) { $0 + $1.curvature } / count
        var lossSquares = 0.0
        var curvatureSquares = 0.0
        var products = 0.0
        for sample in kept {
            let x = sample.loss - meanLoss
            let y = sample.curvature - meanCurvature
            lossSquares += x * x
            curvatureSquares += y * y
            products += x * y
        }
        guard lossSquares > 0, products > 0 else { return nil }
        let slope = products / lossSquares
        lineAtOptimum = meanCurvature + slope * (optimum - meanLoss)
        smallestLateSecant =
            kept.suffix(max(1, kept.count / 4)).lazy.map(\.curvature).min() ?? lineAtOptimum
        let base = max(lineAtOptimum, smallestLateSecant)
        guard base > 0, base.isFinite, slope.isFinite else { return nil }
        smoothness = LossSmoothness(base: base, slope: slope)
        determination = curvatureSquares > 0 ? products * products / (lossSquares * curvatureSquares) : 0
    }

    /// l of one step, from gradients of one minibatch at both ends; `nil` for a step of length zero.
    ///
    /// - Parameters:
    ///   - gradients: before and after the step, on the same minibatch.
    ///   - points: parameters before and after.
    /// - Returns: The secant curvature.
    public static func secant(
        gradients: (before: [Double], after: [Double]), points: (before: [Double], after: [Double])
    ) -> Double? {
        let change = distance(gradients.before, gradients.after)
        let length = distance(points.before, points.after)
        return length > 0 ? change / length : nil
    }

    private static func distance(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "vectors of different lengths")
        return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}
