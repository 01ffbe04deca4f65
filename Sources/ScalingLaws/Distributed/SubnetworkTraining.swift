import Foundation

/// Independent subnetwork training: n workers train disjoint parts of a model, on quadratics
/// `f_i = x'L_i x/2 - b_i'x` with sketches C_i:
///
///     x_{k+1} = x_k - gamma (1/n) sum_i C_i grad f_i(C_i x_k)
///
/// Without a linear term: `gamma <= 1/theta`, where `E[B L B] <= theta W` in the order of matrices, `L` the mean Hessian,
/// `B = (1/n) sum C_i L_i C_i`, `W = E[L B + B L]/2`.
///
/// | sketches | theta |
/// |---|---|
/// | identity (plain gradient descent) | largest eigenvalue of L |
/// | permutations of size 1, scaled by n, unit-diagonal homogeneous L | n |
/// | the same scaled by `sqrt(n) diag(L)^(-1/2)` | 1 |
///
/// So with plain sketches the rate is proportional to the kept fraction 1/n, exponent 1.
///
/// With a linear term the limit is biased whatever gamma is: `SubnetworkBias`.
///
/// Source: E. Shulgin, P. Richtarik, "Towards a better theoretical understanding of independent subnetwork training",
/// arXiv 2306.16484; the stability limit 2/n is derived here.
public enum SubnetworkTraining {
    /// `1/theta` for given theta.
    public static func step(theta: Double) -> Double {
        precondition(theta > 0, "theta must be positive")
        return 1 / theta
    }

    /// `1/n`: the step for permutation sketches that are scaled by n, on curvature 1.
    public static func step(workers n: Int) -> Double {
        precondition(n >= 1, "at least one worker")
        return 1 / Double(n)
    }

    /// `2/n`: that training diverges at or above it; from the kept coordinate's factor `1 - gamma n`.
    public static func stabilityLimit(workers n: Int) -> Double { 2 * step(workers: n) }

    /// `(1/2 - beta)/(1/2 + beta)`, the step of theorem 2 for beta in (0, 1/2); small beta allows larger steps and pays
    /// with a larger neighbourhood.
    public static func step(slack beta: Double) -> Double {
        precondition(beta > 0 && beta < 0.5, "beta must be in (0, 1/2)")
        return (0.5 - beta) / (0.5 + beta)
    }

    /// Theorem 2, for `gamma <= step(slack:)`:
    ///
    ///     mean_k |grad f(x_k)|^2_{L^-1} <= 2 (f(x_0) - E f(x_K))/(gamma K) + (2(1-gamma)/beta + gamma) |h|^2_L + gamma s^2
    ///
    /// - Parameters:
    ///   - gamma: step.
    ///   - beta: slack.
    ///   - steps: K.
    ///   - decrease: `f(x_0) - E f(x_K)`.
    ///   - bias: `|h|^2_L`, see `SubnetworkBias.squaredBias` (the norm's index is printed in two ways; L is used).
    ///   - noise: s^2, variance of the sketched gradient; 0 when all workers hold the same function.
    /// - Returns: The bound; its middle term vanishes for no choice of gamma.
    public static func bound(
        step gamma: Double, slack beta: Double, steps: Double, decrease: Double, bias: Double,
        noise: Double = 0
    ) -> Double {
        precondition(gamma > 0 && gamma <= step(slack: beta) * (1 + 1e-12), "the step exceeds theorem 2's")
        return 2 * decrease / (gamma * steps) + (2 * (1 - gamma) / beta + gamma) * bias + gamma * noise
    }
}

/// Where subnetwork training ends when all n workers hold `f = x'Lx/2 - b'x` in n dimensions and each trains one
/// coordinate, with sketches scaled by `sqrt(n) diag(L)^(-1/2)`:
///
///     Lt = D^-1/2 L D^-1/2,  bt = D^-1/2 b,  D = diag(L)
///     E x_{k+1} - x_inf = (1 - gamma)(E x_k - x_inf),    x_inf = bt/sqrt(n)    instead of    x* = Lt^-1 bt
///
/// because `E[B] = I` while the sketched linear term has mean `bt/sqrt(n)`. h = x* - x_inf.
///
/// **Never treat the plateau of subnetwork training as a learning-rate problem**: no decay of gamma removes h.
///
/// Source: arXiv 2306.16484; homogeneous quadratics only.
public struct SubnetworkBias: Sendable, Hashable {
    /// x_inf, in preconditioned coordinates.
    public let limit: [Double]
    /// x*, in the same coordinates.
    public let optimum: [Double]
    /// `|h|^2` in the norm of Lt; the loss gap left over is half of it.
    public let squaredBias: Double

    /// The limit for a Hessian (row-major, n x n) and a linear term of length n; `nil` unless the Hessian is positive
    /// definite to working accuracy.
    public init?(hessian: [Double], linear: [Double]) {
        let n = linear.count
        precondition(n > 0 && hessian.count == n * n, "the Hessian must be n x n for n linear coefficients")
        let scale = (0..<n).map { hessian[$0 * n + $0].squareRoot() }
        guard scale.allSatisfy({ $0 > 0 }) else { return nil }
        var scaled = hessian
        for i in 0..<n { for j in 0..<n { scaled[i * n + j] /= scale[i] * scale[j] } }
        guard let factor = DenseCholesky(scaled, order: n) else { return nil }
        let right = zip(linear, scale).map { $0 / $1 }
        limit = right.map { $0 / Double(n).squareRoot() }
        optimum = factor.solve(right)
        let h = zip(optimum, limit).map { $0 - $1 }
        var square = 0.0
        for i in 0..<n { for j in 0..<n { square += h[i] * scaled[i * n + j] * h[j] } }
        squaredBias = square
    }

    /// `f(x_inf) - f*`.
    public var lossGap: Double { squaredBias / 2 }

    /// `E x_k` from a start, `x_inf + (1 - gamma)^k (x_0 - x_inf)`.
    public func iterate(start: [Double], step gamma: Double, steps k: Int) -> [Double] {
        precondition(start.count == limit.count, "the start has another dimension")
        let left = pow(1 - gamma, Double(k))
        return zip(start, limit).map { $1 + left * ($0 - $1) }
    }
}
