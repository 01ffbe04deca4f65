import Foundation

/// Gradients that arrive late: `x_{k+1} = x_k - gamma grad f(x_{k-tau})`.
///
/// Constant delay tau on curvature lambda is stable iff
///
///     gamma lambda < 2 sin(pi / (2 (2 tau + 1)))  ~  pi/(2 tau + 1)
///
/// Derivation: the characteristic equation `z^(tau+1) - z^tau + s = 0`, `s = gamma lambda`, has a root `e^(i phi)` on the
/// circle when `s = e^(i tau phi)(1 - e^(i phi))` is real and positive: `phi = pi/(2 tau + 1)`, `s = 2 sin(phi/2)`. Later
/// crossings have larger s. n equal workers in turn (a pipeline) have tau = n - 1.
///
/// | delays | step | exponent |
/// |---|---|---|
/// | constant | above | -1 in tau (measured -0.98 from 16 to 64) |
/// | worst case | `1/(4 L sqrt(tau_max tau_avg))` | -1 |
/// | random (exponential service) | no formula; measured 1.10, 0.459, 0.204 for n = 4, 16, 64 | -0.61 in tau_avg |
///
/// When not to believe it: simulation disagrees with the worst case. A worker 20 times slower than the rest raised
/// tau_max from 131 to 824 and left the largest stable step as it was (0.474 for 0.459). For random workers use
/// `StalenessRule.random` in tau_avg and ignore tau_max.
///
/// Source: classical for constant delays, derived here. Worst-case and adaptive rules as remembered from A. Koloskova,
/// S. Stich, M. Jaggi 2022 (arXiv 2206.08307) and K. Mishchenko et al. 2022 (arXiv 2206.07638), not verified against them.
public enum DelayedGradient {
    /// The limit of stability of `gamma lambda` at a constant delay; tau need not be whole.
    public static func stabilityLimit(delay tau: Double) -> Double {
        precondition(tau >= 0, "a delay cannot be negative")
        return 2 * sin(.pi / (2 * (2 * tau + 1)))
    }

    /// The limit for n equal workers that take turns.
    public static func stabilityLimit(workers n: Int) -> Double {
        precondition(n >= 1, "at least one worker")
        return stabilityLimit(delay: Double(n - 1))
    }

    /// `1/(4 L sqrt(tau_max tau_avg))`, with delays below 1 counted as 1; a worst-case guarantee, 45 to 200 times below
    /// what random workers tolerate.
    public static func worstCaseStep(smoothness L: Double, largestDelay: Double, meanDelay: Double) -> Double
    {
        precondition(L > 0, "the smoothness must be positive")
        return 1 / (4 * L * (max(1, largestDelay) * max(1, meanDelay)).squareRoot())
    }

    /// `min(gamma, 1/(4 L tau_k))`: shrink only the late gradients. With gamma = 1/L it was stable for 4, 16 and 64
    /// random workers, and with stragglers 5 and 20 times slower.
    public static func adaptiveStep(_ gamma: Double, smoothness L: Double, delay: Double) -> Double {
        precondition(L > 0, "the smoothness must be positive")
        return delay > 0 ? min(gamma, 1 / (4 * L * delay)) : gamma
    }
}

/// How the largest stable learning rate follows staleness: `gamma_max ~ tau^e`.
///
/// Source: `DelayedGradient`; the widths are ours.
public enum StalenessRule: String, Sendable, Hashable, CaseIterable {
    /// A pipeline, or workers that take turns: e = -1 in tau.
    case deterministic
    /// Workers whose times are random: e = -0.6 +- 0.2 in the mean delay, n - 1 for n equal workers.
    case random

    /// What to believe about e before any run.
    public var prior: ExponentPrior {
        switch self {
        case .deterministic: ExponentPrior(mean: -1, deviation: 0.1)
        case .random: ExponentPrior(mean: -0.6, deviation: 0.2)
        }
    }

    /// A cap known at one mean delay, carried to another. Both rules count `2 tau + 1`, so that tau = 0 is allowed.
    public func cap(_ cap: Double, from: Double, to: Double) -> Double {
        precondition(from >= 0 && to >= 0, "a delay cannot be negative")
        return cap * pow((2 * to + 1) / (2 * from + 1), prior.mean)
    }
}
