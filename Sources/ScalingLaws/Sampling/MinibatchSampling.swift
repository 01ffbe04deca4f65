/// How minibatches of (expected) size tau are drawn, and what that does to smoothness and noise.
///
/// With the sampling vector v (`E v_i = 1`, `grad f_v = (1/n) sum v_i grad f_i`):
///
///     E|grad f_v(x) - grad f_v(x*)|^2 <= 2 Lcal (f(x) - f*),        sigma^2 = E|grad f_v(x*)|^2
///
/// | sampling | Lcal(tau) | sigma^2(tau) |
/// |---|---|---|
/// | `subsets` (tau-nice) | `[n(tau-1)L + (n-tau)L_max] / (tau(n-1))` | `(n-tau) h / (tau(n-1))` |
/// | `replacement` | `(1-1/tau)L + L_max/tau` | `h/tau` |
/// | `independent`, `p_i = tau/n` | `L + (n/tau - 1) L_max/n` | `(n/tau - 1) h/n` |
///
/// Both fall as 1/tau at first; with `replacement` the noise never vanishes, with the others it does at tau = n.
///
/// When not to believe it: Lcal is an upper bound. On ridge regression (n = 64, d = 8) the exact value for subsets was
/// half of it at tau = 1, 0.85 of it at 32 and equal at 64.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401; re-derived here.
public enum MinibatchSampling: String, Sendable, Hashable, CaseIterable {
    /// A uniform subset of exactly tau examples: shuffled epochs, nearly.
    case subsets
    /// tau independent uniform draws: an endless stream.
    case replacement
    /// Each example independently with probability tau/n: Poisson sampling, as private training needs.
    case independent

    /// Lcal at a batch size; 1 <= tau, and tau <= n except with `replacement`.
    public func expectedSmoothness(_ problem: FiniteSumProblem, batch tau: Double) -> Double {
        check(tau, problem)
        let n = problem.examples
        let mean = problem.smoothness
        let largest = problem.largestSmoothness
        switch self {
        case .subsets:
            return n == 1 ? mean : (n * (tau - 1) * mean + (n - tau) * largest) / (tau * (n - 1))
        case .replacement: return (1 - 1 / tau) * mean + largest / tau
        case .independent: return mean + (n / tau - 1) * largest / n
        }
    }

    /// sigma^2 at a batch size.
    public func gradientNoise(_ problem: FiniteSumProblem, batch tau: Double) -> Double {
        check(tau, problem)
        let n = problem.examples
        switch self {
        case .subsets: return n == 1 ? 0 : (n - tau) * problem.gradientNoise / (tau * (n - 1))
        case .replacement: return problem.gradientNoise / tau
        case .independent: return (n / tau - 1) * problem.gradientNoise / n
        }
    }

    /// Lcal and sigma^2 as one value.
    public func rate(_ problem: FiniteSumProblem, batch tau: Double) -> SampledRate {
        SampledRate(
            strongConvexity: problem.strongConvexity,
            expectedSmoothness: expectedSmoothness(problem, batch: tau),
            gradientNoise: gradientNoise(problem, batch: tau))
    }

    private func check(_ tau: Double, _ problem: FiniteSumProblem) {
        precondition(tau >= 1, "a batch holds at least one example, not \(tau)")
        precondition(
            self == .replacement || tau <= problem.examples,
            "a batch of \(tau) cannot be drawn from \(problem.examples) examples without replacement")
    }
}

/// Independent sampling with a probability of its own for every example, `v_i = 1/p_i` with probability p_i:
///
///     Lcal = L + max_i (1 - p_i) L_i / (p_i n),      sigma^2 = (1/n^2) sum (1 - p_i)/p_i |grad f_i(x*)|^2
///
/// Probabilities proportional to L_i make Lcal small; to gradient norms, sigma^2.
///
/// Source: R. Gower et al. 2019, arXiv 1901.09401; re-derived here.
public enum IndependentSampling {
    /// Lcal.
    ///
    /// - Parameters:
    ///   - smoothness: L of f.
    ///   - each: L_i.
    ///   - probabilities: p_i in (0, 1].
    /// - Returns: The constant.
    public static func expectedSmoothness(
        smoothness: Double, each: [Double], probabilities: [Double]
    ) -> Double {
        check(each, probabilities)
        let extra = zip(each, probabilities).map { (1 - $1) * $0 / $1 }.max() ?? 0
        return smoothness + extra / Double(each.count)
    }

    /// sigma^2.
    ///
    /// - Parameters:
    ///   - squaredNorms: |grad f_i(x*)|^2.
    ///   - probabilities: p_i in (0, 1].
    /// - Returns: The variance of the gradient at x*.
    public static func gradientNoise(squaredNorms: [Double], probabilities: [Double]) -> Double {
        check(squaredNorms, probabilities)
        let n = Double(squaredNorms.count)
        return zip(squaredNorms, probabilities).reduce(0) { $0 + (1 - $1.1) / $1.1 * $1.0 } / (n * n)
    }

    private static func check(_ values: [Double], _ probabilities: [Double]) {
        precondition(values.count == probabilities.count && !values.isEmpty, "one probability an example")
        precondition(probabilities.allSatisfy { $0 > 0 && $0 <= 1 }, "probabilities must be in (0, 1]")
    }
}
