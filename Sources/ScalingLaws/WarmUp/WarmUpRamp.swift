/// A linear warm-up for optimizers that do not see the loss, made from a pilot run:
///
///     eta_k = eta_peak (s + (1 - s) min(1, k/K_w)),     s = 1/(1 + D_0/D_c)
///     K_w = first pilot step with loss <= f* + D_c
///
/// It starts where the schedule that follows the loss starts and ends where that one has reached half its peak. Keep
/// K_w when the horizon changes: it is a number of steps, not a fraction of the run.
///
/// When not to believe it: the pilot must itself warm up (or be slow enough to survive), and its losses should be
/// smoothed, since the first low minibatch loss ends the ramp.
///
/// Source: derived here for the condition of arXiv 2510.03164.
public struct WarmUpRamp: Sendable, Hashable {
    /// K_w.
    public var length: Int
    /// s, in (0, 1].
    public var startFactor: Double

    /// A ramp; the factor must lie in (0, 1] and the length not be negative.
    public init(length: Int, startFactor: Double) {
        precondition(length >= 0, "a ramp cannot have a negative length")
        precondition(startFactor > 0 && startFactor <= 1, "the start factor must be in (0, 1]")
        self.length = length
        self.startFactor = startFactor
    }

    /// The ramp of a pilot run, `nil` when it has no finite first loss or never comes down to `f* + D_c`.
    ///
    /// - Parameters:
    ///   - pilotLosses: loss before every step, from step 0.
    ///   - optimum: f*.
    ///   - smoothness: H0 and H1, for D_c.
    public init?(pilotLosses: [Double], optimum: Double, smoothness: LossSmoothness) {
        let critical = smoothness.criticalGap
        guard let first = pilotLosses.first, first.isFinite,
            let end = pilotLosses.firstIndex(where: { $0 <= optimum + critical })
        else { return nil }
        self.init(length: end, startFactor: 1 / (1 + max(0, first - optimum) / critical))
    }

    /// Factor on the peak rate at step k, from 0.
    public func factor(step k: Int) -> Double {
        guard k < length else { return 1 }
        return startFactor + (1 - startFactor) * Double(max(0, k)) / Double(length)
    }
}
